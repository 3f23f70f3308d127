/** Runs with why: what was seen, what became of each command; and a strip of them over time. */
import { html, nothing, svg } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { missedWords, pointWords } from "../lessons/api.js";
import { outcomeWord } from "../outcome.js";

/** @typedef {import("../text.js").Text} Text */
/** @typedef {import("../element.js").Desk} Desk */

const WIDTH = 1000;
const DAY_MS = 86_400_000;

/** What a run came to, in words. @param {Text} words @param {wire.AutomationRun} run */
export function outcomeWords(words, { why, outcome, results }) {
  if (why) return words.word("autowhy", why) ?? why;
  if (results.length === 0) return words.t("auto.would");
  const done = results.filter(({ state }) => state === "done").length;
  return words.t(outcome === "done" ? "auto.done" : "auto.partly", { done, of: results.length });
}

/** @param {Desk} desk @param {Text} words @param {wire.AutomationRun[]} runs */
export const runList = (desk, words, runs) => html`<ul class="auto-runs">${runs.map((run) => html`<li class=${run.why ? "held" : run.outcome}>
  <span class="auto-outcome">${icon(run.why ? "waiting" : run.outcome === "partly" ? "warning" : "check")}<time>${desk.text.moment(run.at_ms)}</time> <strong>${outcomeWords(words, run)}</strong></span>
  ${run.parts.map((part) => html`<span class="auto-part small">${partWords(desk, words, part)}</span>`)}
  ${run.results.filter(({ state }) => state !== "done").map((one) => html`<span class="auto-part small">${pointWords(desk, one)} · ${missedWords(desk, one) || outcomeWord(desk.text, one.state)}</span>`)}</li>`)}</ul>`;

/** @param {Desk} desk @param {Text} words @param {wire.AutomationPart} part */
function partWords(desk, words, { text, words: told, truth, seen }) {
  const how = words.t(truth === true ? "auto.so" : truth === false ? "auto.not_so" : "auto.not_known");
  const values = seen.map(({ input, value }) => `${input} = ${typeof value === "number" ? +value.toFixed(2) : value}`).join(", ");
  return html`<em>${desk.text.title(told, text)}</em> ${how}${values ? words.t("auto.seen", { seen: values }) : nothing}`;
}

/** Where in the span it acted (full) and where something held it up (hollow). @param {Text} words @param {wire.AutomationRun[]} runs @param {number} from_ms @param {number} to_ms */
export function strip(words, runs, from_ms, to_ms) {
  const at = (/** @type {number} */ time_ms) => ((time_ms - from_ms) / (to_ms - from_ms)) * WIDTH;
  const acted = runs.filter(({ why }) => !why).length;
  const days = Array.from({ length: Math.floor((to_ms - from_ms) / DAY_MS) }, (_, day) => from_ms + (day + 1) * DAY_MS);
  return html`<svg class="auto-strip" viewBox="0 0 ${WIDTH} 48" preserveAspectRatio="none" role="img" aria-label=${words.t("auto.tried", { acted, held: runs.length - acted })}>
    ${days.map((day) => svg`<path class="day" d="M${at(day)} 0v48"/>`)}<path class="base" d="M0 40h${WIDTH}"/>
    ${runs.map((run) => svg`<path class=${run.why ? "held" : "acted"} d="M${at(run.at_ms)} ${run.why ? 26 : 6}V40"/>`)}</svg>`;
}
