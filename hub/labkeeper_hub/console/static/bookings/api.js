/** What is asked of the hub about weeks, bookings, openings, the ledger and calendar links. */
import { bothOf } from "../words.js";

export const said = await bothOf("bookings");

/** Why the hub refused: its words, and the status; 0: it cannot be reached. */
export class Refused extends Error {
  /** @param {string} why @param {number} status */
  constructor(why, status) {
    super(why);
    this.status = status;
  }
}

/** @param {string} path @param {string} [method] @param {object} [body] @returns {Promise<any>} */
async function ask(path, method = "GET", body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`/api/v1${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) }).catch(() => null);
  if (!answer) throw new Refused("", 0);
  if (answer.status === 204) return null;
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(told.errors?.[0] ? `${told.errors[0].field}: ${told.errors[0].message}` : told.detail ?? String(answer.status), answer.status);
  return told;
}

/** @typedef {{school: string, lab: string}} Place */
/** @typedef {{date: string, start: string, end: string}} Times */

/** @param {Place} place */
const at = ({ school, lab }) => `/labs/${encodeURIComponent(school)}/${encodeURIComponent(lab)}`;

/** The week of a day; of today without one. @param {Place} place @param {string} day @returns {Promise<wire.Week>} */
export const week = (place, day) => ask(`${at(place)}/week${day ? `?day=${day}` : ""}`);

/** @param {string} school @returns {Promise<wire.SchoolYear>} */
export const year = async (school) => (await timetable(school)).year;

/** @param {string} school @returns {Promise<{year: wire.SchoolYear, may_manage: boolean}>} */
export const timetable = (school) => ask(`/timetables/${encodeURIComponent(school)}`);

/** @param {string} school @param {object} year */
export const setYear = (school, year) => ask(`/timetables/${encodeURIComponent(school)}`, "PUT", year);

/** What a file comes to; without `check` it is taken in. @param {string} school @param {{format: "csv" | "ics", text: string, check: boolean}} file @returns {Promise<wire.ImportAnswer>} */
export const takeIn = (school, file) => ask(`/timetables/${encodeURIComponent(school)}/import`, "POST", file);

/** @param {string} school @param {string} language */
export const ledgerAddress = (school, language) => `/api/v1/timetables/${encodeURIComponent(school)}/ledger.csv?language=${language}`;

/** @param {string} school @returns {Promise<wire.Balance[]>} */
export const ledger = async (school) => (await ask(`/timetables/${encodeURIComponent(school)}/ledger`)).classes;

/** What a class was taught this year. @param {string} school @param {string} name @returns {Promise<wire.Taught[]>} */
export const taught = async (school, name) => (await ask(`/timetables/${encodeURIComponent(school)}/ledger/lessons?class_name=${encodeURIComponent(name)}`)).lessons;

/** @param {Place} place @param {Times & {class_name?: string, course?: string, title?: string, check?: boolean}} wanted @returns {Promise<{booking: wire.Entry | null, conflicts: wire.InTheWay[]}>} */
export const book = (place, wanted) => ask(`${at(place)}/bookings`, "POST", wanted);

/** @param {string} name */
export const cancel = (name) => ask(`/bookings/${encodeURIComponent(name)}`, "DELETE");

/** What other schools have opened to one's own. @returns {Promise<wire.Opening[]>} */
export const offered = async () => (await ask("/openings")).openings;

/** @param {Place} place @param {Times & {schools: string[], weeks: number, check?: boolean}} wanted @returns {Promise<{openings: wire.Opening[], conflicts: wire.InTheWay[]}>} */
export const open = (place, wanted) => ask(`${at(place)}/openings`, "POST", wanted);

/** @param {string} id */
export const withdraw = (id) => ask(`/openings/${id}`, "DELETE");

/** A calendar's link: of a lab, or of what one teaches oneself. @param {Place | null} place @returns {Promise<wire.NewCalendarLink>} */
export const link = (place) => ask("/calendar-links", "POST", place ? { school: place.school, lab: place.lab } : {});

/** One's own. @returns {Promise<wire.CalendarLink[]>} */
export const links = async () => (await ask("/calendar-links")).links;

/** @param {string} id */
export const unlink = (id) => ask(`/calendar-links/${id}`, "DELETE");

/** What one may read of a refusal. @param {import("../text.js").Text} words @param {unknown} error */
export function why(words, error) {
  const told = error instanceof Refused && error.status ? error.message : words.t("bookings.unreachable");
  return words.t("bookings.refused", { why: told });
}
