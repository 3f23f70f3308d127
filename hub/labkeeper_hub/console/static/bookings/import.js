/** A timetable's file, taken in by two presses: first what it would change and what is in its way, then the change. */
import { openSheet } from "../sheet/sheet.js";
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import * as api from "./api.js";
import { said } from "./api.js";
import { WORDS } from "../store.js";

const KINDS = /** @type {const} */ ({ added: "bookings.added", changed: "bookings.changed", removed: "bookings.removed" });
const MOST_BYTES = 2_000_000;

/** What spreadsheets write: UTF-8, or GB18030 where a Chinese Windows saved it. @param {ArrayBuffer} bytes */
function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

class LkImport extends DeskElement {
  static properties = { school: { attribute: false }, file: { state: true }, found: { state: true }, trouble: { state: true }, busy: { state: true }, over: { state: true } };

  constructor() {
    super();
    this.school = "";
    /** @type {{name: string, format: "csv" | "ics", text: string} | null} */
    this.file = null;
    /** What the hub says it comes to. @type {wire.ImportAnswer | null} */
    this.found = null;
    this.trouble = "";
    this.busy = false;
    this.over = false;
  }

  watched() {
    return [WORDS];
  }

  firstUpdated() {
    openSheet(this.#dialog);
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
  }

  render() {
    const words = said(this.desk.text);
    return html`
      <dialog class="sheet booking-sheet is-wide" aria-labelledby="import-title" @close=${() => this.dispatchEvent(new CustomEvent("closed"))}>
        <div>
          <div class="booking-head"><h2 id="import-title">${words.t("bookings.import")}</h2>
            <button class="round" aria-label=${words.t("bookings.close")} @click=${() => this.#dialog.close()}>${icon("close")}</button></div>
          <p class="quiet small">${words.t("bookings.import_meaning")}</p>
          <label class="import-drop ${this.over ? "is-over" : ""}" @dragover=${this.#drag} @dragleave=${() => { this.over = false; }} @drop=${this.#drop}>
            <span>${this.file ? this.file.name : words.t("bookings.choose_file")}</span>
            <input type="file" accept=".csv,.ics,.txt,text/csv,text/calendar" @change=${this.#chosen}></label>
          <div aria-live="polite">${this.busy ? html`<p class="quiet">${words.t("bookings.reading")}</p>` : this.found ? this.#outcome(words, this.found) : nothing}</div>
          <p class="bookings-trouble" role="status">${this.trouble}</p>
        </div>
      </dialog>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.ImportAnswer} found */
  #outcome(words, found) {
    const { added, changed, removed, kept, first } = found.changes;
    const wrong = found.faults.length + found.conflicts.length > 0;
    if (found.taken) return html`<p class="booking-clear">${icon("check")}${words.t("bookings.taken_in", { added, changed, removed })}</p>`;
    if (wrong) return html`<p class="booking-not">${icon("warning")}${words.t("bookings.not_taken")}</p>${this.#wrong(words, found)}`;
    if (first.length === 0) return html`<p class="booking-clear">${icon("check")}${words.t("bookings.same", { kept })}</p>`;
    return html`
      <p><strong>${words.t("bookings.would", { added, changed, removed, kept })}</strong></p>
      <ul class="import-list">${first.map((one) => this.#difference(words, one))}</ul>
      <button class="primary" ?disabled=${this.busy} @click=${() => this.#ask(false)}>${words.t("bookings.take_in")}</button>`;
  }

  /** Each fault with its row, each conflict with the rows it is about. @param {import("../text.js").Text} words @param {wire.ImportAnswer} found */
  #wrong(words, { faults, conflicts }) {
    const zh = this.desk.text.language === "zh";
    const row = (/** @type {number[]} */ rows) => (rows.length ? words.t("bookings.row", { n: rows.join(zh ? "、" : ", ") }) : "");
    return html`<ul class="import-list">
      ${faults.map((one) => html`<li><strong>${[row([one.row]), one.column].filter(Boolean).join(" · ")}</strong> <span>${zh ? one.zh : one.en}</span></li>`)}
      ${conflicts.map((one) => html`<li>${one.rows.length ? html`<strong>${row(one.rows)}</strong> ` : nothing}<span>${zh ? one.zh : one.en}</span></li>`)}</ul>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.ImportDifference} one */
  #difference(words, { kind, now, was }) {
    return html`<li class="is-${kind}"><strong>${words.t(KINDS[kind])}</strong> <span>${this.#slot(words, now ?? was)}</span>
      ${kind === "changed" ? html`<span class="quiet small">${words.t("bookings.was", { what: this.#slot(words, was) })}</span>` : nothing}</li>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.ImportSlot | null} slot */
  #slot(words, slot) {
    if (!slot) return "";
    const day = slot.date ?? new Intl.DateTimeFormat(words.locale, { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2024, 0, slot.day ?? 1)); // 2024 began on a Monday
    const weeks = slot.weeks ? words.t("bookings.in_weeks", { weeks: this.desk.text.language === "zh" ? slot.weeks.replaceAll("odd", "单").replaceAll("even", "双") : slot.weeks }) : "";
    return [slot.lab, `${day} ${slot.start}–${slot.end}`, weeks, slot.class_name, slot.course, slot.who, slot.starts ? words.t("bookings.starts") : ""].filter(Boolean).join(" · ");
  }

  /** @param {DragEvent} event */
  #drag(event) {
    event.preventDefault();
    this.over = true;
  }

  /** @param {DragEvent} event */
  #drop(event) {
    event.preventDefault();
    this.over = false;
    void this.#take(event.dataTransfer?.files[0]);
  }

  /** @param {Event} event */
  #chosen(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    void this.#take(input.files?.[0]);
    input.value = ""; // the same file can be chosen again when it has been mended
  }

  /** @param {File | undefined} file */
  async #take(file) {
    if (!file) return;
    [this.found, this.trouble] = [null, ""];
    if (file.size > MOST_BYTES) {
      this.trouble = said(this.desk.text).t("bookings.too_big");
      return;
    }
    const text = decoded(await file.arrayBuffer());
    const format = /\.ics$/i.test(file.name) || text.trimStart().startsWith("BEGIN:VCALENDAR") ? "ics" : "csv";
    this.file = { name: file.name, format, text };
    await this.#ask(true);
  }

  /** @param {boolean} check only look */
  async #ask(check) {
    if (!this.file) return;
    const asked = this.file;
    this.busy = true;
    const found = await api.takeIn(this.school, { format: asked.format, text: asked.text, check }).catch((error) => error);
    this.busy = false;
    if (asked !== this.file) return; // another one was chosen meanwhile
    this.found = found instanceof Error ? null : found;
    this.trouble = found instanceof Error ? api.why(said(this.desk.text), found) : "";
  }
}

customElements.define("lk-import", LkImport);
