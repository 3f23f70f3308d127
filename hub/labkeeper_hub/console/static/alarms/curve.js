/** Why an alarm was raised: what was measured around it, with the limits that hold where it is, and a sentence. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { readTrace } from "../chart/history.js";
import { Plot } from "../chart/plot.js";
import { deviceKey } from "../keys.js";
import { WORDS } from "../store.js";
import { styled } from "../styled.js";
import { compared, length } from "./names.js";
import { sign } from "../units.js";

const MINUTE_MS = 60_000;
const AROUND_MS = 120 * MINUTE_MS;
const DRAWN = ["value", "mean", "max", "min"]; // in the unit of what is measured
/** What is not compared with a limit in that unit. @type {Record<string, string>} */
const OTHERWISE = { stale: "alarm.because_stale", stuck: "alarm.because_stuck", count: "alarm.because_count" };
const OVER = ["rtn_unack", "latched_unack", "latched_ack"];

/** What a school or lab may have otherwise of a level: as an override has it. @type {Record<"limits" | "on_delay_ms" | "off_delay_ms" | "deadband", "limit" | "on_delay_ms" | "off_delay_ms" | "deadband">} */
const CHANGED = { limits: "limit", on_delay_ms: "on_delay_ms", off_delay_ms: "off_delay_ms", deadband: "deadband" };
export const CHANGES = /** @type {(keyof typeof CHANGED)[]} */ (Object.keys(CHANGED));

/** What these are called, but for the limit. */
export const SLOWLY = /** @type {const} */ ({ on_delay_ms: "alarm.set_on_delay_ms", off_delay_ms: "alarm.set_off_delay_ms", deadband: "alarm.set_deadband" });

/** A level with what an override has otherwise. @param {wire.AlarmLevel} level @param {wire.AlarmOverride} one @returns {wire.AlarmLevel} */
const overridden = (level, one) => CHANGES.reduce((changed, what) => ({ ...changed, [CHANGED[what]]: one[what][level.name] ?? changed[CHANGED[what]] }), level);

/** What a level has of it. @param {wire.AlarmLevel} level @param {keyof typeof CHANGED} what */
export const valueOf = (level, what) => level[CHANGED[what]];

/** A rule's levels as they hold where an alarm is: a lab's override goes before its school's. @param {wire.AlarmRule} rule @param {wire.AlarmPlace} where @returns {wire.AlarmLevel[]} */
export function levelsAt(rule, { school, lab }) {
  const here = rule.overrides.filter((one) => one.school === school && (one.lab === null || one.lab === lab));
  here.sort((a, b) => Number(a.lab !== null) - Number(b.lab !== null));
  return rule.levels.map((level) => here.reduce(overridden, level));
}

class LkAlarmCurve extends DeskElement {
  static properties = { alarm: { attribute: false }, rule: { attribute: false }, words: { attribute: false }, trace: { state: true }, failed: { state: true } };

  /** @type {Plot | null} */
  #plot = null;
  #watchSize = new ResizeObserver(() => this.#plot?.fit());
  #reading = new AbortController();

  constructor() {
    super();
    this.alarm = /** @type {wire.Alarm} */ (/** @type {unknown} */ (undefined)); // set by the card
    this.rule = /** @type {wire.AlarmRule} */ (/** @type {unknown} */ (undefined));
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined));
    /** @type {{from_ms: number, to_ms: number, drawn: import("../chart/history.js").Trace} | null} */
    this.trace = null;
    this.failed = false;
  }

  watched() {
    return [WORDS];
  }

  firstUpdated() {
    void this.#read().catch(() => (this.failed = true));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#reading.abort();
    this.#watchSize.disconnect();
    this.#plot?.close();
    this.#plot = null;
  }

  get #levels() {
    return levelsAt(this.rule, this.alarm);
  }

  async #read() {
    const now = this.desk.store.now();
    const past_ms = Math.max(AROUND_MS, ...this.#levels.map(reach));
    const from_ms = this.alarm.raised_ms - past_ms;
    const to_ms = Math.min(now, Math.max(this.alarm.raised_ms, this.#until(now)) + AROUND_MS);
    this.trace = { from_ms, to_ms, drawn: await readTrace(this.alarm, from_ms, to_ms, this.#reading.signal) };
  }

  /** When it was over, if it is. @param {number} now */
  #until(now) {
    return OVER.includes(this.alarm.core) ? this.alarm.since_ms : now;
  }

  render() {
    const { words } = this;
    const override = this.rule.overrides.find((one) => one.school === this.alarm.school && (one.lab === null || one.lab === this.alarm.lab));
    return html`<p class="alarm-because">${this.#because()}${override ? html` <span class="quiet">${words.t("alarm.overridden", { who: override.who, why: override.why })}</span>` : nothing}</p>
      ${this.failed ? html`<p role="status">${words.t("alarm.failed")}</p>` : html`<div class="alarm-plot"><div class="plot" role="img" aria-label=${this.#because()}></div></div>`}`;
  }

  /** The level that raised it, in a sentence. */
  #because() {
    const { words, rule } = this;
    const level = this.#levels.find(({ name }) => name === this.alarm.level);
    if (!level) return words.t("alarm.because_unknown");
    if (this.#point?.type === "bool") return words.t("alarm.because_reported");
    const window = level.window_ms ? length(words, level.window_ms) : "";
    const other = OTHERWISE[level.kind];
    if (other) return words.t(other, { limit: level.kind === "count" ? level.limit : length(words, level.limit * 1000), window });
    const unit = `${sign(rule.unit)}${level.kind === "rate" ? "/min" : ""}`.trim();
    return words.t(level.on_delay_ms ? "alarm.because_for" : "alarm.because", { what: (words.word("alarmwhat", level.kind) ?? level.kind).replace("{window}", window), side: compared(level.side), limit: `${level.limit} ${unit}`.trim(), delay: length(words, level.on_delay_ms) });
  }

  get #point() {
    return this.desk.store.devices.get(deviceKey(this.alarm))?.points.find(({ point }) => point === this.alarm.point);
  }

  updated() {
    super.updated();
    const place = /** @type {HTMLElement | null} */ (this.querySelector(".plot"));
    if (!place || !this.trace) return;
    this.#plot ??= this.#openPlot(place);
    const { from_ms, to_ms, drawn } = this.trace;
    const spans = [{ from_ms: this.alarm.raised_ms, to_ms: this.#until(to_ms) }];
    const levels = this.#levels.filter(({ kind }) => DRAWN.includes(kind)).map(({ limit }) => limit);
    this.#plot.show(drawn, from_ms, to_ms, [this.alarm.raised_ms], { spans, levels, reached: true });
  }

  /** @param {HTMLElement} place */
  #openPlot(place) {
    const { text } = this.desk;
    this.#watchSize.observe(place);
    const words = (/** @type {number} */ value) => String(+value.toFixed(2));
    return new Plot(place, { text, stepped: this.#point?.type === "bool", words, zoomed: () => {}, reset: () => {} });
  }
}

/** How far back one has to look to see why a level was passed. @param {wire.AlarmLevel} level */
const reach = ({ kind, limit, window_ms, on_delay_ms }) => 1.5 * (window_ms + on_delay_ms) + (kind === "stale" || kind === "stuck" ? 1.1e3 * limit : 0);

await Promise.all([styled("vendor/uplot"), styled("chart/chart")]);
customElements.define("lk-alarm-curve", LkAlarmCurve);
