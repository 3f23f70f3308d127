/** What is asked of a lab's lesson and its scenes, and what it came to in words. */
import { deviceKey } from "../keys.js";
import { deviceName, pointName } from "../names.js";
import { reasonWords } from "../outcome.js";
import { bothOf } from "../words.js";

/** @typedef {import("../element.js").Desk} Desk */

const NAMES_SHOWN = 4;
/** Scenes that a lesson runs when it begins and ends: a button of such a name beside the lesson's own would be taken for that. */
export const [OPENING, CLOSING] = ["begin", "end"];
export const OF_THE_LESSON = [OPENING, CLOSING];
export const said = await bothOf("lessons");

/** @param {{key: string}} lab @param {string} path */
export const at = (lab, path) => `/api/v1/labs/${lab.key}${path}`;

/** @param {string} address @param {object} [body] @returns {Promise<Response | null>} null: the hub cannot be reached */
export const post = (address, body) => ask("POST", address, body);

/** @param {string} address @param {object} body @returns {Promise<Response | null>} null: the hub cannot be reached */
export const put = (address, body) => ask("PUT", address, body);

/** @param {"POST" | "PUT"} method @param {string} address @param {object} [body] */
const ask = (method, address, body) => fetch(address, {
  method,
  headers: { "Content-Type": "application/json" },
  ...(body ? { body: JSON.stringify(body) } : {}),
}).catch(() => null);

/** @param {{key: string}} lab @returns {Promise<wire.Scene[]>} none where they cannot be had */
export async function scenesOf(lab) {
  const answer = await fetch(at(lab, "/scenes")).catch(() => null);
  return answer?.ok ? (await answer.json()).scenes : [];
}

/** The class and the course that a lesson is filed under; "": nobody said, or the hub cannot be asked. @param {{key: string}} lab @returns {Promise<string>} */
export async function filedUnder(lab) {
  const answer = await fetch(at(lab, "/now")).catch(() => null);
  const filed = answer?.ok ? (await answer.json()).lesson : null;
  return [filed?.class_name, filed?.course].filter(Boolean).join(" · ");
}

/** Several wishes as one action, or a scene by its address; null: it was refused or could not be asked. @param {string} address @param {object} [body] @returns {Promise<wire.Outcome | null>} */
export async function act(address, body) {
  const answer = await post(address, body);
  return answer?.ok ? (await answer.json()).outcome : null;
}

/** How many are as wished, and which are not, and why. @param {Desk} desk @param {wire.Count} count */
export function countWords(desk, { total, confirmed, missed }) {
  const words = said(desk.text);
  const [comma, semicolon, colon] = desk.text.language === "zh" ? ["、", "；", "："] : [", ", "; ", ": "];
  /** @type {Map<string, string[]>} */
  const byReason = new Map();
  for (const one of missed.slice(0, NAMES_SHOWN)) {
    const reason = missedWords(desk, one);
    byReason.set(reason, [...(byReason.get(reason) ?? []), pointWords(desk, one)]);
  }
  const names = [...byReason].map(([reason, points]) => points.join(comma) + (reason ? colon + reason : "")).join(semicolon);
  const more = missed.length > NAMES_SHOWN ? " …" : "";
  return words.t("lessons.count", { total, confirmed }) + (missed.length ? words.t("lessons.missed", { names: names + more }) : "");
}

/** Why a command of several came no further. @param {Desk} desk @param {wire.PointId & {code: string, message: string, state: string}} one */
export const missedWords = (desk, one) => reasonWords(desk, { target: one, code: one.code, message: one.message, outcome: one.state });

/** @param {Desk} desk @param {wire.PointId} id */
export function pointWords({ store, text }, id) {
  const device = store.devices.get(deviceKey(id));
  const point = device?.points.find((one) => one.point === id.point);
  return device && point ? `${deviceName(text, device)} · ${pointName(text, device, point)}` : `${id.device}/${id.point}`;
}
