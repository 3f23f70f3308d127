// A host nobody here wrote: it decodes what our node says with Eclipse's library and prints it as lines of JSON.
// usage: node foreign_host.js mqtt://127.0.0.1:PORT
const mqtt = require("mqtt");
const { decodePayload } = require("sparkplug-payload").get("spBv1.0");

const client = mqtt.connect(process.argv[2], { clientId: "foreign-host" });
const plain = (value) => (value !== null && typeof value === "object" && "toNumber" in value ? value.toNumber() : value);

client.on("connect", () => client.subscribe("spBv1.0/#", () => console.log(JSON.stringify({ ready: true }))));
client.on("message", (topic, message) => {
  const [, group, kind, node, device] = topic.split("/");
  if (group === "STATE") return;
  const { seq, metrics } = decodePayload(message);
  const told = (metrics ?? []).map(({ name, type, value, isNull }) => ({ name, type, value: isNull ? null : plain(value) }));
  console.log(JSON.stringify({ kind, group, node, device: device ?? null, seq: plain(seq ?? null), metrics: told }));
});
