/** What people see for points and values; ids stay ids only where nobody has given a name. */
import { decimals, sign } from "./units.js";

/** @typedef {import("./text.js").Text} Text */

/** A point's name; where several points of the device have the same, what they belong to stands before it. @param {Text} text @param {wire.Device} device @param {wire.Point} point @returns {string} */
export function pointName(text, device, point) {
  const name = ownName(text, point);
  const group = point.point.split("/").slice(0, -1).join(" ");
  if (!group || device.points.every((other) => other.point === point.point || ownName(text, other) !== name)) return name;
  return `${readable(group)} · ${name}`;
}

/** A title that only repeats the id tells less than our own word. @param {Text} text @param {wire.Point} point @returns {string} */
function ownName(text, { point: id, title }) {
  const leaf = id.split("/").at(-1) ?? id;
  const repeats = (/** @type {string} */ words) => [id, leaf].some((one) => readable(one).toLowerCase() === readable(words).toLowerCase());
  const given = title?.[text.language];
  if (given && !repeats(given)) return given;
  const known = text.word("point", id) ?? text.word("point", leaf);
  if (known) return known;
  const any = text.title(title, id);
  return repeats(any) ? readable(any) : any;
}

/** @param {Text} text @param {wire.Device} device @returns {string} */
export const deviceName = (text, device) => text.title(device.title, device.device || device.node); // without an id: the node itself

/** @param {string} id */
function readable(id) {
  const words = id.replaceAll(/[_/.-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A value without its unit. @param {Text} text @param {wire.Point} point @param {wire.Value | null | undefined} value */
export function valueWord(text, point, value) {
  if (value === null || value === undefined) return "—";
  if (typeof value === "boolean") return truthWord(text, point, value);
  if (typeof value === "number") return text.number(value, decimals(point, value));
  return text.word("option", value.toLowerCase()) ?? value;
}

/** @param {Text} text @param {wire.Point} point @param {boolean} value */
function truthWord(text, point, value) {
  if (point.kind !== "state") return value ? text.t("value.on") : text.t("value.off");
  const leaf = point.point.split("/").at(-1);
  return text.word("state", `${leaf}.${value}`) ?? (value ? text.t("value.yes") : text.t("value.no"));
}

/** A value with its unit. @param {Text} text @param {wire.Point} point @param {wire.Value | null | undefined} value */
export function valueWithUnit(text, point, value) {
  const unit = typeof value === "number" ? sign(point.unit) : "";
  const gap = unit === "" || unit === "°" ? "" : "\u00a0";
  return valueWord(text, point, value) + gap + unit;
}
