/** Who teaches here and how long still, by the hub's clock. One press starts a lesson; the rest comes with lesson.js. */
import { html, nothing } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { leaseOf, lessonOf } from "./labs.js";
import { LEASES, LINK, TICK } from "./store.js";

const LESSON_S = 45 * 60;

class LkHolder extends DeskElement {
  static properties = { lab: { attribute: false }, trouble: { state: true }, opened: { state: true } };

  constructor() {
    super();
    /** @type {import("./labs.js").LabView | null} */
    this.lab = null;
    this.trouble = false;
    this.opened = false;
  }

  watched() {
    return [LEASES, LINK, TICK];
  }

  render() {
    const { store, text } = this.desk;
    if (!this.lab?.lab) return nothing;
    const lesson = lessonOf(store, this.lab);
    const lease = leaseOf(store, this.lab);
    const who = lesson?.teacher ?? lease?.holder ?? store.person;
    const own = who === store.person;
    const deed = lesson && own ? "lesson.manage" : own ? "lesson.start" : "lesson.take_over";
    return html`
      <span class="holder">${who && (lesson ?? lease) ? this.#until(who, (lesson ?? lease)?.until_ms ?? 0) : nothing}
        ${store.may("lease") ? html`<button class="plain" ?disabled=${store.link !== "up"} @click=${deed === "lesson.start" ? this.#start : this.#open}>${text.t(deed)}</button>` : nothing}
        ${this.trouble ? html`<span role="alert">${text.t("lesson.refused")}</span>` : nothing}</span>
      ${this.opened ? html`<lk-lesson .desk=${this.desk} .lab=${this.lab} @closed=${() => { this.opened = false; }}></lk-lesson>` : nothing}`;
  }

  /** @param {string} who @param {number} until_ms */
  #until(who, until_ms) {
    const { store, text } = this.desk;
    const left = Math.max(0, Math.ceil((until_ms - store.now()) / 60_000));
    return html`<span><strong>${who}</strong> ${text.t("lesson.until", { left, time: text.clock(until_ms).slice(0, 5) })}</span>`;
  }

  #open() {
    void import("./lessons/lesson.js");
    this.opened = true;
  }

  async #start() {
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ for_s: LESSON_S });
    const answer = await fetch(`/api/v1/labs/${this.lab?.key}/lesson`, { method: "POST", headers, body }).catch(() => null);
    this.trouble = !answer?.ok;
  }
}

customElements.define("lk-holder", LkHolder);
