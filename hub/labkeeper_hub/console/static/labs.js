/** Which labs there are and what stands on which bench, worked out from the devices themselves. */
import { nodeKey } from "./keys.js";

/** @typedef {{key: string, school: string, lab: string, title: wire.Title | null}} LabView */
/** @typedef {{bench: string | null, devices: wire.Device[]}} Bench */

const natural = new Intl.Collator("zh-CN", { numeric: true });

/** The lab a device is in; a foreign gateway's devices may be in none. @param {import("./store.js").Store} store @param {wire.Device} device */
const labOf = (store, device) => device.lab ?? store.nodes.get(nodeKey(device))?.lab ?? "";

/** @param {import("./store.js").Store} store @returns {LabView[]} */
export function labsOf(store) {
  /** @type {Map<string, LabView>} */
  const labs = new Map();
  for (const { school, lab, title } of store.labs) labs.set(`${school}/${lab}`, { key: `${school}/${lab}`, school, lab, title });
  for (const device of store.devices.values()) {
    const lab = labOf(store, device);
    const key = `${device.school}/${lab}`;
    if (!labs.has(key)) labs.set(key, { key, school: device.school, lab, title: null });
  }
  return [...labs.values()].sort((a, b) => natural.compare(a.key, b.key));
}

/** @param {import("./text.js").Text} text @param {LabView | null} lab */
export const labName = (text, lab) => (lab ? text.title(lab.title, lab.lab || text.t("lab.other")) : "Labkeeper");

/** The whole lab's lease. @param {import("./store.js").Store} store @param {LabView | null} lab */
export const leaseOf = (store, lab) => store.leases.find((one) => one.school === lab?.school && one.lab === lab.lab && !one.bench && !one.device && !one.given_from);

/** The lesson that is on. @param {import("./store.js").Store} store @param {{school: string, lab: string} | null} lab */
export const lessonOf = (store, lab) => store.lessons.find((one) => one.school === lab?.school && one.lab === lab.lab);

/** What the hub derives from a device is shown with that device. @param {import("./store.js").Store} store @param {LabView} lab @returns {wire.Device[]} */
export function devicesOf(store, lab) {
  return [...store.devices.values()].filter((device) => !device.node.startsWith("#") && device.school === lab.school && labOf(store, device) === lab.lab);
}

/** The room's own devices first, then bench by bench. @param {wire.Device[]} devices @returns {Bench[]} */
export function benchesOf(devices) {
  /** @type {Map<string, Bench>} */
  const benches = new Map();
  for (const device of devices) {
    const bench = benches.get(device.bench ?? "") ?? { bench: device.bench || null, devices: [] };
    bench.devices.push(device);
    benches.set(device.bench ?? "", bench);
  }
  for (const { devices: found } of benches.values()) found.sort((a, b) => natural.compare(a.device, b.device));
  return [...benches.values()].sort((a, b) => natural.compare(a.bench ?? "", b.bench ?? ""));
}
