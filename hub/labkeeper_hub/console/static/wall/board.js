/** The projector wall: lesson and time left, what is stopped, alarms, and the room's figures, to be read from the last row. */
import { LitElement, html, nothing } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { pointName, valueWord } from "../names.js";
import { sign } from "../units.js";

const MINUTE_MS = 60_000;
const LOST_MS = 3_000;

/** Each priority has a shape of its own, as everywhere. @param {wire.Priority} priority */
const priorityIcon = (priority) => icon(/** @type {const} */ ({ high: "halt", medium: "warning", low: "clock" })[priority] ?? "clock");

export class LkWall extends LitElement {
  static properties = { words: { attribute: false }, text: { attribute: false }, state: { state: true }, told: { state: true } };

  #heard_ms = performance.now();
  #ahead_ms = 0;

  constructor() {
    super();
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined)); // set before it is shown
    this.text = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined));
    /** @type {"loading" | "shown" | "ended" | "sign_in" | "unknown"} */
    this.state = "loading";
    /** @type {wire.Wall | null} */
    this.told = null;
    /** @type {(language: import("../preferences.js").Language) => void} */
    this.speak = () => {};
  }

  createRenderRoot() {
    return this;
  }

  /** @param {wire.Wall} told */
  heard(told) {
    this.#heard_ms = performance.now();
    this.#ahead_ms = told.server_ms - Date.now();
    this.told = told;
    this.state = "shown";
  }

  /** @param {"ended" | "sign_in" | "unknown"} why */
  refused(why) {
    this.#heard_ms = performance.now();
    this.told = null; // what one may not see any more is not left standing
    this.state = why;
  }

  restart() {
    this.told = null;
    this.state = "loading";
  }

  get #lost() {
    return performance.now() - this.#heard_ms > LOST_MS;
  }

  get #now_ms() {
    return Date.now() + this.#ahead_ms;
  }

  render() {
    if (!this.words) return nothing;
    const { told, words } = this;
    document.documentElement.toggleAttribute("data-link-lost", this.#lost);
    if (!told) return html`${this.#bar("Labkeeper")}${this.#link()}<main><p class="wall-nothing">${this.#why()}</p></main>`;
    return html`
      ${this.#bar(this.text.title(told.lab.title, told.lab.lab), told)}
      ${this.#link()}${this.#stop(told)}
      <main class="wall">
        ${this.#lesson(told)}${this.#alarms(told)}
        <section class="wall-figures" aria-label=${words.t("wall.figures")}>
          ${told.figures.length ? told.figures.map((one) => this.#figure(one)) : html`<p class="wall-nothing">${words.t("wall.none")}</p>`}</section>
      </main>`;
  }

  #why() {
    const { words } = this;
    if (this.state === "sign_in") return html`${words.t("wall.sign_in")} <a href="/">${words.t("wall.to_sign_in")}</a>`;
    if (this.state === "ended") return words.t("wall.ended");
    return words.t(this.state === "unknown" ? "wall.unknown" : "wall.loading");
  }

  /** @param {string} name @param {wire.Wall} [told] */
  #bar(name, told) {
    const other = this.words.language === "zh" ? /** @type {const} */ (["en", "English"]) : /** @type {const} */ (["zh", "中文"]);
    const several = told && told.labs.length > 1; // then the name is what one chooses
    return html`<header class="wall-bar"><h1 class=${several ? "unseen" : ""}>${name}</h1>${told && several ? this.#labs(told) : nothing}
      <button class="plain" lang=${other[0] === "zh" ? "zh-CN" : "en"} @click=${() => this.speak(other[0])}>${other[1]}</button>
      ${told ? html`<time>${this.text.clock(this.#now_ms).slice(0, 5)}</time>` : nothing}</header>`;
  }

  /** @param {wire.Wall} told */
  #labs({ labs, lab }) {
    const choose = (/** @type {Event} */ event) => { location.hash = /** @type {HTMLSelectElement} */ (event.target).value; };
    return html`<select aria-label=${this.words.t("wall.lab")} @change=${choose}>${labs.map((one) => html`
      <option value=${`#/${encodeURIComponent(one.school)}/${encodeURIComponent(one.lab)}`} ?selected=${one.school === lab.school && one.lab === lab.lab}>${this.text.title(one.title, one.lab)}</option>`)}</select>`;
  }

  #link() {
    return this.#lost ? html`<p class="wall-band lost" role="status">${icon("warning")}${this.words.t("wall.lost")}</p>` : nothing;
  }

  /** @param {wire.Wall} told */
  #stop({ stopped_ms }) {
    if (stopped_ms === null) return nothing;
    return html`<p class="wall-band halted" role="status">${icon("halt")}<span><strong>${this.words.t("wall.stopped")}</strong> ${this.words.t("wall.wait")}</span></p>`;
  }

  /** @param {wire.Wall} told */
  #lesson({ lesson }) {
    const { words } = this;
    if (!lesson) return html`<section class="wall-lesson none"><p>${words.t("wall.no_lesson")}</p></section>`;
    const left_ms = Math.max(0, lesson.until_ms - this.#now_ms);
    const [left, unit] = left_ms < MINUTE_MS ? [Math.ceil(left_ms / 1_000), words.t("wall.seconds")] : [Math.ceil(left_ms / MINUTE_MS), words.t("wall.minutes")];
    return html`
      <section class="wall-lesson"><p>${words.t(lesson.ending ? "wall.ending" : "wall.lesson")}</p>
        <p class="wall-left"><strong>${left}</strong> ${unit}</p>
        <progress max=${lesson.until_ms - lesson.started_ms} value=${left_ms} aria-label=${words.t("wall.left")}></progress>
        <p class="quiet">${words.t("wall.until", { time: this.text.clock(lesson.until_ms).slice(0, 5) })}</p></section>`;
  }

  /** @param {wire.Wall} told */
  #alarms({ alarms, alarms_total }) {
    if (alarms.length === 0) return nothing;
    const more = alarms_total - alarms.length;
    return html`
      <section class="wall-alarms" aria-label=${this.words.t("wall.alarms")}><ul>${alarms.map((one) => this.#alarm(one))}
        ${more > 0 ? html`<li class="quiet">${this.words.t("wall.more", { count: more })}</li>` : nothing}</ul></section>`;
  }

  /** @param {wire.WallAlarm} one */
  #alarm(one) {
    return html`<li class="wall-alarm ${one.acknowledged ? "" : "calls"}">${priorityIcon(one.priority)}<span><strong>${this.text.title(one.title, one.rule)}</strong>
      <span>${[this.text.title(one.device, ""), one.acknowledged ? this.words.t("wall.acknowledged") : ""].filter(Boolean).join(" · ")}</span></span></li>`;
  }

  /** @param {wire.WallFigure} one */
  #figure(one) {
    const { text, words } = this;
    const device = /** @type {wire.Device} */ (/** @type {unknown} */ ({ points: [one.point] }));
    const old = one.old || this.#lost;
    return html`
      <article class="wall-figure ${old ? "old" : ""}"><h2>${pointName(text, device, one.point)}</h2>
        <p class="wall-value">${valueWord(text, one.point, one.value)}<span class="unit"> ${sign(one.point.unit)}</span></p>
        <p class="quiet">${old ? html`${icon("warning")} ${words.t("wall.old", { ago: text.ago(this.#now_ms - one.time_ms) })}` : text.title(one.device, "")}</p></article>`;
  }
}

customElements.define("lk-wall", LkWall);
