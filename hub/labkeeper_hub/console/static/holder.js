/** Who teaches here and how long still, by the hub's clock; what comes of a press is in lessons/start.js. */
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
    this.trouble = "";
    this.opened = "";
  }

  watched() {
    return [LEASES, LINK, TICK];
  }

  /** The class comes with the first values, what a press needs some time after them. */
  firstUpdated() {
    if (this.desk.store.may("read_timetable")) import("./lessons/near.js").catch(() => {});
    setTimeout(() => import("./lessons/start.js").catch(() => {}), 5_000);
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
      <span class="holder">${who && (lesson ?? lease) ? this.#until(who, (lesson ?? lease)?.until_ms ?? 0, lesson ? this.#near() : nothing) : nothing}
        ${store.may("lease") ? html`<button class="plain" ?disabled=${store.link !== "up"} @click=${() => this.#open(deed)}>${text.t(deed)}${own && !lesson ? this.#near() : nothing}</button>` : nothing}
        ${this.trouble ? html`<span role="status">${this.trouble}</span>` : nothing}</span>
      ${this.opened ? html`<lk-start .desk=${this.desk} .lab=${this.lab} .deed=${this.opened} @closed=${this.#close}></lk-start>` : nothing}`;
  }

  /** The class and the course, once they are known; whoever may not know is not asked for. */
  #near() {
    if (!this.desk.store.may("read_timetable")) return nothing;
    return html`<lk-near .desk=${this.desk} .lab=${this.lab}></lk-near>`;
  }

  /** @param {string} who @param {number} until_ms @param {unknown} what is taught */
  #until(who, until_ms, what) {
    const { store, text } = this.desk;
    const left = Math.max(0, Math.ceil((until_ms - store.now()) / 60_000));
    return html`<span><strong>${what}${store.who(who)}</strong> ${text.t("lesson.until", { left, time: text.clock(until_ms).slice(0, 5) })}</span>`;
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
