/** The ledger of a school: of each class and course, the periods taught, planned and missing. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { pageIcon } from "../signs.js";
import * as api from "./api.js";
import { said } from "./api.js";
import { labsOf } from "../labs.js";
import { WORDS } from "../store.js";

class LkLedger extends DeskElement {
  static properties = { school: { attribute: false }, found: { state: true }, of: { state: true }, lessons: { state: true } };

  constructor() {
    super();
    this.school = "";
    /** @type {wire.Balance[] | null} */
    this.found = null;
    /** The class whose lessons are shown. */
    this.of = "";
    /** @type {wire.Taught[] | null} */
    this.lessons = null;
  }

  watched() {
    return [WORDS];
  }

  /** @param {Map<string, unknown>} changed */
  async willUpdate(changed) {
    if (changed.has("school")) [this.of, this.lessons] = ["", null];
    if (changed.has("school")) this.found = await api.ledger(this.school).catch(() => null);
  }

  render() {
    const words = said(this.desk.text);
    if (!this.found) return nothing;
    return html`
      <section class="card ledger" aria-labelledby="ledger-title"><h3 id="ledger-title">${words.t("bookings.ledger")}</h3>
        ${this.found.length ? html`<p><a class="do" download="ledger.csv" href=${api.ledgerAddress(this.school, this.desk.text.language)}>${pageIcon("download")}${words.t("bookings.ledger_csv")}</a> <span>${this.#missing(words, this.found)}</span></p>` : nothing}
        ${this.found.length === 0 ? html`<p class="quiet">${words.t("bookings.ledger_none")}</p>` : html`${this.#table(words, this.found)}${this.#taught(words, this.found)}`}</section>`;
  }

  /** What one class was taught, lesson by lesson. @param {import("../text.js").Text} words @param {wire.Balance[]} found */
  #taught(words, found) {
    const classes = [...new Set(found.map((one) => one.class_name))];
    const heads = [words.t("bookings.date"), words.t("bookings.course"), words.t("bookings.taught"), words.t("bookings.lab"), words.t("bookings.teacher")];
    return html`
      <label class="ledger-of">${words.t("bookings.lessons_of")}<select @change=${(/** @type {Event} */ event) => void this.#show(/** @type {HTMLSelectElement} */ (event.target).value)}>
        <option value="">–</option>${classes.map((one) => html`<option ?selected=${one === this.of}>${one}</option>`)}</select></label>
      ${!this.of || !this.lessons ? nothing : this.lessons.length === 0 ? html`<p class="quiet" role="status">${words.t("bookings.lessons_none")}</p>` : html`<table class="ledger-lessons">
        <thead><tr>${heads.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead>
        <tbody>${this.lessons.map((one) => html`<tr><th scope="row">${one.date} ${one.start}–${one.end}</th><td>${one.course}</td><td>${one.periods}</td><td>${this.#lab(one.lab)}</td><td>${one.who}</td></tr>`)}</tbody></table>`}`;
  }

  /** @param {string} lab */
  #lab(lab) {
    return lab ? this.desk.text.title(labsOf(this.desk.store).find((one) => one.school === this.school && one.lab === lab)?.title, lab) : "";
  }

  /** @param {string} name */
  async #show(name) {
    [this.of, this.lessons] = [name, null];
    const lessons = name ? await api.taught(this.school, name).catch(() => []) : null;
    if (name === this.of) this.lessons = lessons;
  }

  /** What lacks in all. @param {import("../text.js").Text} words @param {wire.Balance[]} found */
  #missing(words, found) {
    const short = found.filter((one) => one.missing > 0);
    return short.length ? words.t("bookings.ledger_missing", { classes: new Set(short.map((one) => one.class_name)).size, n: short.reduce((sum, one) => sum + one.missing, 0) }) : words.t("bookings.ledger_enough");
  }

  /** @param {import("../text.js").Text} words @param {wire.Balance[]} found */
  #table(words, found) {
    const heads = [words.t("bookings.class"), words.t("bookings.course"), words.t("bookings.wanted"), words.t("bookings.taught"), words.t("bookings.planned")];
    return html`<table>
      <thead><tr>${heads.map((one) => html`<th scope="col">${one}</th>`)}<td></td></tr></thead>
      <tbody>${found.map((one) => html`<tr>
        <th scope="row">${one.class_name}</th><td>${one.course}</td><td>${one.wanted || "–"}</td><td>${one.taught}</td><td>${one.planned}</td>
        <td>${one.missing ? html`<span class="ledger-missing">${icon("warning")}${words.t("bookings.missing", { n: one.missing })}</span>` : one.wanted ? html`<span class="ledger-enough">${icon("check")}${words.t("bookings.enough")}</span>` : nothing}</td>
      </tr>`)}</tbody></table>`;
  }
}

customElements.define("lk-ledger", LkLedger);
