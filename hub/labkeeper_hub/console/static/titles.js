/** Whom pseudonyms stand for: read when one is shown that is not known yet. The hub tells staff of staff, and nobody else. */

/** @param {Map<string, string>} titles by pseudonym, filled here @param {string} name @returns {Promise<boolean>} whether there are more than before */
export async function read(titles, name) {
  if (titles.has(name)) return false;
  titles.set(name, name); // asked for once: whoever is not told stays a pseudonym
  const answer = await fetch("/api/v1/colleagues").catch(() => null);
  if (!answer?.ok) {
    titles.delete(name);
    return false;
  }
  for (const one of (await answer.json()).colleagues) titles.set(one.name, one.title);
  return true;
}
