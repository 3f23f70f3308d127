/** One alarm: what it means, what follows, what to do and by whom; and what people do with it. */
import { html, nothing } from "../vendor/lit.js";
import * as api from "./api.js";
import { advice, measured, placeInSchool, priorityMark, refusal, stateWord, unacknowledged } from "./names.js";
import "./curve.js";
import "./try.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { lessonOf } from "../labs.js";
import { TICK, WORDS } from "../store.js";

const MINUTE_MS = 60_000;
const SHELVES_MIN = [15, 45, 240, 1440];
const A_LESSON_MIN = 45;
const LONGEST_MS = (24 * 60 - 1) * MINUTE_MS; // a shelf of 24 h by this clock is to end within 24 h by the hub's

/** @typedef {"" | "curve" | "shelve" | "out" | "try"} Sheet */

class LkAlarmCard extends DeskElement {
  static properties = { alarm: { attribute: false }, rule: { attribute: false }, words: { attribute: false }, sheet: { state: true }, trouble: { state: true } };

  constructor() {
    super();
    this.alarm = /** @type {wire.Alarm} */ (/** @type {unknown} */ (undefined)); // set by the page
    this.rule = /** @type {wire.AlarmRule | undefined} */ (undefined);
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined));
    /** @type {Sheet} */
    this.sheet = "";
    this.trouble = "";
  }

  watched() {
    return [TICK, WORDS];
  }

  render() {
    const { alarm, rule, words } = this;
    const { text, store } = this.desk;
    const value = measured(this.desk, alarm, rule);
    return html`
      <article class="card alarm ${alarm.annunciated ? "calls" : ""}">
        <header><h3>${text.title(rule?.title, alarm.rule)}</h3>${priorityMark(words, alarm.priority)}</header>
        <p><strong>${placeInSchool(this.desk, words, alarm)}</strong>${value ? html` · ${words.t("alarm.at", { value })}` : nothing}</p>
        <p class="alarm-state">${stateWord(words, alarm)} · ${text.ago(Math.max(0, store.now() - alarm.raised_ms))} <span class="quiet">(${text.moment(alarm.raised_ms)})</span></p>
        ${rule ? html`<dl><dt>${words.t("alarm.consequence")}</dt><dd>${text.title(rule.consequence, "")}</dd>
          <dt>${words.t("alarm.response", { role: words.word("alarmrole", rule.role) ?? rule.role })}</dt>${[advice(this.desk, alarm), text.title(rule.response, "")].filter(Boolean).map((said) => html`<dd>${said}</dd>`)}</dl>` : nothing}
        ${this.#suppression()}
        <div class="alarm-deeds">${this.#deeds()}</div>
        <p role="status" class="alarm-trouble">${this.trouble ? html`${icon("warning")}${this.trouble}` : nothing}</p>
        ${this.#sheet()}
      </article>`;
  }

  #suppression() {
    const { words, alarm: { shelf, service, cause, suppression } } = this;
    const { text } = this.desk;
    if (shelf) return html`<p class="alarm-why">${icon("clock")}${words.t("alarm.shelved", { who: shelf.who, why: shelf.why, until: text.moment(shelf.until_ms) })}</p>`;
    if (service) return html`<p class="alarm-why">${icon("off")}${words.t("alarm.out", { who: [service.who, service.second].filter(Boolean).join(" + "), order: service.order })}</p>`;
    if (suppression === "suppressed_by_design") return html`<p class="alarm-why">${icon("off")}${words.t("alarm.hangs", { cause: words.word("alarmcause", cause ?? "") ?? cause ?? "" })}</p>`;
    return nothing;
  }

  #deeds() {
    const { alarm, words } = this;
    const act = (/** @type {"acknowledge" | "reset" | "unshelve" | "put-back"} */ what, /** @type {string} */ word, /** @type {string} */ style) =>
      html`<button class=${style} @click=${() => this.#done(api.act(what, [alarm]))}>${word}</button>`;
    return html`
      ${unacknowledged(alarm) ? act("acknowledge", words.t("alarm.acknowledge"), "primary") : nothing}
      ${alarm.core === "latched_ack" ? act("reset", words.t("alarm.reset"), "do") : nothing}
      ${alarm.point ? this.#opens("curve", words.t("alarm.curve")) : nothing}
      ${alarm.shelf ? act("unshelve", words.t("alarm.unshelve"), "do") : alarm.safety ? nothing : this.#opens("shelve", words.t("alarm.shelve"))}
      ${alarm.service ? act("put-back", words.t("alarm.put_back"), "do") : this.#opens("out", words.t("alarm.take_out"))}
      ${alarm.point ? this.#opens("try", words.t("alarm.try")) : nothing}`;
  }

  /** @param {Sheet} sheet @param {string} word */
  #opens(sheet, word) {
    const open = this.sheet === sheet;
    return html`<button class="segment" aria-expanded=${open} @click=${() => { this.sheet = open ? "" : sheet; }}>${word}</button>`;
  }

  #sheet() {
    const { words } = this;
    if (this.sheet === "curve") return this.rule ? html`<lk-alarm-curve .desk=${this.desk} .rule=${this.rule} .alarm=${this.alarm} .words=${words}></lk-alarm-curve>` : nothing;
    if (this.sheet === "try") return this.rule ? html`<lk-alarm-try .desk=${this.desk} .rule=${this.rule} .source=${this.alarm} .words=${words}></lk-alarm-try>` : nothing;
    if (this.sheet === "shelve") return html`
      <form class="alarm-form" @submit=${this.#shelve}>
        <label>${words.t("alarm.why")}<input name="why" required maxlength="200" autocomplete="off"></label>
        <label>${words.t("alarm.for")}<select name="until">${this.#ends()}</select></label>
        <button class="primary">${words.t("alarm.shelve")}</button></form>`;
    if (this.sheet === "out") return html`
      <form class="alarm-form" @submit=${this.#takeOut}>
        <label>${words.t("alarm.order")}<input name="order" required maxlength="200" autocomplete="off"></label>
        <button class="primary">${words.t("alarm.take_out")}</button>
        ${this.alarm.safety ? html`<p class="quiet small">${words.t("alarm.two_persons")}</p>` : nothing}</form>`;
    return nothing;
  }

  /** When a shelf may end: with the lesson that runs where the alarm is, or after so long; chosen is one lesson. */
  #ends() {
    const { words } = this;
    const { store, text } = this.desk;
    const now_ms = store.now();
    const lesson = lessonOf(store, this.alarm);
    const ends_ms = lesson && lesson.until_ms > now_ms ? lesson.until_ms : 0;
    return html`${ends_ms ? html`<option value=${`at ${ends_ms}`} selected>${words.t("alarm.until_lesson", { time: text.clock(ends_ms).slice(0, 5) })}</option>` : nothing}
      ${SHELVES_MIN.map((minutes) => html`<option value=${`for ${minutes * MINUTE_MS}`} ?selected=${!ends_ms && minutes === A_LESSON_MIN}>${minutes < 60 ? words.t("alarm.minutes", { count: minutes }) : words.t("alarm.hours", { count: minutes / 60 })}</option>`)}`;
  }

  /** @param {SubmitEvent} event */
  #shelve(event) {
    const { why, until } = given(event);
    const [how, ms] = until.split(" ");
    const now_ms = this.desk.store.now();
    const until_ms = Math.min(how === "at" ? Number(ms) : now_ms + Number(ms), now_ms + LONGEST_MS);
    void this.#done(api.shelve(this.alarm, why, until_ms));
  }

  /** @param {SubmitEvent} event */
  #takeOut(event) {
    void this.#done(api.takeOut(this.alarm, given(event).order));
  }

  /** @param {Promise<unknown>} asked */
  async #done(asked) {
    this.trouble = await asked.then(() => "", (error) => refusal(this.words, error));
    if (!this.trouble) this.sheet = "";
  }
}

/** @param {SubmitEvent} event @returns {Record<string, string>} */
function given(event) {
  event.preventDefault();
  return Object.fromEntries([...new FormData(/** @type {HTMLFormElement} */ (event.target))].map(([name, value]) => [name, String(value)]));
}

customElements.define("lk-alarm-card", LkAlarmCard);
