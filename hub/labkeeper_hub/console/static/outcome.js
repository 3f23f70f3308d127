/** The words for what became of a command. */
import { deviceKey } from "./keys.js";

/** @typedef {import("./text.js").Text} Text */

/** @param {Text} text @param {import("./asked.js").Outcome} outcome */
export function outcomeWord(text, outcome) {
  return {
    pending: text.t("outcome.pending"),
    confirmed: text.t("outcome.confirmed"),
    not_confirmed: text.t("outcome.not_confirmed"),
    rejected: text.t("outcome.rejected"),
    failed: text.t("outcome.failed"),
    expired: text.t("outcome.expired"),
    unknown: text.t("outcome.unknown"),
  }[outcome];
}

/** Why, in a sentence; empty where the outcome says it all. @param {import("./element.js").Desk} desk @param {import("./asked.js").Asking} asking */
export function reasonWords({ text, store }, asking) {
  if (asking.code === "interlock") return interlockWords(text, store, asking);
  const known = asking.code ? text.word("code", asking.code) : undefined;
  if (known) return known;
  if (asking.message) return asking.message;
  if (asking.outcome === "expired") return text.t("reason.expired");
  if (asking.outcome === "unknown") return text.t("reason.unknown");
  if (asking.outcome === "not_confirmed") return text.t("reason.not_confirmed");
  return "";
}

/** Which rule forbids it, for what, since when, and what to do: the node's birth has the words. @param {Text} text @param {import("./store.js").Store} store @param {import("./asked.js").Asking} asking */
function interlockWords(text, store, { message, target }) {
  const [, rule, because, since] = /^(\S+): (.*); since (\S+)$/.exec(message ?? "") ?? [];
  const points = store.devices.get(deviceKey({ ...target, device: "interlocks" }))?.points ?? [];
  const [title, advice] = ["state", "advice"].map((leaf) => text.title(points.find((one) => one.point === `${rule}/${leaf}`)?.title, ""));
  if (!title || !because || !since) return message || text.t("code.interlock");
  return text.t("interlock.refused", { title, because, advice: advice ?? "", since: text.clock(Date.parse(since)) });
}
