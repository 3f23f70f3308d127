/** uPlot in the page's colours: a line, the band of each step around it, gaps as gaps. */
import uPlot from "../vendor/uplot.js";

/** @typedef {import("./history.js").Trace} Trace */
/** Stretches of time that alarmed, the limits they are beyond (`reached`: drawn whatever the values), and what a node gave up. @typedef {{spans: {from_ms: number, to_ms: number}[], levels: number[], reached?: boolean, givenUp?: {from_ms: number, to_ms: number}[]}} Over */
/**
 * @typedef {object} PlotOptions
 * @property {import("../text.js").Text} text
 * @property {(value: number) => string} words a value on the axis
 * @property {boolean} stepped on and off have no slope between them
 * @property {(from_ms: number, to_ms: number) => void} zoomed
 * @property {() => void} reset
 */

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Plot {
  #plot;
  #place;
  /** @type {wire.Missing[]} */
  #missing = [];
  /** Moments to draw a line at. @type {number[]} */
  #marks = [];
  /** @type {Over} */
  #over = { spans: [], levels: [] };

  /** @param {HTMLElement} place @param {PlotOptions} options */
  constructor(place, options) {
    this.#place = place;
    this.#plot = new uPlot(this.#settings(options), [[], [], [], []], place);
    place.querySelector(".u-over")?.addEventListener("dblclick", options.reset);
  }

  /** @param {Trace} trace @param {number} from_ms @param {number} to_ms @param {number[]} [marks] @param {Over} [over] */
  show(trace, from_ms, to_ms, marks = [], over = { spans: [], levels: [] }) {
    this.#marks = marks;
    this.#over = over;
    const times = trace.times.map((time) => time / 1_000);
    this.#missing = trace.missing;
    this.#plot.batch(() => {
      this.#plot.setData([times, trace.low, trace.high, trace.mean], false);
      this.#plot.setScale("x", { min: from_ms / 1_000, max: to_ms / 1_000 });
    });
  }

  /** What is to be seen from top to bottom. @param {number | null} low @param {number | null} high @returns {[number | null, number | null]} */
  #reached(low, high) {
    const { reached, levels } = this.#over;
    if (!reached || low === null || high === null) return [low, high];
    return [Math.min(low, ...levels), Math.max(high, ...levels)];
  }

  fit() {
    const { width, height } = size(this.#place);
    if (width !== this.#plot.width || height !== this.#plot.height) this.#plot.setSize({ width, height });
  }

  close() {
    this.#plot.destroy();
  }

  /** @param {PlotOptions} options @returns {uPlot.Options} */
  #settings({ text, words, stepped, zoomed }) {
    const line = colour("--accent");
    const font = `13px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { stroke: colour("--quiet"), font, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const paths = stepped ? uPlot.paths.stepped?.({ align: 1 }) : uPlot.paths.linear?.();
    const edge = { stroke: "transparent", points: { show: false } };
    return {
      ...size(this.#place),
      legend: { show: false },
      cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 9, fill: line }, y: false },
      select: { show: true, left: 0, top: 0, width: 0, height: 0 },
      scales: { x: { time: true }, y: { range: (_, low, high) => room(...this.#reached(low, high), stepped) } },
      axes: [
        { ...axis, space: 76, size: 34, values: (_, splits, _index, _space, step) => splits.map((time) => timeWord(text, time, step)) },
        { ...axis, size: (_, values) => 18 + 8 * Math.max(2, ...(values ?? []).map((value) => value.length)), values: (_, splits) => splits.map(words) },
      ],
      series: [{}, { ...edge, paths }, { ...edge, paths }, { stroke: line, width: 2, paths, points: { show: lonely, size: 6, fill: line, filter: lonelyOnes } }],
      bands: [{ series: [2, 1], fill: `${line}33` }],
      hooks: { drawClear: [(plot) => shade(plot, this.#missing, colour("--amber-soft")), (plot) => shade(plot, this.#over.spans, `${colour("--stop")}40`), (plot) => shade(plot, this.#over.givenUp ?? [], `${colour("--amber-mark")}66`), (plot) => across(plot, this.#over.levels), (plot) => lines(plot, this.#marks)], setSelect: [(plot) => selected(plot, zoomed)] },
    };
  }
}

/** Times of which nothing is known are not white like times without readings. @param {uPlot} plot @param {{from_ms: number, to_ms: number}[]} missing @param {string} fill */
function shade(plot, missing, fill) {
  const { left, top, width, height } = plot.bbox;
  const across = (/** @type {number} */ time_ms) => Math.min(left + width, Math.max(left, plot.valToPos(time_ms / 1_000, "x", true)));
  plot.ctx.fillStyle = fill;
  for (const { from_ms, to_ms } of missing) plot.ctx.fillRect(across(from_ms), top, Math.max(devicePixelRatio, across(to_ms) - across(from_ms)), height);
}

/** Limits, where they lie within what is drawn. @param {uPlot} plot @param {number[]} levels */
function across(plot, levels) {
  const { left, top, width, height } = plot.bbox;
  plot.ctx.fillStyle = colour("--stop");
  for (const level of levels) {
    const y = Math.round(plot.valToPos(level, "y", true));
    if (y >= top && y <= top + height) plot.ctx.fillRect(left, y, width, devicePixelRatio);
  }
}

/** Each with its number, as in the list beside the plot and in the report. @param {uPlot} plot @param {number[]} marks */
function lines(plot, marks) {
  const { top, height, left, width } = plot.bbox;
  const { ctx } = plot;
  ctx.save();
  ctx.font = `600 ${13 * devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.textBaseline = "top";
  for (const [at, time_ms] of marks.entries()) {
    const x = Math.round(plot.valToPos(time_ms / 1_000, "x", true));
    const beside = x > left + width - 24 * devicePixelRatio ? /** @type {const} */ (["right", -4]) : /** @type {const} */ (["left", 6]);
    ctx.fillStyle = colour("--amber-mark");
    ctx.fillRect(x, top, 2 * devicePixelRatio, height);
    ctx.fillStyle = colour("--amber");
    ctx.textAlign = beside[0];
    ctx.fillText(String(at + 1), x + beside[1] * devicePixelRatio, top);
  }
  ctx.restore();
}

/** @param {HTMLElement} place */
const size = (place) => ({ width: Math.max(200, place.clientWidth), height: Math.max(160, place.clientHeight) });

/** The value axis: never flat, a little room above and below. @param {number | null} low @param {number | null} high @param {boolean} stepped @returns {[number, number]} */
function room(low, high, stepped) {
  if (stepped) return [-0.1, 1.1];
  if (low === null || high === null) return [0, 1];
  const spare = Math.max((high - low) * 0.12, Math.abs(high) * 0.005, 1e-3);
  return [low - spare, high + spare];
}

/** @param {import("../text.js").Text} text @param {number} time_s @param {number} step_s */
function timeWord(text, time_s, step_s) {
  const date = new Date(time_s * 1_000);
  if (step_s >= DAY_S) return date.toLocaleDateString(text.locale, { month: "short", day: "numeric" });
  const midnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  if (midnight && step_s >= HOUR_S) return date.toLocaleDateString(text.locale, { month: "short", day: "numeric" });
  return step_s < 60 ? text.clock(date.getTime()) : text.clock(date.getTime()).slice(0, 5);
}

const lonely = () => true;

/** A reading between two gaps has no line to be seen on: it gets a dot. @param {uPlot} plot @param {number} series */
function lonelyOnes(plot, series) {
  const values = plot.data[series];
  return Array.from(values.keys()).filter((i) => values[i] != null && values[i - 1] == null && values[i + 1] == null);
}

/** @param {uPlot} plot @param {(from_ms: number, to_ms: number) => void} zoomed */
function selected(plot, zoomed) {
  const { left, width } = plot.select;
  if (width < 8) return;
  zoomed(plot.posToVal(left, "x") * 1_000, plot.posToVal(left + width, "x") * 1_000);
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}
