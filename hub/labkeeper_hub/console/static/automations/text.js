/** From what a form says to the text of an automation. Pure. */

/**
 * @typedef {object} Fields
 * @property {string} id
 * @property {{zh: string, en: string}} name one stands in for the other
 * @property {{school: string, lab: string}} lab
 * @property {"point" | "empty" | "lesson_over" | "time"} when
 * @property {wire.PointId & {type: wire.Point["type"], unit: string} | null} input
 * @property {string} sign
 * @property {string} limit
 * @property {number} minutes
 * @property {string} at
 * @property {boolean} only_empty
 * @property {string} from
 * @property {string} to
 * @property {{scene?: string, lamps?: boolean, point?: wire.PointId, value?: wire.Value}} then
 */

const quoted = (/** @type {unknown} */ value) => JSON.stringify(value);

/** @param {Fields} fields @returns {string} TOML */
export function textOf(fields) {
  const { id, name, lab, input } = fields;
  const zh = name.zh || name.en || id;
  const lines = [
    `id = ${quoted(id)}`,
    `title = { zh = ${quoted(zh)}, en = ${quoted(name.en || zh)} }`,
    `school = ${quoted(lab.school)}`,
    `lab = ${quoted(lab.lab)}`,
    "",
    trigger(fields),
  ];
  if (fields.only_empty && fields.when !== "empty") lines.push('needs = "empty"');
  if (fields.from && fields.to && fields.from !== fields.to) lines.push(`between = ${quoted(`${fields.from}-${fields.to}`)}`);
  lines.push(`then = [${deed(fields.then)}]`);
  if (fields.when === "point" && input) lines.push("", ...inputLines(input));
  return `${lines.join("\n")}\n`;
}

/** @param {Fields} fields */
function trigger(fields) {
  if (fields.when === "time") return `at = ${quoted(fields.at)}`;
  return `when = ${quoted(lasting(condition(fields), fields.minutes))}`;
}

/** @param {string} condition @param {number} minutes */
const lasting = (condition, minutes) => (minutes > 0 ? `${condition.startsWith("not ") ? `(${condition})` : condition} for ${minutes} min` : condition);

/** @param {Fields} fields */
function condition({ when, input, sign, limit }) {
  if (when === "empty") return "empty";
  if (when === "lesson_over") return "not lesson";
  if (input?.type === "bool") return sign === "off" ? "not seen" : "seen";
  if (input?.type === "str") return `seen == ${quoted(limit)}`;
  return `seen ${sign} ${limit || "0"} ${input?.unit ?? ""}`.trim();
}

/** @param {Fields["then"]} then */
function deed({ scene, lamps, point, value }) {
  if (scene !== undefined) return `{ scene = ${quoted(scene)} }`;
  if (point === undefined) return `{ lamps = ${lamps === true} }`;
  return `{ node = ${quoted(point.node)}, device = ${quoted(point.device)}, point = ${quoted(point.point)}, value = ${quoted(value)} }`;
}

/** @param {wire.PointId & {type: wire.Point["type"], unit: string}} input */
function inputLines({ node, device, point, type, unit }) {
  const kind = type === "bool" ? "bool" : type === "str" ? "text" : "number";
  const lines = ["[inputs.seen]", `node = ${quoted(node)}`, `device = ${quoted(device)}`, `point = ${quoted(point)}`, `type = ${quoted(kind)}`];
  return kind === "number" && unit ? [...lines, `unit = ${quoted(unit)}`, 'max_age = "10 min"'] : lines;
}
