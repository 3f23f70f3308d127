/** Why a command came to nothing, in the reader's words: comes with the first that does. */
import { deviceKey } from "./keys.js";
import { bothOf } from "./words.js";

/** @typedef {{code: string | null, message: string | null, target: wire.PointId}} Refused */

const say = await bothOf("refusals");

/** Empty where nothing is known. @param {import("./element.js").Desk} desk @param {Refused} refused */
export const why = (desk, refused) => (refused.code === "interlock" ? interlockWords(desk, refused) : say(desk.text).word("code", refused.code ?? "") ?? refused.message ?? "");

/** Which rule forbids it, for what, since when, and what to do: the node's birth has the rule's words. @param {import("./element.js").Desk} desk @param {Refused} refused */
function interlockWords({ text, store }, { message, target }) {
  const words = say(text);
  const [, rule, plain, since, zh, en] = /^(\S+): (.*?); since ([\dTZ:-]+)(?:; ([^|]*) \| ([^|]*))?$/.exec(message ?? "") ?? [];
  const points = store.devices.get(deviceKey({ ...target, device: "interlocks" }))?.points ?? [];
  const [title, advice] = ["state", "advice"].map((leaf) => text.title(points.find((one) => one.point === `${rule}/${leaf}`)?.title, ""));
  if (!title) return message || words.t("code.interlock");
  return words.t("interlock.refused", { title, because: (text.language === "zh" ? zh : en) ?? plain, advice, since: text.clock(Date.parse(since)) });
}
