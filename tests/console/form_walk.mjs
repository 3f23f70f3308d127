// Fills in the form of each schema key by key, as somebody types it, and says what comes of it: JSON in, JSON out.
import { readFileSync } from "node:fs";

const { changed, fieldOf, fieldsOf, itemOf, read, shown } = await import(process.argv[2]);
const KINDS = ["text", "number", "integer", "flag", "choice", "secret", "any", "list", "table", "map"];

/** Every key of a schema, however deep: what the form does not know is named. */
function strange(root, schema, path, deep = 0) {
  return fieldsOf(root, schema).flatMap((field) => {
    const at = `${path}/${field.name}`;
    if (!KINDS.includes(field.kind) || (field.kind === "table" && !field.schema.properties)) return [at];
    const inner = field.kind === "table" ? field.schema : field.kind === "list" || field.kind === "map" ? fieldOf(root, itemOf(field), "").schema : {};
    return deep < 4 && inner.properties ? strange(root, inner, at, deep + 1) : [];
  });
}

/** Type a value into a field. */
function typed(root, whole, field, path, value) {
  if (field.kind === "flag") return changed(whole, path, value);
  if (field.kind === "list") return value.reduce((so_far, one, at) => typed(root, so_far, fieldOf(root, itemOf(field), ""), [...path, at], one), changed(whole, path, []));
  if (field.kind === "map") return Object.entries(value).reduce((so_far, [name, one]) => typed(root, so_far, fieldOf(root, itemOf(field), ""), [...path, name], one), changed(whole, path, {}));
  if (field.kind === "table") return fill(root, whole, field.schema, path, value);
  return changed(whole, path, read(field, shown(value)));
}

function fill(root, whole, schema, path, value) {
  const fields = fieldsOf(root, schema).filter(({ name }) => name in value);
  return fields.reduce((so_far, field) => typed(root, so_far, field, [...path, field.name], value[field.name]), whole);
}

const asked = JSON.parse(readFileSync(0, "utf8"));
const told = asked.map(({ schema, wanted }) => ({ strange: strange(schema, schema, ""), configuration: fill(schema, {}, schema, [], wanted) }));
process.stdout.write(JSON.stringify(told));
