/** What the hub says of itself, as findings: well or not, in words, with what to do. Pure. */

/** @typedef {{name: string, well: boolean, values: Record<string, string | number>, why?: string}} Finding `name` is that of its words; `why`: the hub's own, untranslated */

const SLOW_MS = 250; // the page's own promise, docs/decisions/0005
const NO_VALUES = {};

/** @param {wire.Condition} status @returns {Finding[]} */
export function findings(status) {
  const { journal, influx, broker } = status;
  return [
    { name: "broker", well: broker.connected, values: { messages: status.messages } },
    { name: "journal", well: journal.failing === null, values: { committed: journal.committed, queued: journal.queued }, why: journal.failing ?? undefined },
    { name: "upkeep", well: journal.upkeep.failing === null, values: { size: megabytes(journal.upkeep.file_bytes) }, why: journal.upkeep.failing ?? undefined },
    influx ? { name: "influx", well: !influx.attention, values: { waiting: influx.waiting, quarantined: influx.quarantined }, why: influx.failing ?? undefined }
      : { name: "no_influx", well: true, values: NO_VALUES },
    { name: "workers", well: status.hanging.length === 0, values: { names: status.hanging.join(", ") } },
    { name: "rival", well: !status.host_id_taken, values: NO_VALUES },
    { name: "loop", well: status.loop_lag_ms < SLOW_MS, values: { lag: Math.round(status.loop_lag_ms), pages: status.websocket_clients } },
  ];
}

/** @param {number} bytes */
const megabytes = (bytes) => Math.round(bytes / 1e6);

/** @typedef {{instance: string, state: string, why: string}} DriverState */

/** What a node says of its drivers: its own values have no device. @param {wire.Latest[]} latest @param {wire.Node} node @returns {DriverState[]} */
export function driversOf(latest, node) {
  return own(latest, node, "Driver/").filter(({ value }) => typeof value === "string").map(({ point, value }) => {
    const [state, ...why] = String(value).split(": ");
    return { instance: point.slice("Driver/".length), state, why: why.join(": ") };
  });
}

/** What a node has refused or mended since it started, by reason. @param {wire.Latest[]} latest @param {wire.Node} node */
export function refusedBy(latest, node) {
  return own(latest, node, "Refused/").filter(({ value }) => Number(value) > 0).map(({ point, value }) => ({ reason: point.slice("Refused/".length), count: Number(value) }));
}

/** @param {wire.Latest[]} latest @param {wire.Node} node @param {string} family */
function own(latest, node, family) {
  const found = latest.filter((one) => one.device === "" && one.school === node.school && one.node === node.node && one.point.startsWith(family));
  return found.sort((one, other) => one.point.localeCompare(other.point));
}
