/** A week in days and rows. Days are texts as the hub writes them, in the school's own time: nothing here knows a zone. */

/** @typedef {{start: string, end: string}} Row */

/** Where a school names no periods, its day has these. @type {Row[]} */
const HOURS = [8, 9, 10, 11, 13, 14, 15, 16].map((hour) => ({ start: `${String(hour).padStart(2, "0")}:00`, end: `${String(hour + 1).padStart(2, "0")}:00` }));
const DAY_MS = 86_400_000;

/** @param {string} day @param {number} days */
export const moved = (day, days) => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/** @param {import("../text.js").Text} words @param {string} day */
export const dayWords = (words, day) => new Intl.DateTimeFormat(words.locale, { weekday: "short", month: "short", day: "numeric", timeZone: "UTC" }).format(Date.parse(day));

/** What stands on a day: entries, and the rows of it in which nothing is, in the order of time. @param {wire.Week} week @param {string} date @returns {(wire.Entry | Row)[]} */
export function rowsOf(week, date) {
  const entries = week.entries.filter((one) => one.date === date);
  const rows = week.periods.length > 0 ? week.periods : HOURS;
  const free = rows.filter((row) => !entries.some((one) => one.start < row.end && row.start < one.end));
  return [...entries, ...free].sort((one, other) => (one.start < other.start ? -1 : 1));
}

/** How many rows something takes up, so that what is at the same time stands side by side. @param {wire.Week} week @param {wire.Entry} one */
export function rowsIn(week, one) {
  const rows = week.periods.length > 0 ? week.periods : HOURS;
  return Math.max(1, rows.filter((row) => one.start < row.end && row.start < one.end).length);
}
