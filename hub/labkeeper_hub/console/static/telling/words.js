/** A rule of telling in words: which alarms, who hears of them when, and what follows if nobody acknowledges. */
import { labsOf } from "../labs.js";

/** @typedef {{words: import("../text.js").Text, desk: import("../element.js").Desk}} Speaking */

/** @param {Speaking} by */
const marks = ({ desk }) => (desk.text.language === "zh" ? { comma: "、", to: "至" } : { comma: ", ", to: "–" });

/** What the rule does, a sentence each; which alarms it is for comes first. @param {Speaking} by @param {wire.TellingRule} rule @returns {string[]} */
export function sentences(by, rule) {
  const { words } = by;
  const steps = rule.steps.map((step, number) => stepWords(by, rule, step, number));
  const away = rule.steps.flatMap((step, number) => (number > 0 && rule.steps.slice(0, number).every(({ hours }) => hours) ? [words.t("telling.away", { channel: step.channel, before: rule.steps.slice(0, number).map(({ channel }) => channel).join(marks(by).comma) })] : []));
  const again = rule.repeat_min > 0 ? [words.t("telling.repeat", { count: rule.repeat_min })] : [];
  return [which(by, rule), ...steps, ...again, ...away];
}

/** @param {Speaking} by @param {wire.TellingRule} rule @param {wire.TellingStep} step @param {number} number */
function stepWords(by, { steps }, { channel, after_min: count, hours }, number) {
  const key = count <= (steps[0]?.after_min ?? 0) ? (count > 0 ? "telling.step_after" : "telling.step") : "telling.step_unless";
  return by.words.t(number === 0 && count > 0 ? "telling.step_after" : key, { channel, count, hours: hoursWords(by, hours) });
}

/** @param {Speaking} by @param {wire.TellingRule} rule */
function which(by, rule) {
  const { words } = by;
  const labs = rule.labs.map((lab) => labTitle(by.desk, lab));
  const classes = rule.classes.map((one) => words.word("tellingclass", one) ?? one);
  const roles = rule.roles.map((one) => words.word("tellingrole", one) ?? one);
  const picks = [...rule.schools, ...labs, ...classes, ...roles];
  return words.t("telling.picks", { which: picks.length > 0 ? picks.join(marks(by).comma) : words.t("telling.all"), priority: words.word("tellingpriority", rule.priority) ?? rule.priority });
}

/** @param {import("../element.js").Desk} desk @param {string} lab */
export const labTitle = ({ store, text }, lab) => text.title(labsOf(store).find((one) => one.lab === lab)?.title, lab);

/** @param {Speaking} by @param {wire.TellingHours | null} hours */
export function hoursWords(by, hours) {
  const { words } = by;
  if (!hours) return words.t("telling.always");
  const { comma, to } = marks(by);
  const days = runs(hours.days).map(([from, until]) => (from === until ? day(words, from) : `${day(words, from)}${to}${day(words, until)}`)).join(comma);
  const next = hours.end <= hours.start ? words.t("telling.next_day") : "";
  return `${days} ${hours.start}–${next}${hours.end}${hours.holidays ? `${comma}${words.t("telling.on_holidays")}` : ""}`;
}

/** @param {import("../text.js").Text} words @param {number} number */
const day = (words, number) => words.word("tellingday", String(number)) ?? String(number);

/** Days in a row, as first and last. @param {number[]} days @returns {[number, number][]} */
function runs(days) {
  /** @type {[number, number][]} */
  const found = [];
  for (const one of [...days].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last && last[1] === one - 1) last[1] = one;
    else found.push([one, one]);
  }
  return found;
}
