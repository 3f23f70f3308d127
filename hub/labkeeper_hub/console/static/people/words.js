/** What the people page says, in the reader's language. */
import { labsOf } from "../labs.js";
import { deviceName, pointName } from "../names.js";
import { bothOf } from "../words.js";

export const said = await bothOf("people");

/** Why something was refused. @param {import("../text.js").Text} text @param {string} code */
export const whyNot = (text, code) => said(text).word("peoplewhy", code) ?? said(text).t("people.failed");

/** @param {import("../text.js").Text} text @param {string} role */
export const roleWord = (text, role) => said(text).word("peoplerole", role) ?? role;

/** @param {import("../text.js").Text} text @param {string} action */
export const actionWord = (text, action) => said(text).word("peopleaction", action) ?? action;

/** A role, its place and its end: "teacher · Lab 301 · Bench 3 only · until Friday 27 November, 17:00". @param {import("../element.js").Desk} desk @param {import("./api.js").Grant} grant */
export function grantWords(desk, grant) {
  const { text } = desk;
  const t = said(text);
  const parts = [roleWord(text, grant.role), ...placeWords(desk, grant)];
  if (grant.until_ms !== null) parts.push(t.t(grant.until_ms > desk.store.now() ? "people.until" : "people.ended", { time: dayWords(text, grant.until_ms) }));
  return parts.join(" · ");
}

/** From the widest to the narrowest; what the registry has no name for keeps its id. @param {import("../element.js").Desk} desk @param {import("./api.js").Grant} grant */
function placeWords({ text, store }, grant) {
  const t = said(text);
  const lab = labsOf(store).find((one) => one.school === grant.school && one.lab === grant.lab);
  const device = [...store.devices.values()].find((one) => one.school === grant.school && one.node === grant.node && one.device === grant.device);
  const point = device?.points.find((one) => one.point === grant.point);
  const wide = grant.lab ? text.title(lab?.title, grant.lab) : grant.school ? t.t("people.school", { school: grant.school }) : "";
  const bench = grant.bench && /^\d+$/.test(grant.bench) ? text.t("lab.bench", { n: grant.bench }) : grant.bench;
  const narrow = [bench, device ? deviceName(text, device) : [grant.node, grant.device].filter(Boolean).join(" "), device && point ? pointName(text, device, point) : grant.point].filter(Boolean);
  if (narrow.length) narrow[narrow.length - 1] = t.t("people.only", { what: narrow[narrow.length - 1] ?? "" });
  return wide || narrow.length ? [wide, ...narrow].filter(Boolean) : [t.t("people.everywhere")];
}

const SOON_MS = 86_400_000;

/** Whether a right ends within a day, or has ended. @param {import("../element.js").Desk} desk @param {import("./api.js").Grant} grant */
export const endsSoon = ({ store }, { until_ms }) => until_ms !== null && until_ms - store.now() < SOON_MS;

/** Day of the week, date and time. @param {import("../text.js").Text} text @param {number} time_ms */
const dayWords = (text, time_ms) => new Intl.DateTimeFormat(text.locale, { weekday: "long", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(time_ms);
