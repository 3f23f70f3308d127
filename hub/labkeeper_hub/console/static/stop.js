/** Stop-all: a button that asks nothing, in the same place on every page. */
import { html, nothing } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { icon } from "./icons.js";
import { LINK, STOPS } from "./store.js";

/** @param {string} path @param {object} [body] */
export const post = (path, body) => fetch(`/api/v1/stop${path}`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  ...(body ? { body: JSON.stringify(body) } : {}),
}).catch(() => null);

/** The button. By the socket that is open already, and by a request where there is none. */
class LkStop extends DeskElement {
  static properties = { failed: { state: true } };

  constructor() {
    super();
    this.failed = false;
  }

  watched() {
    return [LINK, STOPS];
  }

  render() {
    const { text, store } = this.desk;
    const words = store.stops.length > 0 ? text.t("stop.stopped") : text.t("stop.all");
    return html`
      <button class="stop" @click=${this.#stop} aria-describedby="stop-what">${icon("halt")}<span>${words}</span></button>
      <span id="stop-what" class="unseen">${text.t("stop.what")}</span>
      ${this.failed ? html`<p class="stop-failed" role="alert">${text.t("stop.failed")}</p>` : nothing}`;
  }

  async #stop() {
    this.failed = false;
    if (this.desk.send({ type: "stop" })) return;
    const answer = await post("");
    this.failed = !answer?.ok;
  }
}

customElements.define("lk-stop", LkStop);
