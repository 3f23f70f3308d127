/** What the switches of a bench are together. Pure. */
import { deviceKey, pointKey } from "../keys.js";

/** `on` of `total` are known to be on, `unknown` of them are not known. @typedef {{total: number, on: number, unknown: number, targets: {target: wire.PointId, harmless: boolean}[]}} Switches */

/** @param {import("../store.js").Store} store @param {wire.Device[]} devices @returns {Switches} */
export function switchesOf(store, devices) {
  const found = devices.flatMap((device) => device.points.filter((point) => point.kind === "switch" && point.writable).map((point) => {
    const { school, node, device: name } = device;
    const target = { school, node, device: name, point: point.point };
    const latest = store.latest.get(pointKey(target));
    const known = store.isOnline(store.devices.get(deviceKey(device)) ?? device) && latest !== undefined && !latest.stale && latest.value !== null;
    return { target, harmless: point.risk === "none", known, on: known && latest.value === true };
  }));
  return { total: found.length, on: found.filter((one) => one.on).length, unknown: found.filter((one) => !one.known).length, targets: found };
}

/** @param {Switches} switches @returns {"true" | "false" | "mixed"} as aria-checked says it */
export function stateOf({ total, on, unknown }) {
  if (on === total) return "true";
  return on === 0 && unknown === 0 ? "false" : "mixed";
}

/** One press: whatever may be on goes off; where all is off, what does no harm by itself goes on. @param {Switches} switches @returns {wire.Wish[]} */
export function pressed(switches) {
  const on = stateOf(switches) === "false";
  return switches.targets.filter((one) => !on || one.harmless).map((one) => ({ ...one.target, value: on }));
}
