/** What a press starts: the class and course of the timetable, named on the button; where it has none, a choice once it is on. */
import { openSheet } from "../sheet/sheet.js";
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { at, post, put, said } from "./api.js";
import { filed, nearOf } from "./near.js";
import { WORDS } from "../store.js";
import { styled } from "../styled.js";

const LESSON_S = 45 * 60;

/** @typedef {{class_name: string, course: string}} Filed */

/** @param {string} address */
const read = async (address) => {
  const answer = await fetch(address).catch(() => null);
  return answer?.ok ? answer.json() : null;
};

class LkStart extends DeskElement {
  static properties = { lab: { attribute: false }, deed: { attribute: false }, lately: { state: true }, year: { state: true }, trouble: { state: true }, busy: { state: true } };

  constructor() {
    super();
    this.lab = /** @type {import("../labs.js").LabView} */ (/** @type {unknown} */ (undefined)); // set by the bar
    this.deed = "";
    /** What one taught last. @type {Filed[]} */
    this.lately = [];
    /** @type {wire.SchoolYear | null} */
    this.year = null;
    this.trouble = false;
    this.busy = false;
  }

  watched() {
    return [WORDS];
  }

  /** The press that led here starts the lesson; which class it is is asked of whoever has begun, where the timetable does not know it. */
  async firstUpdated() {
    if (this.deed !== "lesson.start") return void import("./lesson.js");
    const knows = this.desk.store.may("read_timetable");
    const [on, near] = await Promise.all([post(at(this.lab, "/lesson"), { for_s: LESSON_S }), knows ? nearOf(this.lab) : null]);
    void on?.text().catch(() => {}); // unread it holds one of the browser's few connections
    if (!on?.ok || !knows || near?.now) return this.#end(!on?.ok);
    this.lately = near?.lately ?? [];
    this.year = (await read(`/api/v1/timetables/${encodeURIComponent(this.lab.school)}`))?.year ?? null;
    if (this.lately.length || this.year?.classes.length || this.year?.courses.length) openSheet(this.#dialog);
    else this.#end(false);
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
  }

  render() {
    if (this.deed !== "lesson.start") return html`<lk-lesson .desk=${this.desk} .lab=${this.lab} @closed=${this.#closed}></lk-lesson>`;
    const words = said(this.desk.text);
    const { year } = this;
    const options = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string[][]} */ known) => html`<label>${label}<select name=${name}>
      <option value="">${words.t("lessons.none")}</option>${known.map(([value, title]) => html`<option value=${value}>${title}</option>`)}</select></label>`;
    return html`
      <dialog class="sheet lesson-sheet" aria-labelledby="start-title" @close=${this.#closed}>
        <div>
          <div class="lesson-head"><h2 id="start-title">${words.t("lessons.with_whom")}</h2>
            <button class="round" aria-label=${words.t("lessons.close")} @click=${() => this.#dialog.close()}>${icon("close")}</button></div>
          <p class="quiet">${words.t("lessons.begun")}</p>
          ${this.lately.length ? html`<section><h3>${words.t("lessons.lately")}</h3><div class="lesson-row">${this.lately.map((one) => html`<button class="do" ?disabled=${this.busy} @click=${() => this.#file(one)}>${[one.class_name, one.course].filter(Boolean).join(" · ")}</button>`)}</div></section>` : nothing}
          ${year?.classes.length || year?.courses.length ? html`<form @submit=${this.#chosen}>
            <div class="lesson-choice">${options("class_name", words.t("lessons.class"), year.classes.map((one) => [one.name, one.name]))}${options("course", words.t("lessons.course"), year.courses.map((one) => [one.name, this.desk.text.title(one.title, one.name)]))}</div>
            <button class="primary" ?disabled=${this.busy}>${words.t("lessons.begin")}</button></form>` : nothing}
          <button class="do" ?disabled=${this.busy} @click=${() => this.#dialog.close()}>${words.t("lessons.without_class")}</button>
          <p class="lesson-trouble" role="status">${this.trouble ? words.t("lessons.refused") : nothing}</p>
        </div>
      </dialog>`;
  }

  #closed() {
    this.dispatchEvent(new CustomEvent("closed"));
  }

  /** @param {SubmitEvent} event */
  #chosen(event) {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    void this.#file({ class_name: String(form.get("class_name")), course: String(form.get("course")) });
  }

  /** @param {Filed} what */
  async #file(what) {
    this.busy = true;
    this.trouble = !(await put(at(this.lab, "/lesson/class"), what))?.ok;
    filed();
    this.busy = false;
    if (!this.trouble) this.#dialog.close();
  }

  /** @param {boolean} trouble it could not be started: the bar says so */
  #end(trouble) {
    this.dispatchEvent(new CustomEvent("closed", { detail: trouble && said(this.desk.text).t("lessons.refused") }));
  }
}

await styled("lessons/lessons");
customElements.define("lk-start", LkStart);
