/** Starts a lesson as the class and course that are said; where the timetable says none, the teacher chooses. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { at, post, said } from "./api.js";
import { WORDS } from "../store.js";
import { styled } from "../styled.js";

const LESSON_S = 45 * 60;

/** @typedef {{class_name: string, course: string}} Filed */

/** @param {{key: string}} lab @param {Filed} [filed] without: what the timetable says @returns {Promise<boolean>} whether it is on */
export const start = async (lab, filed) => !!(await post(at(lab, "/lesson"), { for_s: LESSON_S, ...filed }))?.ok;

/** @param {string} address */
const read = async (address) => {
  const answer = await fetch(address).catch(() => null);
  return answer?.ok ? answer.json() : null;
};

class LkStart extends DeskElement {
  static properties = { lab: { attribute: false }, lately: { attribute: false }, year: { state: true }, trouble: { state: true }, busy: { state: true } };

  constructor() {
    super();
    this.lab = /** @type {import("../labs.js").LabView} */ (/** @type {unknown} */ (undefined)); // set by the bar
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

  /** Where nothing can be chosen nothing is asked: the press that brought one here starts the lesson. */
  async firstUpdated() {
    this.year = (await read(`/api/v1/timetables/${encodeURIComponent(this.lab.school)}`))?.year ?? null;
    if (this.lately.length || this.year?.classes.length || this.year?.courses.length) this.#dialog.showModal();
    else await this.#start();
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
  }

  render() {
    const words = said(this.desk.text);
    const { year } = this;
    const options = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string[][]} */ known) => html`<label>${label}<select name=${name}>
      <option value="">${words.t("lessons.none")}</option>${known.map(([value, title]) => html`<option value=${value}>${title}</option>`)}</select></label>`;
    return html`
      <dialog class="lesson-sheet" aria-labelledby="start-title" @close=${() => this.dispatchEvent(new CustomEvent("closed"))}>
        <div>
          <div class="lesson-head"><h2 id="start-title">${words.t("lessons.with_whom")}</h2>
            <button class="round" aria-label=${words.t("lessons.close")} @click=${() => this.#dialog.close()}>${icon("close")}</button></div>
          ${this.lately.length ? html`<section><h3>${words.t("lessons.lately")}</h3><div class="lesson-row">${this.lately.map((one) => html`<button class="do" ?disabled=${this.busy} @click=${() => this.#start(one)}>${[one.class_name, one.course].filter(Boolean).join(" · ")}</button>`)}</div></section>` : nothing}
          ${year?.classes.length || year?.courses.length ? html`<form @submit=${this.#chosen}>
            <div class="lesson-choice">${options("class_name", words.t("lessons.class"), year.classes.map((one) => [one.name, one.name]))}${options("course", words.t("lessons.course"), year.courses.map((one) => [one.name, this.desk.text.title(one.title, one.name)]))}</div>
            <button class="primary" ?disabled=${this.busy}>${words.t("lessons.begin")}</button></form>` : nothing}
          <button class="do" ?disabled=${this.busy} @click=${() => this.#start({ class_name: "", course: "" })}>${words.t("lessons.without_class")}</button>
          <p class="lesson-trouble" role="alert">${this.trouble ? words.t("lessons.refused") : nothing}</p>
        </div>
      </dialog>`;
  }

  /** @param {SubmitEvent} event */
  #chosen(event) {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    void this.#start({ class_name: String(form.get("class_name")), course: String(form.get("course")) });
  }

  /** @param {Filed} [filed] */
  async #start(filed) {
    this.busy = true;
    const on = await start(this.lab, filed);
    this.busy = false;
    this.trouble = !on;
    if (this.#dialog.open && on) this.#dialog.close();
    else if (!this.#dialog.open) this.dispatchEvent(new CustomEvent("closed", { detail: { refused: !on } }));
  }
}

await styled("lessons/lessons");
customElements.define("lk-start", LkStart);
