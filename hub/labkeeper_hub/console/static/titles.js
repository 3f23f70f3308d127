/** Whom pseudonyms stand for: read when one is shown that is not known yet. The hub tells staff of staff, and nobody else.
 * The owner has no name: what they are called is a word of the reader's language. */
import { language } from "./preferences.js";
import { wordsOf } from "./words.js";

const [zh, en] = await Promise.all([wordsOf("titles", "zh"), wordsOf("titles", "en")]);

/** @param {Map<string, string>} titles */
function callOwner(titles) {
  titles.set("owner", (language() === "zh" ? zh : en).t("titles.owner"));
}

/** @param {Map<string, string>} titles by pseudonym, filled here @param {string} name @returns {Promise<boolean>} whether there are more than before */
export async function read(titles, name) {
  if (titles.has(name)) return false;
  if (name === "owner") {
    callOwner(titles);
    new MutationObserver(() => callOwner(titles)).observe(document.documentElement, { attributeFilter: ["lang"] });
    return true;
  }
  titles.set(name, name); // asked for once: whoever is not told stays a pseudonym
  const answer = await fetch("/api/v1/colleagues").catch(() => null);
  if (!answer?.ok) {
    titles.delete(name);
    return false;
  }
  for (const one of (await answer.json()).colleagues) titles.set(one.name, one.title);
  return true;
}
