/** A limit tried on what was recorded: how often, when and how long it would have alarmed, over the curve. */
import { html, nothing } from "../vendor/lit.js";
import * as api from "./api.js";
import { levelsAt } from "./curve.js";
import { compared, refusal } from "./names.js";
import { DeskElement } from "../element.js";
import { readTrace } from "../chart/history.js";
import { Plot } from "../chart/plot.js";
import { WORDS } from "../store.js";
import { styled } from "../styled.js";
import { sign } from "../units.js";

const DAY_MS = 86_400_000;
const SPANS_D = [1, 7, 30];
const LINES = 8;

class LkAlarmTry extends DeskElement {
  static properties = { rule: { attribute: false }, source: { attribute: false }, words: { attribute: false }, days: { state: true }, trial: { state: true }, trouble: { state: true }, asking: { state: true } };

  /** @type {Plot | null} */
  #plot = null;
  /** @type {Record<string, number>} */
  #limits = {};
  #watchSize = new ResizeObserver(() => this.#plot?.fit());
  #reading = new AbortController();

  constructor() {
    super();
    this.rule = /** @type {wire.AlarmRule} */ (/** @type {unknown} */ (undefined)); // set by who shows it
    this.source = /** @type {wire.PointId & {lab: string}} */ (/** @type {unknown} */ (undefined));
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined));
    this.days = 1;
    /** @type {{trial: wire.Trial, trace: import("../chart/history.js").Trace, from_ms: number, to_ms: number} | null} */
    this.trial = null;
    this.trouble = "";
    this.asking = false;
  }

  watched() {
    return [WORDS];
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#reading.abort();
    this.#watchSize.disconnect();
    this.#plot?.close();
    this.#plot = null;
  }

  get #levels() {
    return levelsAt(this.rule, this.source);
  }

  render() {
    const { words, rule } = this;
    return html`
      <form class="alarm-form" @submit=${this.#try}>
        ${this.#levels.map((level) => html`<label>${words.t("alarm.limit", { level: words.word("alarmlevel", level.name) ?? level.name, side: compared(level.side) })} ${sign(rule.unit)}
          <input type="number" step="any" name=${level.name} .value=${String(level.limit)} required></label>`)}
        <div class="segments" role="group" aria-label=${words.t("alarm.span")}>${SPANS_D.map((days) => html`<button type="button" class="segment" aria-pressed=${days === this.days} @click=${() => { this.days = days; }}>${words.t("alarm.days", { count: days })}</button>`)}</div>
        <button class="primary" ?disabled=${this.asking}>${words.t("alarm.try_now")}</button>
      </form>
      ${this.#gates("alarm.gates_replayed", this.trial?.trial.replayed)}${this.#gates("alarm.gates", this.trial?.trial.gates)}
      <p role="status" class="alarm-trial">${this.trouble || this.#summary()}</p>
      ${this.trial?.trial.every_ms ? html`<p class="quiet small">${words.t("alarm.steps", { every: words.t("alarm.seconds", { count: Math.ceil(this.trial.trial.every_ms / 1000) }) })}</p>` : nothing}
      ${this.trial ? html`<div class="alarm-plot"><div class="plot" role="img" aria-label=${this.#summary()}></div></div>${this.#spells(this.trial.trial.spells)}` : nothing}`;
  }

  /** Which gates were judged as recorded, which were taken for open. @param {string} key @param {string[] | undefined} gates */
  #gates(key, gates) {
    const { words } = this;
    return gates?.length ? html`<p class="quiet small">${words.t(key, { gates: gates.map((gate) => words.word("alarmgate", gate) ?? gate).join(" · ") })}</p>` : nothing;
  }

  #summary() {
    const { words, trial } = this;
    if (!trial) return "";
    const { spells, readings } = trial.trial;
    if (readings === 0) return words.t("alarm.no_readings");
    if (spells.length === 0) return words.t("alarm.never", { readings: words.count(readings) });
    const lasted = spells.map(({ from_ms, to_ms }) => to_ms - from_ms);
    const whole_ms = lasted.reduce((sum, one) => sum + one, 0);
    return words.t("alarm.trial", { count: spells.length, whole: this.#length(whole_ms), longest: this.#length(Math.max(...lasted)), readings: words.count(readings) });
  }

  /** @param {wire.Spell[]} spells */
  #spells(spells) {
    const { words } = this;
    const { text } = this.desk;
    const shown = spells.slice(-LINES).reverse();
    return html`<ul class="alarm-spells">${shown.map(({ level, from_ms, to_ms }) => html`<li>${words.word("alarmlevel", level) ?? level} · ${text.moment(from_ms)} · ${this.#length(to_ms - from_ms)}</li>`)}
      ${spells.length > LINES ? html`<li>${words.t("alarm.more", { count: spells.length - LINES })}</li>` : nothing}</ul>`;
  }

  /** @param {number} length_ms */
  #length(length_ms) {
    const minutes = Math.round(length_ms / 60_000);
    return minutes < 60 ? this.words.t("alarm.minutes", { count: minutes }) : this.words.t("alarm.hours", { count: this.words.number(length_ms / 3_600_000, 1) });
  }

  /** @param {SubmitEvent} event */
  async #try(event) {
    event.preventDefault();
    const said = new FormData(/** @type {HTMLFormElement} */ (event.target));
    this.#limits = Object.fromEntries(this.rule.levels.map(({ name }) => [name, Number(said.get(name))]));
    this.asking = true;
    this.trouble = await this.#ask().then(() => "", (error) => refusal(this.words, error));
    this.asking = false;
  }

  async #ask() {
    const to_ms = this.desk.store.now();
    const from_ms = to_ms - this.days * DAY_MS;
    const asked = api.attempt({ ...this.source, rule: this.rule.id }, from_ms, to_ms, this.#limits);
    const [trial, trace] = await Promise.all([asked, readTrace(this.source, from_ms, to_ms, this.#reading.signal)]);
    this.trial = { trial, trace, from_ms, to_ms };
  }

  updated() {
    super.updated();
    const place = /** @type {HTMLElement | null} */ (this.querySelector(".plot"));
    if (!place || !this.trial) return;
    this.#plot ??= this.#openPlot(place);
    const { trial, trace, from_ms, to_ms } = this.trial;
    this.#plot.show(trace, from_ms, to_ms, [], { spans: trial.spells, levels: Object.values(this.#limits) });
  }

  /** @param {HTMLElement} place */
  #openPlot(place) {
    const { text } = this.desk;
    this.#watchSize.observe(place);
    const words = (/** @type {number} */ value) => String(+value.toFixed(2));
    return new Plot(place, { text, stepped: false, words, zoomed: () => {}, reset: () => {} });
  }
}

await Promise.all([styled("vendor/uplot"), styled("chart/chart")]);
customElements.define("lk-alarm-try", LkAlarmTry);
