/** Readings of the past for a chart: how finely to ask, and what came back as lines with gaps. */
import { pointKey } from "../keys.js";

/** @typedef {import("../route.js").Span} Span */
/**
 * Times in milliseconds; a missing value is a gap and is drawn as one.
 * @typedef {object} Trace
 * @property {number[]} times
 * @property {(number | null)[]} mean the value itself where `every_ms` is null
 * @property {(number | null)[]} low
 * @property {(number | null)[]} high
 * @property {(number | null)[]} weights how many readings stand behind each value
 * @property {number | null} every_ms null: single readings
 * @property {wire.Missing[]} missing times of which nobody could say whether there are readings: unknown, not empty
 */
/** @typedef {{minimum: number, mean: number, maximum: number, count: number}} Summary */

const RAW_UP_TO_MS = 15 * 60_000;
const MOST_ROWS = 20_000;
const BUCKETS = 360;
const QUIET_MS = 15_000; // single readings farther apart than this, and five times farther than usual, have a gap between them
const steps_ms = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400].map((s) => s * 1_000);

/** The step that gives at most BUCKETS points, or null for single readings. @param {number} range_ms @returns {number | null} */
export const stepOf = (range_ms) => (range_ms <= RAW_UP_TO_MS ? null : coarse(range_ms));

/** @param {number} range_ms */
const coarse = (range_ms) => steps_ms.find((step) => range_ms / step <= BUCKETS) ?? steps_ms[steps_ms.length - 1];

/** The address of one series. @param {wire.PointId} target @param {number} from_ms @param {number} to_ms @param {Record<string, string | number>} [more] */
export function readingsAddress(target, from_ms, to_ms, more = {}) {
  const { school, node, device, point } = target;
  const span = { from: String(Math.round(from_ms)), to: String(Math.round(to_ms)) };
  const extra = Object.fromEntries(Object.entries(more).map(([key, value]) => [key, String(value)]));
  return `/api/v1/readings?${new URLSearchParams({ school, node, device, point, ...span, ...extra })}`;
}

/** Read `target` between two times. Throws when the hub does not answer. @param {wire.PointId} target @param {number} from_ms @param {number} to_ms @param {AbortSignal} signal @returns {Promise<Trace>} */
export async function readTrace(target, from_ms, to_ms, signal) {
  const every_ms = stepOf(to_ms - from_ms);
  if (every_ms !== null) return readSteps(target, from_ms, to_ms, every_ms, signal);
  const readings = await read(readingsAddress(target, from_ms, to_ms, { limit: MOST_ROWS }), signal);
  return readings.next === null ? traceOf(readings.rows, readings.missing) : readSteps(target, from_ms, to_ms, coarse(to_ms - from_ms), signal);
}

/** @param {wire.PointId} target @param {number} from_ms @param {number} to_ms @param {number} every_ms @param {AbortSignal} signal */
async function readSteps(target, from_ms, to_ms, every_ms, signal) {
  const ask = (/** @type {string} */ aggregate) => read(readingsAddress(target, from_ms, to_ms, { every: every_ms, aggregate }), signal);
  const [mean, low, high, count] = await Promise.all(["mean", "min", "max", "count"].map(ask));
  const trace = stepped(every_ms, mean.rows, low.rows, high.rows, count.rows);
  return { ...trace, missing: together([mean, low, high, count].flatMap((one) => one.missing)) };
}

const DAY_MS = 86_400_000;
const MOST_DAYS = 31; // as many as the catalogue tells at once

/** What the node of a point gave up between two times, by its gap records; none where the hub cannot say. @param {wire.PointId} target @param {number} from_ms @param {number} to_ms @param {AbortSignal} signal @returns {Promise<wire.GivenUp[]>} */
export async function readGivenUp({ school, node, device }, from_ms, to_ms, signal) {
  const days = Math.min(MOST_DAYS, Math.ceil((to_ms - from_ms) / DAY_MS) + 1);
  const query = new URLSearchParams({ school, node, device, days: String(days), until: String(Math.round(to_ms)) });
  const answer = await fetch(`/api/v1/catalogue?${query}`, { signal }).catch(() => null);
  /** @type {wire.GivenUp[]} */
  const found = answer?.ok ? await answer.json().then((told) => told.given_up, () => []) : [];
  return found.filter((one) => one.from_ms < to_ms && from_ms <= one.to_ms);
}

