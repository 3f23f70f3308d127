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

const ANSWER_MS = 2_000;

/** The button. By the socket that is open already, and by a request where there is none, or where no answer comes by it. */
class LkStop extends DeskElement {
  static properties = { waiting: { state: true }, failed: { state: true } };

  constructor() {
    super();
    this.waiting = false;
    this.failed = false;
  }

  willUpdate() {
    if (this.desk.store.stops.length > 0) this.waiting = false;
  }

  watched() {
    return [LINK, STOPS];
  }

  render() {
    const { text, store } = this.desk;
    const words = store.stops.length > 0 ? text.t("stop.stopped") : text.t("stop.all");
    return html`
      <button class="stop" aria-busy=${this.waiting} @click=${this.#stop} aria-describedby="stop-what">${icon(this.waiting ? "waiting" : "halt")}<span>${words}<small>${text.t("stop.no_safety")}</small></span></button>
      <span id="stop-what" class="unseen">${text.t("stop.what")}</span>
      ${this.failed ? html`<p class="stop-failed" role="alert">${text.t("stop.failed")}</p>` : nothing}`;
  }

  async #stop() {
    this.failed = false;
    this.waiting = this.desk.store.stops.length === 0;
    if (this.desk.send({ type: "stop" }) && (await this.#told())) return;
    const answer = await post("");
    this.waiting = false;
    this.failed = !answer?.ok;
  }

  /** Whether it came back by the socket, or had been told before. */
  async #told() {
    if (this.waiting) await new Promise((late) => setTimeout(late, ANSWER_MS));
    return !this.waiting;
  }
}

customElements.define("lk-stop", LkStop);
