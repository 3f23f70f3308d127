/** The words for what became of a command. */

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

/** Why, in a sentence; empty where the outcome says it all. @param {Text} text @param {import("./asked.js").Asking} asking */
export function reasonWords(text, asking) {
  const known = asking.code ? text.word("code", asking.code) : undefined;
  if (known) return known;
  if (asking.message) return asking.message;
  if (asking.outcome === "expired") return text.t("reason.expired");
  if (asking.outcome === "unknown") return text.t("reason.unknown");
  if (asking.outcome === "not_confirmed") return text.t("reason.not_confirmed");
  return "";
}
