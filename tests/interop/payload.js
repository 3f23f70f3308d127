// Reads lines of {"decode": hex} or {"encode": payload} from stdin; answers each with one line of JSON.
// Numbers that JSON or JavaScript would bend travel as {"long": "…"}, {"bytes": hex} or {"float": "NaN"}.
const Long = require("long");
const readline = require("readline");
const { decodePayload, encodePayload } = require("sparkplug-payload").get("spBv1.0");

function pack(value) {
  if (Long.isLong(value)) return { long: value.toString() };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("hex") };
  if (typeof value === "number" && !Number.isFinite(value)) return { float: String(value) };
  if (Array.isArray(value)) return value.map(pack);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, pack(inner)]));
  }
  return value;
}

function unpack(value) {
  if (Array.isArray(value)) return value.map(unpack);
  if (value === null || typeof value !== "object") return value;
  if (typeof value.long === "string") return Long.fromString(value.long, !value.long.startsWith("-"));
  if (typeof value.bytes === "string") return Buffer.from(value.bytes, "hex");
  if (typeof value.float === "string") return Number(value.float);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unpack(inner)]));
}

function answer(request) {
  try {
    if (request.decode !== undefined) return { payload: pack(decodePayload(Buffer.from(request.decode, "hex"))) };
    return { bytes: Buffer.from(encodePayload(unpack(request.encode))).toString("hex") };
  } catch (error) {
    return { error: String(error.message) };
  }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + "\n");
});
