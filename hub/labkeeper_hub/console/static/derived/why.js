/** Why something derived has no value yet: one of its inputs has none, or its formula wants more. Comes with the first such tile. */
import { deviceKey, pointKey } from "../keys.js";
import { bothOf } from "../words.js";

/** @typedef {import("../element.js").Desk} Desk */

const AGAIN_MS = 60_000;
const say = await bothOf("derived");

/** What is derived and from what, by its point. @type {Map<string, wire.Derived>} */
let known = new Map();
let asked_ms = -AGAIN_MS;

/** In words; "" as long as it is not known. @param {Desk} desk @param {wire.PointId} target @returns {string} */
export function whyNone(desk, target) {
  const one = known.get(pointKey(target));
  if (!one) void read(desk);
  else if (one.inputs.some((input) => !told(desk.store, input))) return say(desk.text).t("derived.input");
  return (one && say(desk.text).word("derivedwhy", one.formula)) ?? "";
}

/** Whether an input has a value now. @param {import("../store.js").Store} store @param {wire.PointId} input */
function told(store, input) {
  const device = store.devices.get(deviceKey(input));
  const latest = store.latest.get(pointKey(input));
  return device !== undefined && store.isOnline(device) && latest !== undefined && latest.value !== null;
}

/** Asked for by the first tile, for all; what is new since then by whoever misses it, now and then. @param {Desk} desk */
async function read({ store }) {
  if (performance.now() - asked_ms < AGAIN_MS) return;
  asked_ms = performance.now();
  const answer = await fetch("/api/v1/derived").catch(() => null);
  if (!answer?.ok) return;
  known = new Map((await answer.json()).derived.map((/** @type {wire.Derived} */ one) => [pointKey(one.point), one]));
  for (const key of known.keys()) store.tell(key);
}
