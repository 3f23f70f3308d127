/** Recordings at the hub: asked for, begun, marked, ended; and the addresses of what can be taken away. */

const ALL = "/api/v1/recordings";

/** Why the hub refused; `code` is short and stable. */
export class Refused extends Error {
  /** @param {string} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** @param {string} path @param {RequestInit} [request] @returns {Promise<any>} */
async function ask(path, request) {
  const answer = await fetch(`${ALL}${path}`, request).catch(() => null);
  if (!answer) throw new Refused("unreachable");
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(said.code ?? String(answer.status));
  return said;
}

/** @param {string} path @param {object} [body] @returns {Promise<any>} */
const post = (path, body = {}) => ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** @param {{school: string, lab: string}} [lab] all labs without @returns {Promise<wire.Recording[]>} the newest first */
export async function list(lab) {
  const query = lab ? `?${new URLSearchParams({ school: lab.school, lab: lab.lab })}` : "";
  return (await ask(query)).recordings;
}

/** @param {string} id @returns {Promise<wire.Recording>} */
export const get = (id) => ask(`/${id}`);

/** @param {{school: string, lab: string, title: string, points: string[], every_ms: number | null}} wanted @returns {Promise<wire.Recording>} */
export const start = (wanted) => post("", wanted);

/** @param {string} id @param {string} words @param {number} time_ms @returns {Promise<wire.Recording>} */
export const mark = (id, words, time_ms) => post(`/${id}/marks`, { text: words, time_ms: Math.round(time_ms) });

/** @param {string} id @returns {Promise<wire.Recording>} */
export const stop = (id) => post(`/${id}/stop`);

/** @param {string} id @returns {Promise<wire.Recording>} */
export const seal = (id) => post(`/${id}/seal`);

/** @param {string} id @returns {Promise<null>} */
export const remove = (id) => ask(`/${id}`, { method: "DELETE" });

/** @param {string} id @returns {Promise<wire.Verdict>} */
export const verify = (id) => ask(`/${id}/verify`);

/** @param {string} one @param {string} other @param {number | null} mark @param {number | null} other_mark @returns {Promise<wire.Comparison>} */
export function compare(one, other, mark, other_mark) {
  const query = new URLSearchParams();
  if (mark !== null) query.set("mark", String(mark));
  if (other_mark !== null) query.set("other_mark", String(other_mark));
  return ask(`/${one}/compare/${other}?${query}`);
}

/** @param {string} id @param {"csv" | "parquet"} format */
export const readingsFile = (id, format) => `${ALL}/${id}/readings?format=${format}`;

/** @param {string} id */
export const recordFile = (id) => `${ALL}/${id}/record`;

/** @param {import("../text.js").Text} text */
const reader = (text) => ({ language: text.language, offset_min: String(-new Date().getTimezoneOffset()) });

/** @type {Promise<boolean> | undefined} */
let pdfs;

/** Whether the hub makes PDFs of reports: asked once, and again only where it has not answered. @returns {Promise<boolean>} */
export const makesPdfs = () => (pdfs ??= fetch("/api/v1/reports").then(async (answer) => (await answer.json()).forms.includes("pdf")).catch(() => { pdfs = undefined; return false; }));

/** @typedef {"" | ".pdf"} Form a page to open, or a file to keep */

/** @param {string} id @param {import("../text.js").Text} text @param {Form} [form] */
export const reportOf = (id, text, form = "") => `${ALL}/${id}/report${form}?${new URLSearchParams(reader(text))}`;

/** @param {{school: string, lab: string}} lab @param {string} day @param {"day" | "week"} span @param {import("../text.js").Text} text @param {Form} [form] */
export const roomReport = (lab, day, span, text, form = "") =>
  `/api/v1/labs/${encodeURIComponent(lab.school)}/${encodeURIComponent(lab.lab)}/report${form}?${new URLSearchParams({ day, span, ...reader(text) })}`;

/** Where the page shows a report. @param {Record<string, string>} asked a recording, or a room with day and span; `from`: where it was asked for */
export const reportPage = (asked) => `#/report?${new URLSearchParams(asked)}`;

/** Hours, minutes and seconds. @param {number} length_ms */
export function length(length_ms) {
  const seconds = Math.max(0, Math.floor(length_ms / 1_000));
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
