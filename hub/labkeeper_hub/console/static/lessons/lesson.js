/** The sheet of a lesson: its teacher prolongs or ends it, and sees first what ending switches off; others take over. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { pointKey, deviceKey } from "../keys.js";
import { leaseOf, lessonOf } from "../labs.js";
import { at, filedUnder, pointWords, post, said, scenesOf } from "./api.js";
import { valueWithUnit } from "../names.js";
import { LEASES, TICK, WORDS } from "../store.js";
import { styled } from "../styled.js";
import { openSheet } from "../sheet/sheet.js";

const LESSON_S = 45 * 60;
const MORE_S = [15 * 60, LESSON_S];

class LkLesson extends DeskElement {
  static properties = { lab: { attribute: false }, closing: { state: true }, filed: { state: true }, trouble: { state: true }, busy: { state: true } };

  constructor() {
    super();
    this.lab = /** @type {import("../labs.js").LabView} */ (/** @type {unknown} */ (undefined)); // set by the bar
    /** What the closing scene wishes; null: not known yet. @type {wire.Wish[] | null} */
    this.closing = null;
    /** The class and the course, as the timetable said or somebody since. */
    this.filed = "";
    this.trouble = false;
    this.busy = false;
  }

  watched() {
    return [LEASES, TICK, WORDS];
  }

  async firstUpdated() {
    openSheet(this.#dialog);
    void filedUnder(this.lab).then((filed) => { this.filed = filed; });
    this.closing = (await scenesOf(this.lab)).find((one) => one.name === "end")?.wishes ?? [];
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
  }

  render() {
    const words = said(this.desk.text);
    const lesson = lessonOf(this.desk.store, this.lab);
    const own = lesson?.teacher === this.desk.store.person;
    return html`
      <dialog class="sheet lesson-sheet" aria-labelledby="lesson-title" @close=${this.#closed}>
        <div>
          <div class="lesson-head"><h2 id="lesson-title">${words.t(own ? "lessons.title" : "lessons.take_over_title")}</h2>
            <button class="round" aria-label=${words.t("lessons.close")} @click=${() => this.#dialog.close()}>${icon("close")}</button></div>
          ${lesson && own ? this.#own(words, lesson) : this.#others(words, lesson)}
          <p class="lesson-trouble" role="status">${this.trouble ? words.t("lessons.refused") : nothing}</p>
        </div>
      </dialog>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.Lesson} lesson */
  #own(words, lesson) {
    return html`
      ${this.filed ? html`<p>${words.t("lessons.filed", { what: this.filed })}</p>` : nothing}
      <section><h3>${words.t("lessons.until", { time: this.desk.text.clock(lesson.until_ms).slice(0, 5) })}</h3>
        <div class="lesson-row">${MORE_S.map((more_s) => html`<button class="do" ?disabled=${this.busy} @click=${() => this.#prolong(lesson, more_s)}>${words.t("lessons.more", { minutes: more_s / 60 })}</button>`)}</div></section>
      <section><h3>${words.t("lessons.will")}</h3>${this.#willSwitch(words)}
        <button class="primary" ?disabled=${this.busy} @click=${() => this.#send("/lesson/end")}>${words.t("lessons.end")}</button>
        <p class="quiet small">${words.t("lessons.end_undo")}</p></section>`;
  }

  /** Only what ending changes, or may change: unknown is not off. @param {import("../text.js").Text} words */
  #willSwitch(words) {
    if (!this.closing) return html`<p class="quiet">${words.t("lessons.looking")}</p>`;
    const { store } = this.desk;
    const wishes = this.closing.filter((wish) => store.latest.get(pointKey(wish))?.value !== wish.value);
    if (wishes.length === 0) return html`<p class="quiet">${words.t("lessons.nothing")}</p>`;
    return html`<ul class="lesson-list">${wishes.map((wish) => html`<li><span>${pointWords(this.desk, wish)}</span><strong>${this.#value(wish)}</strong></li>`)}</ul>`;
  }

  /** @param {wire.Wish} wish */
  #value(wish) {
    const point = this.desk.store.devices.get(deviceKey(wish))?.points.find((one) => one.point === wish.point);
    return point ? valueWithUnit(this.desk.text, point, wish.value) : String(wish.value);
  }

  /** @param {import("../text.js").Text} words @param {wire.Lesson | undefined} lesson */
  #others(words, lesson) {
    const lease = leaseOf(this.desk.store, this.lab);
    const who = this.desk.store.who(lesson?.teacher ?? lease?.holder ?? "");
    return html`
      ${lease ? this.#ask(words, who, lease) : nothing}
      <form @submit=${this.#takeOver}>
        <p>${words.t("lessons.take_over_meaning", { who })}</p>
        <label>${words.t("lessons.reason")}<input name="reason" required maxlength="500" autocomplete="off"></label>
        <button class="do" ?disabled=${this.busy}>${words.t("lessons.take_over")}</button>
      </form>`;
  }

  /** Ask first: they see it at once and give the lab or keep it. @param {import("../text.js").Text} words @param {string} who @param {wire.Lease} lease */
  #ask(words, who, lease) {
    const mine = lease.asks.find((one) => one.by === this.desk.store.person);
    const left = mine ? Math.max(0, Math.ceil((mine.until_ms - this.desk.store.now()) / 1_000)) : 0;
    const said = mine && words.t(/** @type {const} */ ({ open: "lessons.asked", kept: "lessons.kept", unanswered: "lessons.unanswered" })[mine.state], { who, left });
    return html`
      <section><p>${words.t("lessons.ask_meaning", { who })}</p>
        <button class="primary" ?disabled=${this.busy || Boolean(mine)} @click=${() => this.#send("/lesson/ask", { for_s: LESSON_S }, true)}>${words.t("lessons.ask", { who })}</button>
        <p role="status" class="lesson-asked">${said ?? nothing}</p></section>`;
  }

  /** @param {wire.Lesson} lesson @param {number} more_s */
  #prolong(lesson, more_s) {
    const left_s = Math.max(0, Math.ceil((lesson.until_ms - this.desk.store.now()) / 1_000));
    return this.#send("/lesson/prolong", { for_s: left_s + more_s });
  }

  /** @param {SubmitEvent} event */
  #takeOver(event) {
    event.preventDefault();
    const reason = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("reason")).trim();
    if (reason) void this.#send("/lesson/take-over", { for_s: LESSON_S, reason });
  }

  /** @param {string} path @param {object} [body] @param {boolean} [stays] the sheet does */
  async #send(path, body, stays = false) {
    this.busy = true;
    const answer = await post(at(this.lab, path), body);
    this.busy = false;
    this.trouble = !answer?.ok;
    if (answer?.ok && !stays) this.#dialog.close();
  }

  #closed() {
    this.dispatchEvent(new CustomEvent("closed"));
  }
}

await styled("lessons/lessons");
customElements.define("lk-lesson", LkLesson);
