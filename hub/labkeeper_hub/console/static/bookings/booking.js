/** The sheet of one slot: book it and see what is in the way before pressing, cancel it, or open it to other schools. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import * as api from "./api.js";
import { said } from "./api.js";
import { openSheet } from "../sheet/sheet.js";
import { dayWords } from "./week.js";
import { WORDS } from "../store.js";

/** @typedef {{place: import("./api.js").Place, times: import("./api.js").Times, may_manage: boolean} | {entry: wire.Entry, may_manage: boolean}} Chosen */

class LkBooking extends DeskElement {
  static properties = { chosen: { attribute: false }, year: { state: true }, conflicts: { state: true }, opened: { state: true }, trouble: { state: true }, busy: { state: true } };

  #turn = 0;

  constructor() {
    super();
    this.chosen = /** @type {Chosen} */ (/** @type {unknown} */ (undefined)); // set by the page
    /** Null: there is none to be had; undefined: it is being asked for. @type {wire.SchoolYear | null | undefined} */
    this.year = undefined;
    /** What is in the way; null: not known yet. @type {wire.InTheWay[] | null} */
    this.conflicts = null;
    /** What is in the way of opening the lab. @type {wire.InTheWay[]} */
    this.opened = [];
    this.trouble = "";
    this.busy = false;
  }

  watched() {
    return [WORDS];
  }

  async firstUpdated() {
    openSheet(this.#dialog);
    if ("entry" in this.chosen) return;
    void this.#check();
    this.year = await api.year(this.chosen.place.school).catch(() => null);
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
  }

  render() {
    const words = said(this.desk.text);
    const { chosen } = this;
    return html`
      <dialog class="sheet booking-sheet" aria-labelledby="booking-title" @close=${this.#closed}>
        <div>
          <div class="booking-head"><h2 id="booking-title">${"entry" in chosen ? [chosen.entry.class_name, chosen.entry.course].filter(Boolean).join(" · ") || chosen.entry.title || words.t("bookings.by_booking") : words.t("bookings.new")}</h2>
            <button class="round" aria-label=${words.t("bookings.close")} @click=${() => this.#dialog.close()}>${icon("close")}</button></div>
          ${"entry" in chosen ? this.#entry(words, chosen) : this.#form(words, chosen)}
          <p class="bookings-trouble" role="status">${this.trouble}</p>
        </div>
      </dialog>`;
  }

  /** @param {import("../text.js").Text} words @param {{entry: wire.Entry, may_manage: boolean}} chosen */
  #entry(words, { entry, may_manage }) {
    const facts = [
      `${dayWords(words, entry.date)} ${entry.start}–${entry.end}`,
      entry.who || words.t("bookings.nobody"),
      words.t(entry.source === "timetable" ? "bookings.by_timetable" : "bookings.by_booking"),
      entry.guest ? words.t("bookings.guest", { school: entry.guest }) : "",
      entry.starts ? words.t("bookings.starts") : "",
      entry.title,
    ].filter(Boolean);
    return html`<ul class="booking-facts">${facts.map((one) => html`<li>${one}</li>`)}</ul>
      ${entry.source === "booking" && (entry.mine || may_manage) ? html`<button class="do" ?disabled=${this.busy} @click=${() => this.#do(() => api.cancel(entry.name))}>${words.t("bookings.cancel")}</button>` : nothing}`;
  }

  /** @param {import("../text.js").Text} words @param {Extract<Chosen, {place: object}>} chosen */
  #form(words, { times, may_manage }) {
    return html`
      <form @submit=${this.#book} @change=${() => void this.#check()}>
        <label>${words.t("bookings.date")}<input type="date" name="date" required .value=${times.date}></label>
        <div class="booking-row"><label>${words.t("bookings.start")}<input type="time" name="start" required .value=${times.start}></label>
          <label>${words.t("bookings.end")}<input type="time" name="end" required .value=${times.end}></label></div>
        <div class="booking-row">${this.#pick(words, "class_name", words.t("bookings.class"), this.year?.classes.map((one) => [one.name, one.name]) ?? [])}
          ${this.#pick(words, "course", words.t("bookings.course"), this.year?.courses.map((one) => [one.name, this.desk.text.title(one.title, one.name)]) ?? [])}</div>
        <label>${words.t("bookings.what")}<input name="title" maxlength="120" autocomplete="off"></label>
        <div class="booking-way" aria-live="polite">${this.#way(words)}</div>
        <button class="primary" ?disabled=${this.busy || !this.conflicts || this.conflicts.length > 0}>${words.t("bookings.book")}</button>
      </form>
      ${may_manage ? this.#opening(words) : nothing}`;
  }

