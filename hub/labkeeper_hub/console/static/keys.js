/** Identity on the page: parts joined by `/`, which no id but a point's may hold, and the point comes last. */

/** @param {{school: string, node: string}} id */
export const nodeKey = (id) => `${id.school}/${id.node}`;

/** @param {wire.DeviceId} id */
export const deviceKey = (id) => `${id.school}/${id.node}/${id.device}`;

/** @param {wire.PointId} id */
export const pointKey = (id) => `${id.school}/${id.node}/${id.device}/${id.point}`;

/** @param {wire.AlarmId} id */
export const alarmKey = (id) => `${id.rule}@${pointKey(id)}`;

/** A random (version 4) UUID; `crypto.randomUUID` is missing on plain http, which is how a school reaches its hub. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
