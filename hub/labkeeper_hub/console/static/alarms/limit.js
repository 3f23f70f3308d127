/** A limit set for a school or a lab: where, what, and why; who it was is known from the sign-in. */
import { html, nothing } from "../vendor/lit.js";
import * as api from "./api.js";
import { CHANGES, SLOWLY, levelsAt, valueOf } from "./curve.js";
import { compared, placeName, refusal, seenByHub } from "./names.js";
import { DeskElement } from "../element.js";
import { WORDS } from "../store.js";
import { sign } from "../units.js";

/** Delays are typed in seconds. @param {string} what */
const scale = (what) => (what.endsWith("_ms") ? 1000 : 1);

class LkAlarmLimit extends DeskElement {
  static properties = { rule: { attribute: false }, places: { attribute: false }, words: { attribute: false }, chosen: { state: true }, off: { state: true }, more: { state: true }, trouble: { state: true }, asking: { state: true } };

  constructor() {
    super();
    this.rule = /** @type {wire.AlarmRule} */ (/** @type {unknown} */ (undefined)); // set by who shows it
    /** @type {wire.AlarmPlace[]} */
    this.places = [];
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined));
    this.chosen = 0;
    this.off = false;
    /** Whether somebody has looked at delays and deadbands: then they are sent, too. */
    this.more = false;
    this.trouble = "";
    this.asking = false;
  }

  watched() {
    return [WORDS];
  }

  get #place() {
    return /** @type {wire.AlarmPlace} */ (this.places[this.chosen] ?? this.places[0]);
  }

  get #off() {
    return this.off || seenByHub(this.rule);
  }

  /** The levels as they would be there without what was set for this very place. */
  get #before() {
    const { school, lab } = this.#place;
    const others = this.rule.overrides.filter((one) => one.at_ms === null || one.school !== school || one.lab !== lab);
    return levelsAt({ ...this.rule, overrides: others }, this.#place);
  }

  render() {
    const { words, rule } = this;
    const safety = rule.class === "safety";
    const off = this.#off;
    return html`<form class="alarm-form" @submit=${this.#set}>
        <label>${words.t("alarm.where")}<select @change=${(/** @type {Event} */ event) => { this.chosen = /** @type {HTMLSelectElement} */ (event.target).selectedIndex; }}>${this.places.map((place) => html`<option>${placeName(this.desk, words, place)}</option>`)}</select></label>
        ${safety ? nothing : html`<button type="button" class="segment" aria-pressed=${off} ?disabled=${seenByHub(rule)} @click=${() => { this.off = !this.off; }}>${words.t("alarm.switch_off")}</button>`}
        ${off ? nothing : levelsAt(rule, this.#place).map((level) => html`<label>${words.t("alarm.limit", { level: words.word("alarmlevel", level.name) ?? level.name, side: compared(level.side) })} ${sign(rule.unit)}
          <input type="number" step="any" name=${`limits ${level.name}`} .value=${String(level.limit)} required></label>`)}
        <label>${words.t("alarm.why")}<input name="why" required maxlength="500" pattern=".*\\S.*" autocomplete="off"></label>
        ${off ? nothing : html`<details class="alarm-slowly" @toggle=${() => { this.more = true; }}><summary>${words.t("alarm.slowly")}</summary>${this.more ? levelsAt(rule, this.#place).map((level) => html`<div>${this.#slowly(level)}</div>`) : nothing}</details>`}
        <button class="primary" ?disabled=${this.asking}>${words.t("alarm.set_now")}</button>
        ${safety ? html`<p class="quiet small">${words.t("alarm.never_looser")}</p>` : nothing}</form>
      <p role="status">${this.trouble}</p>`;
  }

  /** A level's delays and its deadband. @param {wire.AlarmLevel} level */
  #slowly(level) {
    const { words } = this;
    return /** @type {(keyof typeof SLOWLY)[]} */ (Object.keys(SLOWLY)).map((what) => html`<label>${words.t(SLOWLY[what], { level: words.word("alarmlevel", level.name) ?? level.name })} ${scale(what) > 1 ? "s" : sign(this.rule.unit)}
      <input type="number" step="any" min="0" max=${scale(what) > 1 ? 86_400 : nothing} name=${`${what} ${level.name}`} .value=${String(valueOf(level, what) / scale(what))} required @invalid=${this.#reveal}></label>`);
  }

  /** What a browser finds wrong it points at only where it can be seen. */
  #reveal() {
    /** @type {HTMLDetailsElement} */ (this.querySelector(".alarm-slowly")).open = true;
  }

  /** What of it is otherwise than without what was set here; what is not shown stays as it is. @param {FormData} said @param {typeof CHANGES[number]} what */
  #given(said, what) {
    if (this.#off) return {};
    const now = levelsAt(this.rule, this.#place);
    return Object.fromEntries(this.#before.flatMap((before, at) => {
      const field = said.get(`${what} ${before.name}`);
      const value = field === null ? valueOf(/** @type {wire.AlarmLevel} */ (now[at]), what) : what.endsWith("_ms") ? Math.round(Number(field) * 1000) : Number(field);
      return value === valueOf(before, what) ? [] : [[before.name, value]];
    }));
  }

  /** @param {SubmitEvent} event */
  async #set(event) {
    event.preventDefault();
    const said = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const [limits = {}, on_delay_ms = {}, off_delay_ms = {}, deadband = {}] = CHANGES.map((what) => this.#given(said, what));
    this.asking = true;
    this.trouble = await api.setLimit(this.rule.id, { ...this.#place, off: this.#off, limits, on_delay_ms, off_delay_ms, deadband, why: String(said.get("why")) }).then(() => "", (error) => refusal(this.words, error));
    this.asking = false;
    if (!this.trouble) this.dispatchEvent(new CustomEvent("limits-changed", { bubbles: true, composed: true }));
  }
}

customElements.define("lk-alarm-limit", LkAlarmLimit);
