/** Addresses within the page: `#/lab/<school>/<lab>`, `#/<one of LISTS>`, `#/telling` and
 * `#/chart/<school>/<node>/<device>/<point>?range=24h&until=<ms>`. */

/** @typedef {{range_ms: number, until_ms: number | null}} Span until null: now, and moving with it */
/** @typedef {{page: "lab", school: string | null, lab: string | null}} LabRoute */
/** @typedef {{page: "list", list: string, school?: string, lab?: string}} ListRoute of a lab, or of all */
/** @typedef {{page: "chart", target: wire.PointId, span: Span}} ChartRoute */

/** Each comes when asked for: `<name>/page.js` with an element `lk-<name>`. */
export const LISTS = ["alarms", "automations", "bookings", "catalogue", "condition", "drivers", "facility", "interlocks", "pe", "people", "recordings", "report"];

/** @type {Record<string, number>} */
const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
export const DEFAULT_RANGE_MS = 600_000;
const SHORTEST_RANGE_MS = 10_000;
const LONGEST_RANGE_MS = 366 * units.d;

/** @param {string} hash @returns {LabRoute | ChartRoute | ListRoute} */
export function parseRoute(hash) {
  const [path, query] = hash.replace(/^#\/?/, "").split("?");
  const [page, ...ids] = path.split("/").map(decodeURIComponent);
  if (page === "chart" && ids.length === 4) {
    const [school, node, device, point] = ids;
    return { page: "chart", target: { school, node, device, point }, span: parseSpan(new URLSearchParams(query)) };
  }
  if (page === "telling") return { page: "list", list: "alarms" }; // one page, opened at what it says of telling
  if (LISTS.includes(page)) return { page: "list", list: page, school: ids[0], lab: ids[1] };
  return page === "lab" ? { page: "lab", school: ids[0], lab: ids[1] ?? "" } : { page: "lab", school: null, lab: null };
}

/** @param {URLSearchParams} query @returns {Span} */
function parseSpan(query) {
  const [, size, unit] = /^(\d+)([smhd])$/.exec(query.get("range") ?? "") ?? [];
  const range_ms = size ? Number(size) * units[unit] : DEFAULT_RANGE_MS;
  const until_ms = Number(query.get("until")) || null;
  return { range_ms: clampRange(range_ms), until_ms };
}

/** @param {number} range_ms */
export const clampRange = (range_ms) => Math.min(LONGEST_RANGE_MS, Math.max(SHORTEST_RANGE_MS, Math.round(range_ms)));

/** @param {wire.PointId} target @param {Span} [span] */
export function chartAddress(target, span = { range_ms: DEFAULT_RANGE_MS, until_ms: null }) {
  const ids = [target.school, target.node, target.device, target.point].map(encodeURIComponent).join("/");
  const until = span.until_ms === null ? "" : `&until=${Math.round(span.until_ms)}`;
  return `#/chart/${ids}?range=${rangeWord(span.range_ms)}${until}`;
}

/** @param {number} range_ms */
function rangeWord(range_ms) {
  const whole = Object.entries(units).reverse().find(([, size]) => range_ms % size === 0);
  return whole ? `${range_ms / whole[1]}${whole[0]}` : `${Math.round(range_ms / 1_000)}s`;
}

/** @param {string} school @param {string} lab */
export const labAddress = (school, lab) => `#/lab/${encodeURIComponent(school)}/${encodeURIComponent(lab)}`;
