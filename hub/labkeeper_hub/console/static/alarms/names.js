/** What people see of an alarm: where it is, how urgent, in which state; a sign beside every word. */
import { html } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { deviceKey } from "../keys.js";
import { labName, labsOf } from "../labs.js";
import { deviceName, pointName, valueWithUnit } from "../names.js";

const MINUTE_MS = 60_000;

/** Kinds of a level whose value is in a unit of its own. */
const UNLIKE = ["stale", "stuck", "count", "rate"];

/** Each priority has a shape of its own. @param {wire.Priority} priority */
export const sign = (priority) => icon(/** @type {const} */ ({ high: "halt", medium: "warning", low: "clock" })[priority] ?? "clock");

/** @param {wire.Alarm} alarm */
export const unacknowledged = ({ core }) => core === "unack" || core === "rtn_unack" || core === "latched_unack";

/** The most urgent first. @param {wire.Alarm} one @param {wire.Alarm} other */
export const byUrgency = (one, other) => urgency(other) - urgency(one) || other.raised_ms - one.raised_ms;

/** @param {wire.Alarm} alarm */
const urgency = ({ annunciated, safety, priority }) => (annunciated ? 8 : 0) + (safety ? 4 : 0) + ["low", "medium", "high"].indexOf(priority);

/** @param {import("../element.js").Desk} desk @param {import("../text.js").Text} words @param {wire.AlarmId} one */
export function place({ store, text }, words, one) {
  const device = store.devices.get(deviceKey(one));
  if (!device) return one.device || one.node || one.school || words.t("alarm.broker");
  const point = device.points.find((known) => known.point === one.point);
  return point ? `${deviceName(text, device)} · ${pointName(text, device, point)}` : deviceName(text, device);
}

/** The same with its lab before it: where several labs are spoken of. @param {import("../element.js").Desk} desk @param {import("../text.js").Text} words @param {wire.AlarmId} one */
export function placeInSchool(desk, words, one) {
  const lab = "lab" in one && one.lab ? String(one.lab) : desk.store.devices.get(deviceKey(one))?.lab;
  const found = labsOf(desk.store).find((view) => view.school === one.school && view.lab === lab);
  return [...new Set([found && labName(desk.text, found), place(desk, words, one)])].filter(Boolean).join(" · ");
}

/** What the interlock itself says is to be done, of the alarm of its latch. @param {import("../element.js").Desk} desk @param {wire.AlarmId} one */
export function advice({ store, text }, one) {
  const said = one.point.endsWith("/tripped") && one.point.replace(/tripped$/, "advice");
  return text.title(store.devices.get(deviceKey(one))?.points.find(({ point }) => point === said)?.title, "");
}

/** So long a time, in the unit people would say it in. @param {import("../text.js").Text} words @param {number} length_ms */
export function length(words, length_ms) {
  if (length_ms < MINUTE_MS) return words.t("alarm.seconds", { count: Math.round(length_ms / 1000) });
  const minutes = Math.round(length_ms / MINUTE_MS);
  return minutes < 60 ? words.t("alarm.minutes", { count: minutes }) : words.t("alarm.hours", { count: words.number(minutes / 60, minutes % 60 ? 1 : 0) });
}

/** `>=` as people write it. @param {string} side */
export const compared = (side) => ({ ">=": "≥", "<=": "≤" })[side] ?? side;

/** Whether the hub itself sees it: then there is no limit to it. @param {wire.AlarmRule} rule */
export const seenByHub = (rule) => rule.points.some((point) => point.startsWith("#"));

/** A school, or one of its labs. @param {import("../element.js").Desk} desk @param {import("../text.js").Text} words @param {wire.AlarmPlace} where */
export function placeName({ store, text }, words, { school, lab }) {
  if (lab === null) return words.t("alarm.whole_school", { school });
  return text.title(labsOf(store).find((one) => one.school === school && one.lab === lab)?.title, lab);
}

/** How much it was, in what is measured; "" of what counts times or seconds. @param {import("../element.js").Desk} desk @param {wire.AlarmId & {value: number | null, level: string}} one @param {wire.AlarmRule | undefined} rule */
export function measured({ store, text }, one, rule) {
  if (UNLIKE.includes(rule?.levels.find(({ name }) => name === one.level)?.kind ?? "")) return "";
  const point = store.devices.get(deviceKey(one))?.points.find((known) => known.point === one.point);
  return point && one.value !== null ? valueWithUnit(text, point, point.type === "bool" ? Boolean(one.value) : one.value) : "";
}

/** @param {import("../text.js").Text} words @param {wire.Alarm} alarm */
export const stateWord = (words, alarm) => words.word("alarmcore", alarm.core) ?? alarm.core;

/** @param {import("../text.js").Text} words @param {wire.Priority} priority */
export const priorityMark = (words, priority) =>
  html`<span class="alarm-priority is-${priority}">${sign(priority)}${words.word("alarmpriority", priority)}</span>`;

/** @param {import("../text.js").Text} words @param {unknown} error */
export function refusal(words, error) {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return words.word("alarmrefused", code) ?? words.t("alarm.failed");
}
