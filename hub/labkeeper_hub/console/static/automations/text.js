/** From what a form says to the text of an automation. Pure. */

/**
 * @typedef {object} Fields
 * @property {string} id
 * @property {{zh: string, en: string}} name one stands in for the other
 * @property {{school: string, lab: string}} lab
 * @property {wire.AutomationCondition[]} triggers any of them; with `at`, none
 * @property {string | null} at
 * @property {wire.AutomationCondition[]} needs all of them
 * @property {string} from
 * @property {string} to
 * @property {wire.AutomationDeed[]} then
 * @property {Record<string, unknown>} kept what the form does not show, and writes as it was
 */

/** What every lab has to say of itself. @type {Record<string, string>} */
const GIVEN = { empty: "empty", used: "not empty", lesson: "lesson", lesson_over: "not lesson", lit: "lit", dark: "not lit" };

const quoted = (/** @type {unknown} */ value) => JSON.stringify(value);

/** @param {Fields} fields @returns {string} TOML */
export function textOf(fields) {
  const { id, name, lab, triggers, at, needs, from, to, then, kept } = fields;
  const zh = name.zh || name.en || id;
  const inputs = inputsOf([...triggers, ...needs]);
  const said = (/** @type {wire.AutomationCondition} */ one) => condition(one, inputs.get(place(one))?.name ?? "");
  const lines = [
    `id = ${quoted(id)}`,
    `title = { zh = ${quoted(zh)}, en = ${quoted(name.en || zh)} }`,
    `school = ${quoted(lab.school)}`,
    `lab = ${quoted(lab.lab)}`,
    "",
    at === null ? `when = ${quoted(triggers.map((one) => lasting(said(one), one.minutes ?? 0)).join(" or "))}` : `at = ${quoted(at)}`,
  ];
  if (needs.length > 0) lines.push(`needs = ${quoted(needs.map(said).join(" and "))}`);
  if (from && to && from !== to) lines.push(`between = ${quoted(`${from}-${to}`)}`);
  lines.push(`then = [${then.map(deed).join(", ")}]`, ...Object.entries(kept).map(([key, value]) => `${key} = ${quoted(value)}`));
  for (const input of inputs.values()) lines.push("", ...inputLines(input));
  return `${lines.join("\n")}\n`;
}

/** @param {wire.AutomationCondition} one */
const place = ({ node, device, point }) => `${node}/${device}/${point}`;

/** Each point that is spoken of, once, with a name. @param {wire.AutomationCondition[]} conditions */
function inputsOf(conditions) {
  /** @type {Map<string, {name: string, about: wire.AutomationCondition}>} */
  const found = new Map();
  for (const about of conditions) {
    if (about.what === "point" && !found.has(place(about))) found.set(place(about), { name: `seen${found.size || ""}`, about });
  }
  return found;
}

/** @param {string} condition @param {number} minutes */
const lasting = (condition, minutes) => (minutes > 0 ? `${condition.startsWith("not ") ? `(${condition})` : condition} for ${minutes} min` : condition);

/** @param {wire.AutomationCondition} one @param {string} name of its input */
function condition({ what, type, sign, limit, unit }, name) {
  if (what !== "point") return GIVEN[what] ?? what;
  if (type === "bool") return sign === "off" ? `not ${name}` : name;
  if (type === "text") return `${name} == ${quoted(String(limit ?? ""))}`;
  return `${name} ${sign} ${limit || 0} ${unit ?? ""}`.trim();
}

/** @param {wire.AutomationDeed} then */
function deed({ scene, lamps, node, device, point, value }) {
  if (scene !== undefined) return `{ scene = ${quoted(scene)} }`;
  if (point === undefined) return `{ lamps = ${lamps === true} }`;
  return `{ node = ${quoted(node)}, device = ${quoted(device)}, point = ${quoted(point)}, value = ${quoted(value)} }`;
}

/** @param {{name: string, about: wire.AutomationCondition}} input */
function inputLines({ name, about: { node, device, point, type, unit } }) {
  const lines = [`[inputs.${name}]`, `node = ${quoted(node)}`, `device = ${quoted(device)}`, `point = ${quoted(point)}`, `type = ${quoted(type)}`];
  return type === "number" && unit ? [...lines, `unit = ${quoted(unit)}`, 'max_age = "10 min"'] : lines;
}