/** @param {string} address @param {AbortSignal} signal @returns {Promise<wire.Readings>} */
async function read(address, signal) {
  const answer = await fetch(address, { signal });
  if (!answer.ok) throw new Error(`${answer.status} for ${pointOf(address)}`);
  return answer.json();
}

/** @param {string} address */
function pointOf(address) {
  const query = new URLSearchParams(address.split("?")[1]);
  const part = (/** @type {string} */ name) => query.get(name) ?? "";
  return pointKey({ school: part("school"), node: part("node"), device: part("device"), point: part("point") });
}

/** @param {wire.Value | null} value */
const number = (value) => (typeof value === "string" || value === null ? null : Number(value));

/** What any of several answers lacks, in order and without overlap. @param {wire.Missing[]} parts @returns {wire.Missing[]} */
export function together(parts) {
  /** @type {wire.Missing[]} */
  const found = [];
  for (const part of [...parts].sort((a, b) => a.from_ms - b.from_ms)) {
    const last = found.at(-1);
    if (last && part.from_ms <= last.to_ms) last.to_ms = Math.max(last.to_ms, part.to_ms);
    else found.push({ ...part });
  }
  return found;
}

/** Single readings as a trace. @param {[number, wire.Value | null][]} rows @param {wire.Missing[]} [missing] @returns {Trace} */
export function traceOf(rows, missing = []) {
  const limit_ms = gapLimit(rows.map(([time]) => time));
  const { times, values } = withGaps(rows.map(([time, value]) => [time, number(value)]), limit_ms);
  const weights = values.map((value) => (value === null ? null : 1));
  return { times, mean: values, low: values, high: values, weights, every_ms: null, missing };
}

/** @param {number[]} times */
function gapLimit(times) {
  const apart = times.slice(1).map((time, index) => time - times[index]).sort((a, b) => a - b);
  return Math.max(QUIET_MS, 5 * (apart[apart.length >> 1] ?? 0));
}

/** @param {[number, number | null][]} rows @param {number} limit_ms */
function withGaps(rows, limit_ms) {
  /** @type {number[]} */
  const times = [];
  /** @type {(number | null)[]} */
  const values = [];
  for (const [time, value] of rows) {
    const before = times.at(-1);
    if (before !== undefined && time - before > limit_ms) {
      times.push(before + 1);
      values.push(null);
    }
    times.push(time);
    values.push(value);
  }
  return { times, values };
}

/** Steps as a trace: one without readings is a gap. @param {number} every_ms @param {[number, wire.Value | null][][]} series mean, low, high, count @returns {Trace} */
export function stepped(every_ms, ...series) {
  const [mean, low, high, count] = series.map((rows) => new Map(rows.map(([time, value]) => [time, number(value)])));
  const present = [...mean.keys()].sort((a, b) => a - b);
  /** @type {number[]} */
  const times = [];
  for (const time of present) {
    const before = times.at(-1);
    if (before !== undefined && time - before > every_ms) times.push(before + every_ms);
    times.push(time);
  }
  const values = (/** @type {Map<number, number | null>} */ from) => times.map((time) => from.get(time) ?? null);
  return { times, mean: values(mean), low: values(low), high: values(high), weights: values(count), every_ms, missing: [] };
}

/** A live reading joins single readings; what has left the window leaves. @param {Trace} trace @param {number} time_ms @param {wire.Value | null} value @param {number} from_ms @returns {Trace} */
export function joined(trace, time_ms, value, from_ms) {
  const last_ms = trace.times.at(-1) ?? -Infinity;
  if (time_ms <= last_ms) return trace;
  /** @type {[number, wire.Value | null][]} */
  const rows = trace.times.map((time, index) => [time, trace.mean[index]]);
  return traceOf([...rows, /** @type {[number, wire.Value | null]} */ ([time_ms, value])].filter(([time, one]) => time >= from_ms && one !== null), trace.missing);
}

/** Lowest, mean of all readings, highest; null where there are none. @param {Trace} trace @returns {Summary | null} */
export function summaryOf(trace) {
  const summary = { minimum: Infinity, mean: 0, maximum: -Infinity, count: 0 };
  let sum = 0;
  trace.mean.forEach((mean, index) => {
    if (mean === null) return;
    const weight = trace.weights[index] ?? 0;
    sum += mean * weight;
    summary.count += weight;
    summary.minimum = Math.min(summary.minimum, trace.low[index] ?? mean);
    summary.maximum = Math.max(summary.maximum, trace.high[index] ?? mean);
  });
  return summary.count === 0 ? null : { ...summary, mean: sum / summary.count };
}
