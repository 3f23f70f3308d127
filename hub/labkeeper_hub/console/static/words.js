/** Words of what most visits do not need: a catalogue of their own, i18n/<name>.zh.json and .en.json, equal in keys. */
import { Text } from "./text.js";

const AGAIN_MS = 1_000;
/** @type {Map<string, Promise<Text>>} */
const opened = new Map();

/** @param {string} name @param {import("./preferences.js").Language} language @returns {Promise<Text>} */
export function wordsOf(name, language) {
  const file = `${name}.${language}`;
  const words = opened.get(file) ?? read(file).then((found) => new Text(language, found));
  words.catch(() => opened.delete(file)); // the next who asks tries again
  opened.set(file, words);
  return words;
}

/** The same in both languages, for a module that says nothing before it has its words. @param {string} name @returns {Promise<(text: Text) => Text>} from the page's words to these */
export async function bothOf(name) {
  const [zh, en] = await Promise.all([wordsOf(name, "zh"), wordsOf(name, "en")]);
  return ({ language }) => (language === "zh" ? zh : en);
}

/** Waits for a hub that is away: a module that failed for want of its words would stay away until the page is loaded anew. @param {string} file @returns {Promise<Record<string, string>>} */
async function read(file) {
  for (;;) {
    const answer = await fetch(new URL(`./i18n/${file}.json`, import.meta.url)).catch(() => null);
    if (answer) return answer.json();
    await new Promise((again) => setTimeout(again, AGAIN_MS));
  }
}
