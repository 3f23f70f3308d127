/** Who teaches here and how long still; lessons/start.js says what and has the rest. */
import { html, nothing } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { leaseOf, lessonOf } from "./labs.js";
import { LEASES, LINK, TICK } from "./store.js";

class LkHolder extends DeskElement {
  static properties = { lab: { attribute: false }, trouble: { state: true }, opened: { state: true } };

  constructor() {
    super();
    /** @type {import("./labs.js").LabView | null} */
    this.lab = null;
    this.trouble = false;
    this.opened = "";
  }

  watched() {
    return [LEASES, LINK, TICK];
  }

  /** Nobody waits for the class. */
  firstUpdated() {
    setTimeout(() => import("./lessons/start.js").catch(() => {}), 5_000);
  }

  render() {
    const { store, text } = this.desk;
    if (!this.lab?.lab) return nothing;
    const lesson = lessonOf(store, this.lab);
    const lease = leaseOf(store, this.lab);
    const who = lesson?.teacher ?? lease?.holder ?? store.person;
    const own = who === store.person;
    const near = html`<lk-near .desk=${this.desk} .lab=${this.lab} .lesson=${lesson}></lk-near>`;
    const deed = lesson && own ? "lesson.manage" : own ? "lesson.start" : "lesson.take_over";
    return html`
      <span class="holder">${who && (lesson ?? lease) ? this.#until(who, (lesson ?? lease)?.until_ms ?? 0) : ""}${lesson ? near : ""}
        ${store.may("lease") ? html`<button class="plain" ?disabled=${store.link !== "up"} @click=${() => this.#open(deed)}>${text.t(deed)}${own && !lesson ? near : ""}</button>` : nothing}
        ${this.trouble ? html`<span role="status">${text.t("lesson.refused")}</span>` : nothing}</span>
      ${this.opened ? html`<lk-start .desk=${this.desk} .lab=${this.lab} .deed=${this.opened} @closed=${this.#close}></lk-start>` : nothing}`;
  }

  /** @param {string} who @param {number} until_ms */
  #until(who, until_ms) {
    const { store, text } = this.desk;
    const left = Math.max(0, Math.ceil((until_ms - store.now()) / 60_000));
    return html`<span><strong>${store.who(who)}</strong> ${text.t("lesson.until", { left, time: text.clock(until_ms).slice(0, 5) })}</span>`;
  }

  /** @param {string} deed */
  #open(deed) {
    void import("./lessons/start.js");
    this.opened = deed;
  }

  /** @param {CustomEvent} event */
  #close({ detail }) {
    this.opened = "";
    this.trouble = detail;
  }
}

customElements.define("lk-holder", LkHolder);