  /** A choice where the year names some, free words where it names none; before that is known, nothing that could take a word and lose it. @param {import("../text.js").Text} words @param {string} name @param {string} label @param {string[][]} known */
  #pick(words, name, label, known) {
    if (this.year === undefined) return html`<label>${label}<select disabled><option>${words.t("bookings.none")}</option></select></label>`;
    if (known.length === 0) return html`<label>${label}<input name=${name} maxlength="64" autocomplete="off"></label>`;
    return html`<label>${label}<select name=${name}><option value="">${words.t("bookings.none")}</option>${known.map(([value, title]) => html`<option value=${value}>${title}</option>`)}</select></label>`;
  }

  /** @param {import("../text.js").Text} words */
  #way(words) {
    if (!this.conflicts) return nothing;
    if (this.conflicts.length === 0) return html`<p class="booking-clear">${icon("check")}${words.t("bookings.clear")}</p>`;
    return html`<p class="booking-not">${icon("warning")}${words.t("bookings.way")}</p>${this.#told(this.conflicts)}`;
  }

  /** @param {wire.InTheWay[]} conflicts */
  #told(conflicts) {
    return html`<ul>${conflicts.map((one) => html`<li>${this.desk.text.language === "zh" ? one.zh : one.en}</li>`)}</ul>`;
  }

  /** @param {import("../text.js").Text} words */
  #opening(words) {
    return html`
      <details class="booking-opening"><summary>${words.t("bookings.open")}</summary>
        <form @submit=${this.#open}>
          <p class="quiet small">${words.t("bookings.open_meaning")}</p>
          <label>${words.t("bookings.schools")}<input name="schools" autocomplete="off"></label>
          <label>${words.t("bookings.weeks")}<input type="number" name="weeks" min="1" max="40" value="1"></label>
          ${this.opened.length ? html`<div role="status"><p class="booking-not">${icon("warning")}${words.t("bookings.not_opened")}</p>${this.#told(this.opened)}</div>` : nothing}
          <button class="do" ?disabled=${this.busy}>${words.t("bookings.open")}</button>
        </form></details>`;
  }

  /** What the form says. @returns {Record<string, string>} */
  get #said() {
    const form = /** @type {HTMLFormElement} */ (this.querySelector("form"));
    return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]));
  }

  get #place() {
    return /** @type {Extract<Chosen, {place: object}>} */ (this.chosen).place;
  }

  async #check() {
    const turn = ++this.#turn;
    const wanted = /** @type {any} */ ({ ...this.#said, check: true });
    if (!wanted.date || !wanted.start || !wanted.end) return;
    const found = await api.book(this.#place, wanted).catch((error) => error);
    if (turn !== this.#turn) return; // the form says something else by now
    this.conflicts = found instanceof Error ? null : found.conflicts;
    this.trouble = found instanceof Error ? api.why(said(this.desk.text), found) : "";
  }

  /** @param {SubmitEvent} event */
  #book(event) {
    event.preventDefault();
    void this.#do(async () => {
      const { booking, conflicts } = await api.book(this.#place, /** @type {any} */ (this.#said));
      this.conflicts = conflicts;
      return booking !== null;
    });
  }

  /** @param {SubmitEvent} event */
  #open(event) {
    event.preventDefault();
    const asked = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target)));
    const schools = String(asked.schools).split(/[,，\s]+/).filter(Boolean);
    const { date, start, end } = this.#said;
    void this.#do(async () => {
      this.opened = (await api.open(this.#place, { date, start, end, schools, weeks: Number(asked.weeks) })).conflicts;
      return this.opened.length === 0;
    });
  }

  /** Do it, and close unless it was refused or says it is not done. @param {() => Promise<unknown>} deed */
  async #do(deed) {
    this.busy = true;
    const done = await deed().catch((error) => error);
    this.busy = false;
    this.trouble = done instanceof Error ? api.why(said(this.desk.text), done) : "";
    if (!(done instanceof Error) && done !== false) this.#dialog.close();
  }

  #closed() {
    this.dispatchEvent(new CustomEvent("closed"));
  }
}

customElements.define("lk-booking", LkBooking);
