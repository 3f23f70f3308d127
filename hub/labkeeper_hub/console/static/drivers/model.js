/** A form made of a JSON Schema: what each key is, what a typed text means, and a configuration changed at one place. Pure. */

/** @typedef {string | number | boolean | null | Json[] | {[key: string]: Json}} Json */
/** @typedef {{[key: string]: Json}} Table */
/** @typedef {(string | number)[]} Path */
/** @typedef {{zh?: string, en?: string}} Both */
/** @typedef {"text" | "number" | "integer" | "flag" | "choice" | "secret" | "any" | "list" | "table" | "map"} Kind */
/**
 * @typedef {object} Field
 * @property {string} name
 * @property {Kind} kind
 * @property {Both} title
 * @property {Both} help
 * @property {boolean} required
 * @property {Json | undefined} fallback what counts where nothing is said
 * @property {Json[]} choices
 * @property {number | undefined} least
 * @property {number | undefined} most
 * @property {boolean} between whether the limits themselves are outside
 * @property {string | undefined} pattern
 * @property {Schema} schema
 */
/** @typedef {Record<string, any>} Schema */

const SEALED = "lk:sealed";
const DEEPEST = 16;

/** The keys of a table, in the order of its schema. @param {Schema} root @param {Schema} schema @returns {Field[]} */
export function fieldsOf(root, schema) {
  const { properties = {}, required = [] } = resolved(root, schema);
  return Object.entries(properties).map(([name, one]) => fieldOf(root, one, name, required.includes(name)));
}

/** One key. @param {Schema} root @param {Schema} schema @param {string} name @param {boolean} required @returns {Field} */
export function fieldOf(root, schema, name, required = false) {
  const inner = resolved(root, schema);
  return {
    name,
    kind: kindOf(root, inner),
    title: schema["lk:title"] ?? {},
    help: schema["lk:description"] ?? (schema.description ? { en: schema.description } : {}),
    required,
    fallback: schema.default,
    choices: inner.const !== undefined ? [inner.const] : (inner.enum ?? []),
    least: inner.minimum ?? inner.exclusiveMinimum,
    most: inner.maximum ?? inner.exclusiveMaximum,
    between: inner.exclusiveMinimum !== undefined || inner.exclusiveMaximum !== undefined,
    pattern: inner.pattern,
    schema: inner,
  };
}

/** The schema of what a list or a map holds. @param {Field} field @returns {Schema} */
export const itemOf = ({ kind, schema }) => (kind === "list" ? (schema.items ?? {}) : schema.additionalProperties) || {};

/** What a schema is once its references are followed; of "this or nothing" it is this. @param {Schema} root @param {Schema} schema @param {number} [deep] @returns {Schema} */
function resolved(root, schema, deep = 0) {
  if (deep > DEEPEST) return {};
  const name = schema.$ref?.replace("#/$defs/", "");
  if (name) return resolved(root, root.$defs?.[name] ?? {}, deep + 1);
  const said = schema.anyOf?.filter((/** @type {Schema} */ one) => one.type !== "null");
  return said?.length === 1 ? resolved(root, said[0], deep + 1) : schema;
}

/** @param {Schema} root @param {Schema} schema @returns {Kind} */
function kindOf(root, schema) {
  if (schema.writeOnly && schema.format === "password") return "secret";
  if (schema.enum || schema.const !== undefined) return "choice";
  if (schema.anyOf) return "any";
  if (schema.type === "object") return schema.properties || !schema.additionalProperties ? "table" : "map";
  if (schema.type === "array") return "list";
  const plain = /** @type {Record<string, Kind>} */ ({ string: "text", number: "number", integer: "integer", boolean: "flag" });
  return plain[schema.type] ?? "any";
}

/** What somebody's text means for a key; undefined: nothing is said. What is no number stays a text, for the node to name. @param {Field} field @param {string} text @returns {Json | undefined} */
export function read({ kind, choices }, text) {
  if (kind === "choice") return choices.find((one) => String(one) === text);
  if (kind === "text" || kind === "secret") return text === "" ? undefined : text;
  const said = text.trim();
  if (said === "") return undefined;
  if (kind === "any" && (said === "true" || said === "false")) return said === "true";
  const number = Number(said);
  return Number.isFinite(number) ? number : said;
}

/** What a key's text is. @param {Json | undefined} value @returns {string} */
export const shown = (value) => (value === undefined || value === null || isSealed(value) ? "" : String(value));

/** Whether a secret is there that only the node can open. @param {Json | undefined} value */
export const isSealed = (value) => typeof value === "object" && value !== null && SEALED in value;

/** What a new item of a list or a map begins with. @param {Schema} root @param {Schema} schema @returns {Json} */
export function fresh(root, schema) {
  const { kind, choices } = fieldOf(root, schema, "");
  if (kind === "list") return [];
  if (kind === "table" || kind === "map") return {};
  return kind === "flag" ? false : (choices[0] ?? "");
}

/** The same with another value at a place, undefined: without it. @template {Json} T @param {T} whole @param {Path} path @param {Json | undefined} value @returns {T} */
export function changed(whole, path, value) {
  const [key, ...rest] = path;
  const holder = /** @type {any} */ (whole) ?? (typeof key === "number" ? [] : {});
  const inner = rest.length === 0 ? value : changed(holder[key] ?? (typeof rest[0] === "number" ? [] : {}), rest, value);
  if (Array.isArray(holder)) return /** @type {any} */ (inner === undefined ? holder.filter((_, at) => at !== key) : Object.assign([...holder], { [key]: inner }));
  const { [key]: _, ...others } = holder;
  // a changed key keeps its place, or what one is writing in would move
  return inner === undefined ? others : key in holder ? { ...holder, [key]: inner } : { ...others, [key]: inner };
}

/** What is at a place, undefined: nothing is. @param {any} whole @param {Path} path @returns {Json | undefined} */
export const at = (whole, path) => path.reduce((held, part) => held?.[part], whole);

/** The same with a key of a map named otherwise, in its place. @param {Table} table @param {string} before @param {string} after @returns {Table} */
export const renamed = (table, before, after) =>
  Object.fromEntries(Object.entries(table).map(([name, one]) => [name === before ? after : name, one]));

/** A JSON pointer, as the node names places. @param {Path} path */
export const pointer = (path) => path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
