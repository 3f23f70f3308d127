/** The words of recordings: they come with the modules that say them, because a first visit needs none of them. */

/** @param {import("../preferences.js").Language} language @returns {Promise<Record<string, string>>} */
const catalogue = async (language) => (await fetch(new URL(`../i18n/recordings.${language}.json`, import.meta.url))).json();

const [zh, en] = await Promise.all([catalogue("zh"), catalogue("en")]);
const words = { zh, en };

/** The word of a family for an id that comes from the hub; the id itself where there is none. @param {import("../text.js").Text} text @param {string} family @param {string} id */
const word = (text, family, id) => words[text.language][`${family}.${id}`] ?? id;

/** How far a recording is, in words. @param {import("../text.js").Text} text @param {wire.Recording["stage"]} stage */
export const stageWord = (text, stage) => word(text, "recordstage", stage);

/** Why something was refused, in words. @param {import("../text.js").Text} text @param {string} code */
export const whyWord = (text, code) => word(text, "recordwhy", code);

/** @typedef {(key: string, values?: Record<string, string | number>) => string} Say */

/** What says a key in the reader's language. @param {import("../text.js").Text} text @returns {Say} */
export const sayer = (text) => (key, values = {}) =>
  (words[text.language][key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
