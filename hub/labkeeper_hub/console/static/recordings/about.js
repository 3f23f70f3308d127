/** What an experiment is about: what is measured and what is driven, not what devices tell of themselves. */
import { deviceKey, pointKey } from "../keys.js";

/** What somebody pressed last on the lab's page. @typedef {{device: string, point: string}} About by deviceKey; the point may be "" */

const kinds = new Set(["measure", "switch", "setpoint"]);
const radio = new Set(["{lqi}", "dB{mW}"]); // units of what a radio hears
const parts = new Set(["update", "stats", "wifi", "ups"]); // groups of points: of a device's firmware, its load, its radio, its supply
const itself = /^(battery|linkquality$|link_quality$|rssi$|signal(_strength)?$|uptime$|update|device_temperature$|tC$)|(_fps|-hours|_uptime)$/;

/** Whether an experiment may be about it. @param {wire.Device} device @param {wire.Point} point */
export function isOfExperiments(device, point) {
  const [leaf, ...groups] = point.point.split("/").reverse();
  if (!kinds.has(point.kind) || radio.has(point.unit) || itself.test(leaf)) return false;
  if (groups.some((one) => parts.has(one.replace(/\d+$/, "")))) return false;
  return leaf !== "voltage" || !device.points.some((one) => one.point.startsWith("battery")); // a cell's, not the mains'
}

/** @param {wire.Device} device @param {wire.Point} point */
export const addressOf = ({ school, node, device }, { point }) => pointKey({ school, node, device, point });

/** Everything of these devices that can be recorded. @param {wire.Device[]} devices @returns {string[]} */
export const all = (devices) => devices.flatMap((device) => recordable(device).map((point) => addressOf(device, point)));

/** An action keeps no value. @param {wire.Device} device */
export const recordable = (device) => device.points.filter((point) => point.kind !== "action");

/** What is recorded unless somebody chooses. @param {wire.Device[]} devices @returns {string[]} */
export const usual = (devices) => devices.flatMap((device) => device.points.filter((point) => isOfExperiments(device, point)).map((point) => addressOf(device, point)));

/** Which of a recording's points its curve opens with: what somebody pressed last, else a number of that device, else the first.
 * @param {wire.RecordedPoint[]} points @param {About | null} about @returns {number} */
export function first(points, about) {
  const of = points.map((one) => deviceKey(one) === about?.device);
  const best = [points.findIndex((one, at) => of[at] && one.point === about?.point), points.findIndex((one, at) => of[at] && one.kind === "measure"), of.indexOf(true), 0];
  return /** @type {number} */ (best.find((at) => at >= 0));
}

/** What belongs to a lab's element that was pressed. @param {Element | null} pressed @returns {About | null} */
export function aboutOf(pressed) {
  const card = /** @type {(Element & {key: string}) | null | undefined} */ (pressed?.closest("lk-device"));
  const tile = /** @type {(Element & {point: wire.Point}) | null | undefined} */ (pressed?.closest("lk-tile"));
  return card ? { device: card.key, point: tile?.point.point ?? "" } : null;
}
