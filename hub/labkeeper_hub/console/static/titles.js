/** Whom pseudonyms stand for: read when one is shown that is not known yet. The hub tells staff of staff, and nobody else. */
import { LEASES, STOPS } from "./store.js";

/** @param {import("./store.js").Store} store @param {string} name */
export async function read(store, name) {
  if (store.titles.has(name)) return;
  store.titles.set(name, name); // asked for once: whoever is not told stays a pseudonym
  const answer = await fetch("/api/v1/colleagues").catch(() => null);
  if (!answer?.ok) return void store.titles.delete(name);
  for (const one of (await answer.json()).colleagues) store.titles.set(one.name, one.title);
  for (const key of [LEASES, STOPS]) store.tell(key);
}
