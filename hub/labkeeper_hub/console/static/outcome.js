/** The words for what became of a command. */
import { pointKey } from "./keys.js";
import { ASKED } from "./store.js";

/** @typedef {import("./text.js").Text} Text */

/** @param {Text} text @param {string} outcome as asked.js or the hub calls it */
export const outcomeWord = (text, outcome) => text.word("outcome", outcome) ?? outcome;

/** @type {typeof import("./refusals.js") | undefined} */
let refusals;

/** Why, in a sentence; empty where the outcome says it all, and until the words are there. @param {import("./element.js").Desk} desk @param {{code: string | null, message: string | null, target: wire.PointId, outcome: string}} asking */
export function reasonWords(desk, asking) {
  const { text, store } = desk;
  if (asking.code || asking.message) {
    if (!refusals) void import("./refusals.js").then((found) => { refusals = found; store.tell(pointKey(asking.target)); store.tell(ASKED); }, () => {});
    return refusals?.why(desk, asking) ?? "";
  }
  if (asking.outcome === "expired") return text.t("reason.expired");
  if (asking.outcome === "unknown") return text.t("reason.unknown");
  if (asking.outcome === "not_confirmed") return text.t("reason.not_confirmed");
  return "";
}
