/** The sheet of a lesson: its teacher prolongs or ends it, and sees first what ending switches, or does not; others take over. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { pointKey, deviceKey } from "../keys.js";
import { leaseOf, lessonOf } from "../labs.js";
import { act, at, CLOSING, filedUnder, OPENING, pointWords, post, said, scenesOf } from "./api.js";
import { valueWithUnit } from "../names.js";
import { LEASES, STOPS, TICK, WORDS } from "../store.js";
import { isGood } from "../tiles/view.js";
import { styled } from "../styled.js";
import { openSheet } from "../sheet/sheet.js";

const LESSON_S = 45 * 60;
const MORE_S = [15 * 60, LESSON_S];

class LkLesson extends DeskElement {
  static properties = { lab: { attribute: false }, scenes: { state: true }, filed: { state: true }, trouble: { state: true }, busy: { state: true } };

  constructor() {
    super();
    this.lab = /** @type {import("../labs.js").LabView} */ (/** @type {unknown} */ (undefined)); // set by the bar
    /** null: not known yet. @type {wire.Scene[] | null} */
    this.scenes = null;
    /** The class and the course, as the timetable said or somebody since. */
    this.filed = "";
    this.trouble = false;
    this.busy = false;
  }

  watched() {
    return [LEASES, STOPS, TICK, WORDS];
  }

  async firstUpdated() {
    openSheet(this.#dialog);
    void filedUnder(this.lab).then((filed) => { this.filed = filed; });
    this.scenes = await scenesOf(this.lab);
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
      ${this.#opening(words)}
      <section><h3>${words.t(this.#stopped ? "lessons.stopped" : "lessons.will")}</h3>${this.#ending(words)}
        <button class="primary" ?disabled=${this.busy} @click=${() => this.#send("/lesson/end")}>${words.t("lessons.end")}</button>
        <p class="quiet small">${words.t("lessons.end_undo")}</p></section>`;
  }

  get #stopped() {
    return this.desk.store.stops.some((one) => one.school === this.lab.school);
  }

  /** @param {string} name */
  #wishes(name) {
    return this.scenes?.find((one) => one.name === name)?.wishes ?? [];
  }

  /** After a stop nothing starts by itself: the opening scene can be run again. @param {import("../text.js").Text} words */
  #opening(words) {
    if (this.#wishes(OPENING).length === 0) return nothing;
    return html`<section><h3>${words.t("lessons.opening")}</h3>
      ${this.#stopped ? html`<p class="quiet">${words.t("lessons.opening_later")}</p>` : html`<div class="lesson-row"><button class="do" ?disabled=${this.busy} @click=${() => this.#open(words)}>${words.t("lessons.open_again")}</button></div>`}</section>`;
  }

  /** @param {import("../text.js").Text} words */
  async #open(words) {
    this.busy = true;
    const outcome = await act(at(this.lab, `/scenes/${OPENING}`));
    this.busy = false;
    this.dispatchEvent(new CustomEvent("acted", { bubbles: true, detail: { title: words.t("lessons.opening"), outcome } }));
    this.#dialog.close();
  }

  /** Only what ending changes, or may change: unknown is not off. While everything is stopped that stays as it is. @param {import("../text.js").Text} words */
  #ending(words) {
    if (!this.scenes) return html`<p class="quiet">${words.t("lessons.looking")}</p>`;
    const { latest } = this.desk.store;
    const wishes = this.#wishes(CLOSING).filter((wish) => !isGood(latest.get(pointKey(wish))) || latest.get(pointKey(wish))?.value !== wish.value);
    const stopped = this.#stopped;
    if (wishes.length === 0) return html`<p class="quiet">${words.t(stopped ? "lessons.stopped_all" : "lessons.nothing")}</p>`;
    return html`${stopped ? html`<p>${words.t("lessons.stopped_why")}</p>` : nothing}
      <ul class="lesson-list">${wishes.map((wish) => html`<li><span>${pointWords(this.desk, wish)}</span><strong>${stopped ? this.#stays(words, wish) : this.#value(wish, wish.value)}</strong></li>`)}</ul>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.Wish} wish */
  #stays(words, wish) {
    const now = this.desk.store.latest.get(pointKey(wish));
    return isGood(now) ? words.t("lessons.stays", { value: this.#value(wish, now.value) }) : words.t("lessons.unknown");
  }

  /** @param {wire.PointId} id @param {wire.Value} value */
  #value(id, value) {
    const point = this.desk.store.devices.get(deviceKey(id))?.points.find((one) => one.point === id.point);
    return point ? valueWithUnit(this.desk.text, point, value) : String(value);
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
