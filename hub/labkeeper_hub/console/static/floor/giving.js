/** What of a bench can be given to its pupils, and within which limits. Pure. */

/** @typedef {{device: wire.Device, point: wire.Point}} Giveable */

/** @param {wire.Device[]} devices @returns {Giveable[]} */
export const giveable = (devices) => devices.flatMap((device) => device.points.filter((point) => point.writable).map((point) => ({ device, point })));

/** Whether the point has a range that can be narrowed. @param {wire.Point} point */
export const bounded = (point) => (point.type === "float" || point.type === "int") && point.minimum !== null && point.maximum !== null;

/** The least and the most that can be chosen as a limit; what turns both ways is limited both ways. @param {wire.Point} point */
export function ceiling(point) {
  const [minimum, maximum] = [point.minimum ?? 0, point.maximum ?? 0];
  const span = maximum - Math.max(0, minimum);
  const step = point.step ?? (point.type === "int" ? 1 : 10 ** Math.floor(Math.log10((span || 1) / 20)));
  return { minimum: minimum < 0 && maximum > 0 ? 0 : minimum, maximum, step };
}

/** @param {Giveable} one @param {number | null} most null: without a limit of ours @returns {wire.Given} */
export function given({ device, point }, most) {
  const { node, device: name } = device;
  const whole = most === null || !bounded(point) || most >= (point.maximum ?? 0);
  const both = (point.minimum ?? 0) < 0 && (point.maximum ?? 0) > 0;
  const minimum = !whole && both ? Math.max(point.minimum ?? 0, -(most ?? 0)) : null;
  return { node, device: name, point: point.point, minimum, maximum: whole ? null : most };
}

/** What was given of a point, if anything. @param {wire.Lease | undefined} floor @param {wire.DeviceId} device @param {string} point */
export const givenOf = (floor, device, point) => floor?.points?.find((one) => one.node === device.node && one.device === device.device && one.point === point);
