/** The school's year as a form: terms, periods, holidays, days worked instead, classes, courses. Saved as a whole. */
import { openSheet } from "../sheet/sheet.js";
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import * as api from "./api.js";
import { said } from "./api.js";
import { moved } from "./week.js";
import { WORDS } from "../store.js";

/** @typedef {"terms" | "periods" | "holidays" | "make_ups" | "classes" | "courses"} Part */
/** A row of the form: texts by the names of their fields. @typedef {Record<string, string>} Row */
/** `first`: what a new row begins with. @typedef {{name: string, type: string, words: string, required?: boolean, first?: string}} Field */

const NAME = { name: "name", type: "text", words: "bookings.name", required: true };
const [FIRST, LAST] = [{ name: "first", type: "date", words: "bookings.first", required: true }, { name: "last", type: "date", words: "bookings.last", required: true }];

const POLICY = "4: 30, 7: 30"; // Shanghai, 2024-2026: at least 30 periods a year in grades 4 and 7

/** @type {Record<Part, {words: string, fields: Field[]}>} */
const PARTS = {
  terms: { words: "bookings.terms", fields: [NAME, FIRST, LAST] },
  holidays: { words: "bookings.holidays", fields: [FIRST, { ...LAST, required: false }] },
  make_ups: { words: "bookings.make_ups", fields: [{ name: "day", type: "date", words: "bookings.worked_on", required: true }, { name: "like", type: "date", words: "bookings.as_on" }] },
  periods: { words: "bookings.periods", fields: [{ name: "start", type: "time", words: "bookings.start", required: true }, { name: "end", type: "time", words: "bookings.end", required: true }] },
  classes: { words: "bookings.classes", fields: [NAME, { name: "grade", type: "number", words: "bookings.grade", required: true }] },
  courses: { words: "bookings.courses", fields: [NAME, { name: "zh", type: "text", words: "bookings.title_zh" }, { name: "en", type: "text", words: "bookings.title_en" }, { name: "periods", type: "text", words: "bookings.wanted_by_grade", first: POLICY }] },
};

/** Days that follow each other as one row. @param {string[]} days @returns {Row[]} */
function spans(days) {
  /** @type {Row[]} */
  const found = [];
  for (const day of [...days].sort()) {
    const before = found.at(-1);
    if (before && moved(before.last, 1) === day) before.last = day;
    else found.push({ first: day, last: day });
  }
  return found;
}

/** @param {wire.SchoolYear} year @returns {Record<Part, Row[]>} */
const rowsOf = (year) => ({
  terms: year.terms.map((one) => ({ ...one })),
  periods: year.periods.map((one) => ({ ...one })),
  holidays: spans(year.holidays),
  make_ups: year.make_ups.map(({ day, like }) => ({ day, like: like ?? "" })),
  classes: year.classes.map(({ name, grade }) => ({ name, grade: String(grade) })),
  courses: year.courses.map(({ name, title, periods }) => ({ name, zh: title.zh, en: title.en, periods: Object.entries(periods).map(([grade, count]) => `${grade}: ${count}`).join(", ") })),
});

/** `4: 30, 7: 30` as the hub reads it; what is no such text stays out and is refused by the form. @param {string} said */
const byGrade = (said) => Object.fromEntries([...said.matchAll(/(\d+)\s*[:：]\s*(\d+)/g)].map(([, grade, count]) => [grade, Number(count)]));

/** @param {string} zone @param {Record<Part, Row[]>} rows @returns {object} */
const yearOf = (zone, rows) => ({
  zone,
  terms: rows.terms,
  periods: rows.periods,
  holidays: rows.holidays.map(({ first, last }) => (last && last !== first ? `${first}/${last}` : first)),
  make_ups: rows.make_ups.map(({ day, like }) => ({ day, like: like || null })),
  classes: rows.classes.map(({ name, grade }) => ({ name, grade: Number(grade) })),
  courses: rows.courses.map(({ name, zh, en, periods }) => ({ name, title: { zh, en }, periods: byGrade(periods) })),
});

class LkYear extends DeskElement {
  static properties = { school: { attribute: false }, rows: { state: true }, trouble: { state: true }, busy: { state: true } };

  constructor() {
    super();
    this.school = "";
    this.zone = "";
    /** @type {Record<Part, Row[]> | null} */
    this.rows = null;
    this.trouble = "";
    this.busy = false;
  }

