/** Who teaches here and how long still, by the hub's clock. One press starts the lesson it names; the rest comes when asked for. */
import { html, nothing } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { leaseOf, lessonOf } from "./labs.js";
import { LEASES, LINK, TICK } from "./store.js";

class LkHolder extends DeskElement {
  static properties = { lab: { attribute: false }, trouble: { state: true }, opened: { state: true }, near: { state: true } };

  #asked = "";

  constructor() {
    super();
    /** @type {import("./labs.js").LabView | null} */
    this.lab = null;
    this.trouble = false;
    /** @type {"" | "lesson" | "start"} */
    this.opened = "";
    /** What the timetable says of now. @type {wire.Near | null} */
    this.near = null;
  }

  watched() {
    return [LEASES, LINK, TICK];
  }

  updated() {
    super.updated();
    const { store } = this.desk;
    const asked = `${this.lab?.key} ${Math.floor(store.now() / 60_000)}`;
    if (asked === this.#asked || !this.lab?.lab || !store.may("lease") || lessonOf(store, this.lab)) return;
    this.#asked = asked;
    void fetch(`/api/v1/labs/${this.lab.key}/now`).then(async (answer) => { this.near = answer.ok ? await answer.json() : null; }, () => {});
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
        ${store.may("lease") ? html`<button class="plain" ?disabled=${store.link !== "up"} @click=${deed === "lesson.start" ? this.#start : this.#open}>${text.t(deed)} ${deed === "lesson.start" && this.near?.now ? html`<b>${this.near.now.class_name} ${this.near.now.course}</b>` : nothing}</button>` : nothing}
        ${this.trouble ? html`<span role="alert">${text.t("lesson.refused")}</span>` : nothing}</span>
      ${this.opened === "lesson" ? html`<lk-lesson .desk=${this.desk} .lab=${this.lab} @closed=${this.#close}></lk-lesson>` : nothing}
      ${this.opened === "start" ? html`<lk-start .desk=${this.desk} .lab=${this.lab} .lately=${this.near?.lately ?? []} @closed=${this.#close}></lk-start>` : nothing}`;
  }

  /** @param {string} who @param {number} until_ms */
  #until(who, until_ms) {
    const { store, text } = this.desk;
    const left = Math.max(0, Math.ceil((until_ms - store.now()) / 60_000));
    return html`<span><strong>${who}</strong> ${text.t("lesson.until", { left, time: text.clock(until_ms).slice(0, 5) })}</span>`;
  }

  #open() {
    void import("./lessons/lesson.js");
    this.opened = "lesson";
  }

  async #start() {
    const { start } = await import("./lessons/start.js");
    if (this.near?.now && this.lab) this.trouble = !(await start(this.lab));
    else this.opened = "start";
  }

  /** @param {CustomEvent} event */
  #close({ detail }) {
    this.opened = "";
    this.trouble = !!detail?.refused;
  }
}

customElements.define("lk-holder", LkHolder);
