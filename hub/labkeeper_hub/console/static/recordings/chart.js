/** The chart of a recording: one of its points from its start to its end, or to now. */
import { html, nothing } from "../vendor/lit.js";
import { readTrace } from "../chart/history.js";
import { axisNumber, PlottedElement } from "../chart/plotted.js";
import { deviceKey } from "../keys.js";
import { pointName } from "../names.js";
import { first } from "./about.js";
import { sayer } from "./words.js";
import { TICK, WORDS } from "../store.js";
import { styled } from "../styled.js";
import { sign } from "../units.js";

const FRESHEN_MS = 3_000;
const SHORTEST_MS = 10_000; // what is drawn of a recording that has just begun

class LkRecordingChart extends PlottedElement {
  static properties = { recording: { attribute: false }, about: { attribute: false }, chosen: { state: true }, trace: { state: true } };

  #read_ms = -Infinity;
  #shown = "";

  constructor() {
    super();
    this.recording = /** @type {wire.Recording} */ (/** @type {unknown} */ (undefined));
    /** @type {import("./about.js").About | null} */
    this.about = null;
    /** Which of the points; -1: nobody has chosen yet. */
    this.chosen = -1;
    /** @type {import("../chart/history.js").Trace | null} */
    this.trace = null;
  }

  watched() {
    return [TICK, WORDS];
  }

  /** Points that are numbers or on and off. */
  get #points() {
    return this.recording.points.filter((one) => one.type !== "str");
  }

  /** @returns {[number, number]} */
  get #window() {
    const { started_ms, stopped_ms } = this.recording;
    return [started_ms, stopped_ms ?? Math.max(started_ms + SHORTEST_MS, this.desk.store.now())];
  }

  willUpdate() {
    const { id } = this.recording;
    if (this.chosen < 0 || !this.#shown.startsWith(`${id} `)) this.chosen = first(this.#points, this.about);
    const wanted = `${id} ${this.recording.stage} ${this.chosen}`;
    const due = this.recording.stage === "running" && performance.now() - this.#read_ms > FRESHEN_MS;
    if (wanted === this.#shown && !due) return;
    this.#shown = wanted;
    void this.#read();
  }

  async #read() {
    const point = this.#points[this.chosen];
    const signal = this.beginReading();
    this.#read_ms = performance.now();
    if (point) this.trace = await readTrace(point, ...this.#window, signal).catch(() => this.trace);
  }

  render() {
    const points = this.#points;
    const { text } = this.desk;
    if (points.length === 0) return nothing;
    const name = (/** @type {wire.RecordedPoint} */ one) => recordedName(this.desk, one);
    return html`
      <label class="recording-which">${sayer(text)("record.chart")}
        <select @change=${this.#choose}>${points.map((one, at) => html`<option value=${at} ?selected=${at === this.chosen}>${name(one)}</option>`)}</select>
      </label>
      <div class="recording-plot"><div class="plot" role="img" aria-label=${name(points[this.chosen] ?? points[0])}></div></div>`;
  }

  /** @param {Event} event */
  #choose(event) {
    this.chosen = Number(/** @type {HTMLSelectElement} */ (event.target).value);
    this.trace = null;
    this.closePlot();
  }

  updated() {
    super.updated();
    const { text } = this.desk;
    const plot = this.plotIn(() => ({ stepped: this.#points[this.chosen]?.type === "bool", words: (value) => axisNumber(text, value) }));
    if (plot && this.trace) plot.show(this.trace, ...this.#window, this.recording.marks.map((one) => one.time_ms));
  }
}

/** Device, point and unit, as the page calls them; a point that is there no more by what was written down of it. @param {import("../element.js").Desk} desk @param {wire.RecordedPoint} one */
function recordedName({ store, text }, one) {
  const device = store.devices.get(deviceKey(one));
  const point = device?.points.find((known) => known.point === one.point);
  const named = device && point ? pointName(text, device, point) : text.title(one.title, one.point);
  return `${text.title(one.device_title, one.device || one.node)} · ${named} ${sign(one.unit)}`.trim();
}

await Promise.all([styled("vendor/uplot"), styled("chart/chart")]);
customElements.define("lk-recording-chart", LkRecordingChart);
