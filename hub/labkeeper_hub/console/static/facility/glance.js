/** How a lab is, in counts, and which needs somebody first. Pure: worked out from the store alone. */
import { unacknowledged } from "../alarms/names.js";
import { devicesOf, leaseOf, lessonOf } from "../labs.js";

/**
 * @typedef {object} Glance
 * @property {import("../labs.js").LabView} lab
 * @property {number} devices
 * @property {number} online
 * @property {wire.Node[]} silent nodes that are not heard
 * @property {Record<wire.Priority, number>} alarms that stand and that nothing suppresses
 * @property {Set<wire.Priority>} calling those of which nobody has acknowledged one
 * @property {number | null} heard_ms when the newest of its nodes was last heard
 * @property {boolean} stopped
 * @property {wire.Node[]} unguarded nodes that do not run the interlocks that were approved
 * @property {{until_ms: number, lesson: boolean} | null} held
 */

/** @param {import("../store.js").Store} store @param {import("../labs.js").LabView} lab @returns {Glance} */
export function glance(store, lab) {
  const devices = devicesOf(store, lab).filter(({ device }) => device); // without an id: the node itself
  const nodes = [...store.nodes.values()].filter((one) => one.school === lab.school && one.lab === lab.lab);
  const alarms = [...store.alarms.values()].filter((one) => one.school === lab.school && one.lab === lab.lab && stands(one));
  const lesson = lessonOf(store, lab);
  const held = lesson ?? leaseOf(store, lab);
  return {
    lab,
    devices: devices.length,
    online: devices.filter((one) => store.isOnline(one)).length,
    silent: nodes.filter((one) => !one.online),
    unguarded: nodes.filter((one) => one.interlocks_differ),
    alarms: { high: count(alarms, "high"), medium: count(alarms, "medium"), low: count(alarms, "low") },
    calling: new Set(alarms.filter(unacknowledged).map(({ priority }) => priority)),
    heard_ms: nodes.length ? Math.max(...nodes.map((one) => one.last_seen_ms ?? 0)) || null : null,
    stopped: store.stops.some((one) => one.school === lab.school),
    held: held ? { until_ms: held.until_ms, lesson: Boolean(lesson) } : null,
  };
}

/** @param {wire.Alarm} alarm */
const stands = ({ core, suppression }) => core !== "norm" && suppression === "not_suppressed";

/** How many alarms stand that are of no lab: the broker's, a school's, a channel's. @param {import("../store.js").Store} store */
export const outsideLabs = (store) => [...store.alarms.values()].filter((one) => !one.lab && stands(one)).length;

/** @param {wire.Alarm[]} alarms @param {wire.Priority} priority */
const count = (alarms, priority) => alarms.filter((one) => one.priority === priority).length;

/** What it weighs that somebody should look; 0: nothing. @param {Glance} one */
export function urgency({ alarms, calling, silent, unguarded, devices, online }) {
  const { high, medium, low } = alarms;
  return (calling.size > 0 ? 1e6 : 0) + 1e5 * high + 1e4 * (silent.length + unguarded.length) + 1e3 * medium + 10 * low + (devices - online);
}

/** The lab that needs somebody most comes first; equal ones keep their order. @param {Glance[]} all */
export const byUrgency = (all) => [...all].sort((one, other) => urgency(other) - urgency(one));
