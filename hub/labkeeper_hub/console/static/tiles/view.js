/** What a tile may claim about its point right now. */
import { deviceKey, pointKey } from "../keys.js";
import { pointName } from "../names.js";

/** @typedef {import("../element.js").Desk} Desk */
/** @typedef {import("../asked.js").Asking} Asking */
/**
 * @typedef {object} View
 * @property {Desk} desk
 * @property {wire.Device} device
 * @property {wire.Point} point
 * @property {string} name
 * @property {string} id unique in the page, for labels
 * @property {wire.Latest | undefined} latest
 * @property {boolean} alive link, node and device are there: it can be asked for something
 * @property {boolean} fresh the value is what the device says now; else it is only the last one known
 * @property {number | null} age_ms of the value, by the device's clock
 * @property {Asking | undefined} asking what this page asked for
 * @property {boolean} elsewhere somebody else's command is under way
 */

const GOOD = 192;

/** @param {Desk} desk @param {wire.Device} device @param {wire.Point} point @returns {View} */
export function viewOf(desk, device, point) {
  const { store, asked } = desk;
  const key = pointKey({ ...device, point: point.point });
  const latest = store.latest.get(key);
  const alive = store.link === "up" && store.isOnline(store.devices.get(deviceKey(device)) ?? device);
  const fresh = alive && isGood(latest);
  const asking = asked.get(key);
  const age_ms = latest?.time_ms ? Math.max(0, store.now() - latest.time_ms) : null;
  const elsewhere = alive && isElsewhere(store.underWay.get(key), asking, store.now());
  return { desk, device, point, name: pointName(desk.text, device, point), id: `p/${key}`, latest, alive, fresh, age_ms, asking, elsewhere };
}

/** @param {wire.Latest | undefined} latest @returns {latest is wire.Latest & {value: wire.Value}} */
export const isGood = (latest) => latest !== undefined && latest.value !== null && !latest.stale && latest.quality === GOOD;

/** @param {wire.Command | undefined} command @param {Asking | undefined} asking @param {number} now_ms */
function isElsewhere(command, asking, now_ms) {
  return command !== undefined && command.id !== asking?.id && now_ms < command.deadline_ms;
}

/** @param {View} view @param {wire.Value} value */
export const ask = ({ desk, device, point }, value) => desk.asked.ask(device, point, value);
