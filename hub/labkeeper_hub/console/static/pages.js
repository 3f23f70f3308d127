/** The pages beside the labs, as the menu offers them. */
import { bothOf } from "./words.js";

/** @typedef {[page: string, name: string]} Page */

export const say = await bothOf("pages");

/** Each page, its name, and what one must be allowed to find it. @type {[string, string, string?][]} */
const PAGES = [
  ["facility", "pages.facility"],
  ["alarms", "pages.alarms"],
  ["bookings", "pages.bookings"],
  ["recordings", "pages.recordings"],
  ["catalogue", "pages.catalogue"],
  ["automations", "pages.automations"],
  ["pe", "pages.pe", "teach_pe"],
  ["people", "pages.people"],
  ["interlocks", "pages.interlocks", "change_interlocks"],
  ["drivers", "pages.drivers", "configure_drivers"],
];

/** @param {import("./element.js").Desk} desk @returns {Page[]} */
export const pagesFor = ({ store, text }) =>
  PAGES.filter(([, , need]) => !need || store.may(need)).map(([page, word]) => [page, say(text).t(word)]);
