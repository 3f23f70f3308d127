/** Two runs on a common time: each from its start, or from one of its marks. */
import { html, nothing } from "../vendor/lit.js";
import uPlot from "../vendor/uplot.js";
import { DrawnElement } from "../chart/plotted.js";
import * as api from "./api.js";
import { sayer } from "./words.js";
import { WORDS } from "../store.js";
import { styled } from "../styled.js";
import { sign } from "../units.js";

const HEIGHT = 240;
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400]; // whole seconds: so is what stands beside them

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

class LkComparison extends DrawnElement {
  static properties = { one: { attribute: false }, other: { attribute: false }, found: { state: true }, marks: { state: true }, chosen: { state: true }, failed: { state: true } };

  #asked = "";

  constructor() {
    super();
    this.one = /** @type {wire.Recording} */ (/** @type {unknown} */ (undefined));
    this.other = /** @type {wire.Recording} */ (/** @type {unknown} */ (undefined));
    /** @type {wire.Comparison | null} */
    this.found = null;
    /** Marks by number, null: the start. @type {[number | null, number | null]} */
    this.marks = [null, null];
    this.chosen = 0;
    this.failed = false;
  }

  watched() {
    return [WORDS];
  }

  willUpdate() {
    const runs = `${this.one.id} ${this.other.id}`;
    if (!this.#asked.startsWith(runs)) this.marks = [null, null];
    const wanted = `${runs} ${this.marks}`;
    if (wanted === this.#asked) return;
    this.#asked = wanted;
    void this.#ask(wanted);
  }

  /** @param {string} wanted */
  async #ask(wanted) {
    const found = await api.compare(this.one.id, this.other.id, ...this.marks).catch(() => null);
    if (wanted !== this.#asked) return;
    this.failed = found === null;
    this.found = found;
    this.chosen = Math.min(this.chosen, Math.max(0, (found?.points.length ?? 0) - 1));
    this.closePlot();
  }

  render() {
    const { text } = this.desk;
    const say = sayer(text);
    const points = this.found?.points ?? [];
    const name = (/** @type {wire.ComparedPoint} */ one) => `${text.word("point", one.point) ?? text.title(one.title, one.point)} ${sign(one.unit)}`.trim();
    const runs = /** @type {const} */ ([[0, this.one], [1, this.other]]);
    return html`
      <section class="card comparison" aria-labelledby="comparison-title">
        <h3 id="comparison-title">${say("record.compare")}</h3>
        <div class="recording-form">
          ${points.length ? html`<label>${say("record.chart")}<select @change=${this.#choose}>${points.map((one, at) => html`<option value=${at} ?selected=${at === this.chosen}>${name(one)}</option>`)}</select></label>` : nothing}
          ${runs.map(([at, run]) => html`<label><span class="run run-${at}">${run.title || say("record.untitled")}</span>${this.#origin(at, run, say)}</label>`)}
        </div>
        ${this.failed ? html`<p role="status">${say("record.failed")}</p>` : this.found && points.length === 0 ? html`<p role="status">${say("record.nothing_common")}</p>` : nothing}
        <div class="plot comparison-plot" role="img" aria-label=${points[this.chosen] ? say("record.compared", { point: name(points[this.chosen]), one: this.one.title, other: this.other.title }) : say("record.compare")}></div>
        <p class="quiet small">${say("record.common_time")}</p>
      </section>`;
  }

  /** @param {0 | 1} at @param {wire.Recording} run @param {import("./words.js").Say} say */
  #origin(at, run, say) {
    const choose = (/** @type {Event} */ event) => {
      const number = Number(/** @type {HTMLSelectElement} */ (event.target).value) || null;
      this.marks = at === 0 ? [number, this.marks[1]] : [this.marks[0], number];
    };
    return html`<select @change=${choose}><option value="">${say("record.from_start")}</option>
      ${run.marks.map((mark, number) => html`<option value=${number + 1} ?selected=${this.marks[at] === number + 1}>${say("record.from_mark", { mark: mark.text || String(number + 1) })}</option>`)}</select>`;
  }

  /** @param {Event} event */
  #choose(event) {
    this.chosen = Number(/** @type {HTMLSelectElement} */ (event.target).value);
    this.closePlot();
  }

  updated() {
    super.updated();
    const point = this.found?.points[this.chosen];
    if (point) this.drawnIn((place) => new Overlay(place, point));
  }
}

/** Two curves on one time, in seconds. */
class Overlay {
  #place;
  #plot;

  /** @param {HTMLElement} place @param {wire.ComparedPoint} point */
  constructor(place, point) {
    this.#place = place;
    this.#plot = new uPlot(this.#settings(), joined(point.one, point.other), place);
  }

  get #size() {
    return { width: Math.max(200, this.#place.clientWidth), height: HEIGHT };
  }

  /** @returns {uPlot.Options} */
  #settings() {
    const font = `13px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { stroke: colour("--quiet"), font, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const line = { width: 2, spanGaps: true, points: { show: false } };
    const time = { ...axis, size: 34, space: 80, incrs: STEPS_S, values: (/** @type {uPlot} */ _, /** @type {number[]} */ splits) => splits.map(clock) };
    return {
      ...this.#size, legend: { show: false }, cursor: { y: false }, scales: { x: { time: false } }, axes: [time, { ...axis, size: 56 }],
      series: [{}, { ...line, stroke: colour("--accent") }, { ...line, stroke: colour("--amber-mark"), dash: [8, 4] }],
    };
  }

  fit() {
    if (this.#plot.width !== this.#size.width) this.#plot.setSize(this.#size);
  }

  close() {
    this.#plot.destroy();
  }
}

/** @param {number} at seconds from the common time */
const clock = (at) => (at < 0 ? `−${api.length(-at * 1_000)}` : api.length(at * 1_000));

/** Both runs over all their times, in seconds. @param {wire.Run} one @param {wire.Run} other @returns {uPlot.AlignedData} */
export function joined(one, other) {
  const times = [...new Set([...one.times, ...other.times])].sort((a, b) => a - b);
  const values = (/** @type {wire.Run} */ run) => {
    const at = new Map(run.times.map((time, place) => [time, run.mean[place]]));
    return times.map((time) => at.get(time) ?? null);
  };
  return [times.map((time) => time / 1_000), values(one), values(other)];
}

await Promise.all([styled("vendor/uplot"), styled("recordings/recordings")]);
customElements.define("lk-comparison", LkComparison);
