/** A lab's week: what is taught and booked in it, what is free, and the ledger of periods below. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { pageIcon } from "../signs.js";
import { labsOf } from "../labs.js";
import * as api from "./api.js";
import { said } from "./api.js";
import { dayWords, moved, rowsIn, rowsOf } from "./week.js";
import { parseRoute } from "../route.js";
import { SHAPE, WORDS } from "../store.js";
import { styled } from "../styled.js";
import "./booking.js";
import "./ledger.js";
import "./links.js";

const ASK_EVERY_MS = 10_000;

class LkBookings extends DeskElement {
  static properties = { room: { state: true }, day: { state: true }, week: { state: true }, failed: { state: true }, chosen: { state: true }, offered: { state: true }, sheet: { state: true }, trouble: { state: true } };

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #asking;

  constructor() {
    super();
    this.room = "";
    /** A day of the week that is shown; "": today. */
    this.day = "";
    /** @type {wire.Week | null} */
    this.week = null;
    /** The hub's status when it would not tell; 0: it did not answer. @type {number | null} */
    this.failed = null;
    /** What the sheet is about. @type {import("./booking.js").Chosen | null} */
    this.chosen = null;
    /** @type {wire.Opening[]} */
    this.offered = [];
    /** What is edited in a sheet of its own. @type {"" | "import" | "year"} */
    this.sheet = "";
    this.trouble = "";
  }

  watched() {
    return [SHAPE, WORDS];
  }

  connectedCallback() {
    super.connectedCallback();
    const route = parseRoute(location.hash);
    if ("lab" in route && route.lab) this.room = `${route.school}/${route.lab}`;
    void this.#ask();
    this.#asking = setInterval(() => void this.#ask(), ASK_EVERY_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#asking);
  }

  get #lab() {
    const labs = labsOf(this.desk.store).filter((one) => one.lab);
    return labs.find((one) => one.key === this.room) ?? labs.at(0) ?? null;
  }

  async #ask() {
    const lab = this.desk ? this.#lab : null; // the first time it is asked before anything is set
    if (!lab) return;
    const asked = `${lab.key} ${this.day}`;
    const week = await api.week(lab, this.day).catch((error) => error.status ?? 0);
    if (asked !== `${this.#lab?.key} ${this.day}`) return; // another one has been chosen meanwhile
    this.failed = typeof week === "number" ? week : null;
    if (typeof week !== "number") this.week = week;
    if (this.desk.store.may("book")) this.offered = await api.offered().catch(() => this.offered);
  }

  updated() {
    super.updated();
    if (!this.week && this.failed === null && this.#lab) void this.#ask();
  }

  render() {
    const words = said(this.desk.text);
    return html`
      <section class="bookings" aria-labelledby="bookings-title">
        <header><a class="round" href="#/" aria-label=${this.desk.text.t("chart.back")}>${pageIcon("back")}</a>
          <h2 id="bookings-title">${words.t("bookings.title")}</h2>${this.week?.may_manage ? this.#keeping(words) : nothing}</header>
        ${this.#lab ? this.#content(words, this.#lab) : html`<p class="quiet">${words.t("bookings.no_lab")}</p>`}
      </section>
      ${this.chosen ? html`<lk-booking .desk=${this.desk} .chosen=${this.chosen} @closed=${this.#closed}></lk-booking>` : nothing}
      ${this.sheet === "import" ? html`<lk-import .desk=${this.desk} .school=${this.#lab?.school} @closed=${this.#closed}></lk-import>` : nothing}
      ${this.sheet === "year" ? html`<lk-year .desk=${this.desk} .school=${this.#lab?.school} @closed=${this.#closed}></lk-year>` : nothing}`;
  }

  /** Whoever keeps the timetable. @param {import("../text.js").Text} words */
  #keeping(words) {
    return html`<div class="bookings-keeping">
      <button class="do" @click=${() => { void import("./import.js"); this.sheet = "import"; }}>${words.t("bookings.import")}</button>
      <button class="do" @click=${() => { void import("./year.js"); this.sheet = "year"; }}>${words.t("bookings.year")}</button></div>`;
  }

  /** @param {import("../text.js").Text} words @param {import("../labs.js").LabView} lab */
  #content(words, lab) {
    if (this.failed === 403 || this.failed === 404) return html`<p role="status">${words.t("bookings.may_not")}</p>${this.#offers(words)}`;
    return html`
      ${this.#choice(words, lab)}
      <p role="status" class="bookings-state">${this.failed === null ? nothing : words.t("bookings.failed")}</p>
      ${this.week ? this.#grid(words, this.week) : html`<p class="quiet">${words.t("bookings.looking")}</p>`}
      <p role="status" class="bookings-trouble">${this.trouble}</p>
      ${this.#openings(words)} ${this.#offers(words)}
      <lk-ledger .desk=${this.desk} .school=${lab.school}></lk-ledger>
      <lk-calendar-links .desk=${this.desk} .lab=${lab}></lk-calendar-links>`;
  }

  /** @param {import("../text.js").Text} words @param {import("../labs.js").LabView} lab */
  #choice(words, lab) {
    const { text, store } = this.desk;
    const labs = labsOf(store).filter((one) => one.lab);
    const monday = this.week?.days[0].date ?? "";
    const go = (/** @type {number} */ days) => this.#go(lab.key, monday ? moved(monday, days) : "");
    const number = this.week?.number;
    return html`
      <div class="bookings-choice">
        <label>${text.t("bar.lab")}<select @change=${(/** @type {Event} */ event) => this.#go(/** @type {HTMLSelectElement} */ (event.target).value, this.day)}>
          ${labs.map((one) => html`<option value=${one.key} ?selected=${one.key === lab.key}>${text.title(one.title, one.lab)}</option>`)}</select></label>
        <div class="bookings-weeks">
          <button class="round" aria-label=${words.t("bookings.earlier")} @click=${() => go(-7)}>${pageIcon("back")}</button>
          <button class="do" @click=${() => this.#go(lab.key, "")}>${words.t("bookings.this_week")}</button>
          <button class="round" aria-label=${words.t("bookings.later")} @click=${() => go(7)}>${pageIcon("forward")}</button>
        </div>
        <p class="bookings-number" aria-live="polite"><strong>${number ? words.t("bookings.week", { n: number }) : this.week ? words.t("bookings.between_terms") : nothing}</strong>
          <span class="quiet">${this.week ? `${dayWords(words, this.week.days[0].date)} – ${dayWords(words, this.week.days[6].date)}` : nothing}</span></p>
      </div>`;
  }

  /** @param {string} room @param {string} day */
  #go(room, day) {
    [this.room, this.day] = [room, day];
    void this.#ask();
  }

  /** @param {import("../text.js").Text} words @param {wire.Week} week */
  #grid(words, week) {
    const shown = week.days.filter((day, at) => at < 5 || day.like !== null || week.entries.some((one) => one.date === day.date));
    return html`<div class="week days-${shown.length}">${shown.map((day) => html`
      <section class="week-day ${day.today ? "is-today" : ""}" aria-labelledby="day-${day.date}">
        <h3 id="day-${day.date}">${dayWords(words, day.date)}</h3>
        <p class="quiet small">${day.today ? html`<span class="week-today">${words.t("bookings.today")}</span> ` : nothing}${day.like === null ? words.t("bookings.no_school") : day.like === day.date ? nothing : words.t("bookings.like", { day: dayWords(words, day.like) })}</p>
        <ul>${rowsOf(week, day.date).map((row) => html`<li>${"name" in row ? this.#entry(words, row) : this.#free(words, day.date, row)}</li>`)}</ul>
      </section>`)}</div>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.Entry} one */
  #entry(words, one) {
    const what = [one.class_name, one.course].filter(Boolean).join(" · ") || one.title || words.t("bookings.by_booking");
    const rows = this.week ? rowsIn(this.week, one) : 1;
    return html`<button class="week-entry is-${one.source} ${one.mine ? "is-mine" : ""} rows-${rows}" @click=${() => this.#choose({ entry: one, may_manage: this.week?.may_manage ?? false })}>
      <span class="small">${one.start}–${one.end}</span> <strong>${what}</strong> <span class="small">${one.who || words.t("bookings.nobody")}</span></button>`;
  }

  /** @param {import("../text.js").Text} words @param {string} date @param {{start: string, end: string}} row */
  #free(words, date, row) {
    const lab = this.#lab;
    const open = this.week?.openings.find((one) => one.date === date && one.start <= row.start && row.end <= one.end);
    const to = open ? html`<span class="small week-open">${words.t("bookings.open_to")}</span>` : nothing;
    if (!lab || !this.week?.may_book) return html`<p class="week-free quiet"><span class="small">${row.start}–${row.end}</span> <span>${words.t("bookings.free")}</span> ${to}</p>`;
    const times = { date, ...row };
    return html`<button class="week-free" aria-label=${words.t(open ? "bookings.book_open_at" : "bookings.book_at", { day: dayWords(words, date), ...row })} @click=${() => this.#choose({ place: lab, times, may_manage: this.week?.may_manage ?? false })}>
      <span class="small">${row.start}–${row.end}</span> <span>${words.t("bookings.free")}</span> ${to}</button>`;
  }

  /** @param {import("./booking.js").Chosen} chosen */
  #choose(chosen) {
    this.chosen = chosen;
  }

  #closed() {
    this.chosen = null;
    this.sheet = "";
    void this.#ask();
  }

  /** @param {import("../text.js").Text} words */
  #openings(words) {
    const found = this.week?.openings ?? [];
    if (found.length === 0) return nothing;
    return html`<section class="card bookings-list" aria-labelledby="opened-title"><h3 id="opened-title">${words.t("bookings.opened")}</h3>
      <ul>${found.map((one) => html`<li><span>${dayWords(words, one.date)} ${one.start}–${one.end} · ${one.schools.join(", ") || words.t("bookings.to_all")}</span>
        ${this.week?.may_manage ? html`<button class="do" @click=${() => this.#do(words, () => api.withdraw(one.id))}>${words.t("bookings.withdraw")}</button>` : nothing}</li>`)}</ul></section>`;
  }

  /** @param {import("../text.js").Text} words */
  #offers(words) {
    if (this.offered.length === 0) return nothing;
    return html`<section class="card bookings-list" aria-labelledby="offered-title"><h3 id="offered-title">${words.t("bookings.offered")}</h3>
      <ul>${this.offered.map((one) => html`<li><span>${one.school} · ${one.lab} · ${dayWords(words, one.date)} ${one.start}–${one.end}</span>
        <button class="do" @click=${() => this.#choose({ place: one, times: { date: one.date, start: one.start, end: one.end }, may_manage: false })}>${words.t("bookings.book")}</button></li>`)}</ul></section>`;
  }

  /** @param {import("../text.js").Text} words @param {() => Promise<unknown>} deed */
  async #do(words, deed) {
    this.trouble = await deed().then(() => "", (error) => api.why(words, error));
    await this.#ask();
  }
}

await styled("bookings/bookings");
customElements.define("lk-bookings", LkBookings);
