/** What is said of the school's own accounts, and how a visit to their provider ended. */
import { bothOf } from "../words.js";

export const said = await bothOf("school");

/** @typedef {{offered: boolean, title: wire.Title, hub_url: string, came: boolean}} Offer */

/** What the hub offers. @returns {Promise<Offer | null>} null: nothing */
export async function offered() {
  const answer = await fetch("/api/v1/session/oidc").catch(() => null);
  const offer = answer?.ok ? await answer.json() : null;
  return offer?.offered ? offer : null;
}

/** How the visit ended, taken out of the address so that a reload does not say it again. */
export function takeEnd() {
  const end = new URLSearchParams(location.search).get("school");
  if (end !== null) history.replaceState(null, "", location.pathname + location.hash);
  return end;
}

/** Why it did not work. @param {import("../text.js").Text} text @param {string} code */
export const whyNot = (text, code) => said(text).word("schoolwhy", code) ?? said(text).t("school.failed");
