/** What the last action and the lesson's own scenes came to, over whatever page one is on; with ten seconds to undo it. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { lessonOf } from "../labs.js";
import { act, at, countWords, post, said } from "./api.js";
import { ASKED, LEASES, LINK, TICK, WORDS } from "../store.js";
import { styled } from "../styled.js";

const SHOWN_MS = 10_000;
const UNDO = "/api/v1/actions";

/** What an action came to: null, if nobody could be asked. `undo` brings back what was. @typedef {{title: string, count: wire.Count | null, undo: wire.Wish[], until_ms: number}} Result */

class LkResult extends DeskElement {
  static properties = { lab: { attribute: false }, result: { state: true } };

  #lastSeen = "";
  /** One's own lesson whose end can still be undone. @type {wire.Lesson | null} */
  #ending = null;
  /** @type {Element | null} */
  #page = null;

  constructor() {
    super();
    /** @type {import("../labs.js").LabView | null} */
    this.lab = null;
    /** @type {Result | null} */
    this.result = null;
  }

  watched() {
    return [ASKED, LEASES, LINK, TICK, WORDS];
  }

  connectedCallback() {
    super.connectedCallback();
    this.#page = this.closest("lk-app");
    this.#page?.addEventListener("acted", this.#heard);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#page?.removeEventListener("acted", this.#heard);
  }

  /** One's own in the lab of the bar. */
  get #lesson() {
    const lesson = lessonOf(this.desk.store, this.lab);
    return lesson?.teacher === this.desk.store.person ? lesson : undefined;
  }

  /** The opening and the closing scene run in the hub: what they came to is told with the lesson. */
  willUpdate() {
    const lesson = this.#lesson;
    const last = lesson?.last;
    const told = last ? `${lesson.name} ${JSON.stringify(last)}` : "";
    if (last && told !== this.#lastSeen) this.#show(this.#lessonWords(last), last, []);
    if (told) this.#lastSeen = told;
    if (lesson?.phase === "ending") this.#ending = lesson;
    else if (this.#ending) this.#follow(this.#ending);
  }

  /** Whatever page one is on by then, and whichever lab one looks at. @param {wire.Lesson} ending */
  #follow({ name, last }) {
    const now = this.desk.store.lessons.find((one) => one.name === name);
    this.#ending = now?.phase === "ending" ? now : null;
    if (!now && last) this.#show(said(this.desk.text).t("lessons.over"), last, []);
  }

  /** @param {wire.Count} last */
  #lessonWords({ scene }) {
    const words = said(this.desk.text);
    return words.t(scene === "begin" ? "lessons.on" : scene === "end" ? "lessons.closed" : "lessons.goes_on");
  }

  /** @param {string} title @param {wire.Count | null} count @param {wire.Wish[]} undo */
  #show(title, count, undo) {
    this.result = { title, count, undo, until_ms: this.desk.store.now() + SHOWN_MS };
  }

  #heard = (/** @type {Event} */ event) => {
    const { title, outcome } = /** @type {CustomEvent<{title: string, outcome: wire.Outcome | null}>} */ (event).detail;
    this.#show(title, outcome, outcome?.undo ?? []);
  };

  render() {
    const lesson = this.#lesson;
    return html`<div class="result-place" role="status">${lesson?.phase === "ending" ? this.#ends(lesson) : this.#result()}</div>`;
  }

  /** @param {wire.Lesson} lesson */
  #ends(lesson) {
    const words = said(this.desk.text);
    const left = Math.max(0, Math.ceil(((lesson.ending_ms ?? 0) - this.desk.store.now()) / 1_000));
    const undo = () => post(at({ key: `${lesson.school}/${lesson.lab}` }, "/lesson/undo"));
    return html`<div class="result">${icon("clock")}<p><strong>${words.t("lessons.ending", { left })}</strong> ${lesson.last ? countWords(this.desk, lesson.last) : nothing}</p>
      <button class="do" @click=${undo}>${words.t("lessons.undo")}</button></div>`;
  }

  /** What is all confirmed goes by itself; what is not stays until somebody has seen it. */
  #result() {
    const { result } = this;
    if (!result) return nothing;
    const words = said(this.desk.text);
    const { count } = result;
    const over = this.desk.store.now() >= result.until_ms;
    const whole = count !== null && count.missed.length === 0;
    if (over && whole) return nothing;
    const close = () => { this.result = null; };
    return html`<div class="result ${whole ? "" : "warn"}">${icon(whole ? "check" : "warning")}
      <p><strong>${result.title}</strong> ${count ? countWords(this.desk, count) : words.t("lessons.refused")}</p>
      ${!over && result.undo.length ? html`<button class="do" @click=${() => this.#undo(result)}>${words.t("lessons.undo")}</button>` : nothing}
      <button class="round" aria-label=${words.t("lessons.close")} @click=${close}>${icon("close")}</button></div>`;
  }

  /** @param {Result} result */
  async #undo(result) {
    this.result = null;
    const outcome = await act(UNDO, { wishes: result.undo });
    this.#show(said(this.desk.text).t("lessons.undone", { title: result.title }), outcome, []);
  }
}

await styled("lessons/lessons");
customElements.define("lk-result", LkResult);