  watched() {
    return [WORDS];
  }

  async firstUpdated() {
    openSheet(this.#dialog);
    const found = await api.timetable(this.school).catch((error) => error);
    if (found instanceof Error) {
      this.trouble = api.why(said(this.desk.text), found);
      return;
    }
    this.zone = found.year.zone;
    this.rows = rowsOf(found.year);
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
  }

  render() {
    const words = said(this.desk.text);
    return html`
      <dialog class="sheet booking-sheet is-wide" aria-labelledby="year-title" @close=${() => this.dispatchEvent(new CustomEvent("closed"))}>
        <div>
          <div class="booking-head"><h2 id="year-title">${words.t("bookings.year")}</h2>
            <button class="round" aria-label=${words.t("bookings.close")} @click=${() => this.#dialog.close()}>${icon("close")}</button></div>
          <p class="quiet small">${words.t("bookings.year_meaning")}</p>
          ${this.rows ? this.#form(words, this.rows) : html`<p class="quiet">${words.t("bookings.looking")}</p>`}
          <p class="bookings-trouble" role="status">${this.trouble}</p>
        </div>
      </dialog>`;
  }

  /** @param {import("../text.js").Text} words @param {Record<Part, Row[]>} rows */
  #form(words, rows) {
    return html`<form @submit=${this.#save}>
      <label>${words.t("bookings.zone")}<input name="zone" required maxlength="64" autocomplete="off" .value=${this.zone} @change=${(/** @type {Event} */ event) => { this.zone = /** @type {HTMLInputElement} */ (event.target).value; }}></label>
      ${/** @type {Part[]} */ (Object.keys(PARTS)).map((part) => this.#part(words, part, rows[part]))}
      <button class="primary" ?disabled=${this.busy}>${words.t("bookings.save")}</button></form>`;
  }

  /** @param {import("../text.js").Text} words @param {Part} part @param {Row[]} rows */
  #part(words, part, rows) {
    const { words: title, fields } = PARTS[part];
    const name = words.t(title);
    return html`<details class="year-part" ?open=${part === "terms" || part === "holidays"}><summary>${name} <span class="quiet">${rows.length || nothing}</span></summary>
      ${part === "make_ups" ? html`<p class="quiet small">${words.t("bookings.make_ups_meaning")}</p>` : nothing}
      ${rows.map((row, at) => html`<fieldset class="year-row"><legend>${words.t("bookings.nth", { what: name, n: at + 1 })}</legend>
        ${fields.map((field) => this.#field(words, row, field))}
        <button type="button" class="round" aria-label=${words.t("bookings.remove_nth", { what: name, n: at + 1 })} @click=${() => this.#change(part, rows.filter((one) => one !== row))}>${icon("close")}</button></fieldset>`)}
      <button type="button" class="do" @click=${() => this.#change(part, [...rows, Object.fromEntries(fields.map((field) => [field.name, field.first ?? ""]))])}>${words.t("bookings.add", { what: name })}</button>
    </details>`;
  }

  /** @param {import("../text.js").Text} words @param {Row} row @param {Field} field */
  #field(words, row, { name, type, words: label, required }) {
    const written = (/** @type {Event} */ event) => { row[name] = /** @type {HTMLInputElement} */ (event.target).value.trim(); };
    return html`<label>${words.t(label)}<input type=${type} ?required=${required} maxlength="64" autocomplete="off" min=${type === "number" ? 1 : nothing} max=${type === "number" ? 12 : nothing}
      pattern=${name === "periods" ? "\\s*(\\d+\\s*[:：]\\s*\\d+\\s*[,，]?\\s*)*" : nothing} .value=${row[name]} @input=${written}></label>`;
  }

  /** @param {Part} part @param {Row[]} rows */
  #change(part, rows) {
    if (this.rows) this.rows = { ...this.rows, [part]: rows };
  }

  /** @param {SubmitEvent} event */
  async #save(event) {
    event.preventDefault();
    if (!this.rows) return;
    this.busy = true;
    const done = await api.setYear(this.school, yearOf(this.zone.trim(), this.rows)).catch((error) => error);
    this.busy = false;
    this.trouble = done instanceof Error ? api.why(said(this.desk.text), done) : "";
    if (!(done instanceof Error)) this.#dialog.close();
  }
}

customElements.define("lk-year", LkYear);
