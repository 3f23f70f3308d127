/** Who has the lab and until when, by the hub's clock; and the way to take it, to give it back, or to take it over. */
import { html, nothing } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { leaseOf } from "./labs.js";
import { LEASES, TICK } from "./store.js";

const LESSON_S = 45 * 60;

class LkHolder extends DeskElement {
  static properties = { lab: { attribute: false }, trouble: { state: true } };

  constructor() {
    super();
    /** @type {import("./labs.js").LabView | null} */
    this.lab = null;
    this.trouble = "";
  }

  watched() {
    return [LEASES, TICK];
  }

  render() {
    const { text, store } = this.desk;
    if (!this.lab?.lab) return nothing;
    const lease = leaseOf(store, this.lab);
    if (!lease) return html`<span class="holder"><button class="plain" @click=${() => this.#ask("", {})}>${text.t("lease.take")}</button>${this.#trouble()}</span>`;
    const left = Math.max(0, Math.ceil((lease.until_ms - store.now()) / 60_000));
    return html`
      <span class="holder"><span><strong>${lease.holder}</strong> ${text.t("lease.until", { time: text.clock(lease.until_ms).slice(0, 5), left })}</span>
        ${lease.holder === store.person ? this.#own(lease) : this.#others()}${this.#trouble()}</span>`;
  }

  /** @param {wire.Lease} lease */
  #own(lease) {
    return html`<button class="plain" @click=${() => this.#send(`/${lease.fence}`, "DELETE")}>${this.desk.text.t("lease.release")}</button>`;
  }

  #others() {
    const { text } = this.desk;
    return html`<button class="plain" @click=${() => this.#ask("/take-over", { reason: text.t("lease.reason") })}>${text.t("lease.take_over")}</button>`;
  }

  #trouble() {
    return this.trouble ? html`<span role="alert">${this.trouble}</span>` : nothing;
  }

  /** @param {string} path @param {object} more */
  #ask(path, more) {
    return this.#send(path, "POST", { school: this.lab?.school, lab: this.lab?.lab, for_s: LESSON_S, ...more });
  }

  /** @param {string} path @param {string} method @param {object} [body] */
  async #send(path, method, body) {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`/api/v1/leases${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) }).catch(() => null);
    this.trouble = answer?.ok ? "" : this.desk.text.t("lease.refused");
  }
}

customElements.define("lk-holder", LkHolder);
