/** What the people page says, in the reader's language. */
import { labsOf } from "../labs.js";
import { bothOf } from "../words.js";

export const said = await bothOf("people");

/** Why something was refused. @param {import("../text.js").Text} text @param {string} code */
export const whyNot = (text, code) => said(text).word("peoplewhy", code) ?? said(text).t("people.failed");

/** @param {import("../text.js").Text} text @param {string} role */
export const roleWord = (text, role) => said(text).word("peoplerole", role) ?? role;

/** @param {import("../text.js").Text} text @param {string} action */
export const actionWord = (text, action) => said(text).word("peopleaction", action) ?? action;

/** A role and its place. @param {import("../element.js").Desk} desk @param {import("./api.js").Grant} grant */
export function grantWords({ text, store }, grant) {
  const lab = labsOf(store).find((one) => one.school === grant.school && one.lab === grant.lab);
  const narrower = [grant.bench, grant.node, grant.device, grant.point].filter(Boolean);
  const where = grant.lab ? text.title(lab?.title, grant.lab) : (grant.school ?? (narrower.length ? "" : said(text).t("people.everywhere")));
  const until = grant.until_ms === null ? [] : [said(text).t("people.until", { time: text.moment(grant.until_ms) })];
  return [roleWord(text, grant.role), where, ...narrower, ...until].filter(Boolean).join(" · ");
}
