/** PE classes of a lab: the board while one is on, and who is in them. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { pageIcon } from "../signs.js";
import * as api from "./api.js";
import { boardOf } from "./board.js";
import "./roster.js";
import { styled } from "../styled.js";
import { wordsOf } from "../words.js";

const STALE_MS = 3_000;
const LOOK_EVERY_MS = 1_000;

class LkPe extends DeskElement {
  static properties = { lab: { attribute: false }, words: { state: true }, board: { state: true }, classes: { state: true }, chosen: { state: true }, stale: { state: true }, said: { state: true } };

  #leave = () => {};
  #heard_ms = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #looking;

  constructor() {
    super();
    /** @type {import("../labs.js").LabView | null} */
    this.lab = null;
    /** @type {import("../text.js").Text | null} */
    this.words = null;
    /** undefined: not heard yet. @type {import("./api.js").Board | null | undefined} */
    this.board = undefined;
    /** @type {import("./api.js").Roster[]} */
    this.classes = [];
    this.chosen = "";
    this.stale = false;
    this.said = "";
  }

  connectedCallback() {
    super.connectedCallback();
    this.#looking = setInterval(() => { this.stale = Date.now() - this.#heard_ms > STALE_MS; }, LOOK_EVERY_MS);
    if (this.lab) this.#listen();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#looking);
    this.#leave();
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    const { language } = this.desk.text;
    if (this.words?.language !== language) void wordsOf("pe", language).then((words) => (this.words = words), () => {});
    const before = /** @type {import("../labs.js").LabView | null | undefined} */ (changed.get("lab"));
    if (changed.has("lab") && before?.key !== this.lab?.key) this.#listen();
  }

  #listen() {
    this.#leave();
    if (!this.lab) return;
    this.board = undefined;
    this.#heard_ms = Date.now();
    this.#leave = api.listen(this.#place, (board) => {
      this.board = board;
      this.#heard_ms = Date.now();
    });
    void this.#ask();
  }

  get #place() {
    const { school, lab } = /** @type {import("../labs.js").LabView} */ (this.lab);
    return { school, lab };
  }

  async #ask() {
    this.classes = await api.classes(this.#place).catch(() => []);
  }

  render() {
    const { words, lab, board, desk } = this;
    if (!words || !lab) return nothing;
    return html`
      <section class="pe" aria-labelledby="pe-title">
        <header>
          <a class="round" href="#/" aria-label=${desk.text.t("chart.back")}>${pageIcon("back")}</a>
          <h2 id="pe-title">${words.t("pe.title")}${board ? html` <span class="pe-code">${board.code}</span>` : nothing}</h2>
          ${board ? html`<button class="do" @click=${() => this.#do(() => api.end(this.#place))}>${words.t("pe.end")}</button>` : nothing}
        </header>
        <p role="status" class="pe-said">${this.said}</p>
        ${board ? boardOf(board, words, this.stale, (number) => this.#do(() => api.seen(this.#place, number))) : this.#choice(words)}
        <p class="quiet small">${words.t("pe.not_medical")}</p>
      </section>`;
  }

  /** @param {import("../text.js").Text} words */
  #choice(words) {
    if (this.board === undefined) return html`<p class="quiet" role="status">${words.t(this.stale ? "pe.stale" : "pe.looking")}</p>`;
    const roster = this.classes.find((one) => one.code === this.chosen) ?? null;
    return html`
      <div class="card pe-choice">
        <div class="segments wide" role="group" aria-label=${words.t("pe.classes")}>
          ${this.classes.map((one) => this.#one(one.code, one.code))} ${this.#one("", words.t("pe.new"))}</div>
        ${roster ? html`<button class="primary" @click=${() => this.#do(() => api.start(this.#place, roster.code))}>${words.t("pe.start", { code: roster.code })}</button>` : nothing}
        <lk-pe-roster .desk=${this.desk} .words=${words} .place=${this.#place} .roster=${roster} @changed=${() => this.#ask()}></lk-pe-roster>
      </div>`;
  }

  /** @param {string} code @param {string} word */
  #one(code, word) {
    return html`<button class="segment" aria-pressed=${this.chosen === code} @click=${() => { this.chosen = code; }}>${word}</button>`;
  }

  /** @param {() => Promise<unknown>} deed */
  async #do(deed) {
    const words = /** @type {import("../text.js").Text} */ (this.words);
    this.said = await deed().then(() => "", (error) => words.word("pe", `refused.${error.message}`) ?? words.t("pe.refused"));
  }
}

await styled("pe/pe");
customElements.define("lk-pe", LkPe);
