// An edge node nobody here wrote: births on request, then a reading a step; prints what it sent as lines of JSON.
// usage: node foreign_edge.js mqtt://127.0.0.1:PORT COUNT
const { newClient } = require("sparkplug-client");

const [serverUrl, count] = process.argv.slice(2);
const client = newClient({
  serverUrl,
  username: "",
  password: "",
  groupId: "foreign-school",
  edgeNode: "gateway",
  clientId: "foreign-gateway",
  version: "spBv1.0",
  publishDeath: true,
});
const metric = (name, type, value, timestamp) => ({ name, type, value, timestamp });
const started = Date.now();
let sent = 0;
let timer;

client.on("birth", () => {
  const now = Date.now();
  client.publishNodeBirth({
    timestamp: now,
    metrics: [metric("Node Control/Rebirth", "Boolean", false, now), metric("uptime", "Int32", -1, now)],
  });
  client.publishDeviceBirth("meter", {
    timestamp: now,
    metrics: [
      metric("power", "Double", 0.5, now),
      metric("count", "Int32", -5, now),
      metric("on", "Boolean", true, now),
      metric("label", "String", "计量", now),
    ],
  });
  clearInterval(timer);
  timer = setInterval(step, 20);
});

function step() {
  if (sent === Number(count)) return;
  sent += 1;
  const at = started - 100000 + sent; // times no birth has
  const metrics = [
    metric("power", "Double", sent * 0.1, at),
    metric("count", "Int32", -sent, at),
    metric("on", "Boolean", sent % 2 === 0, at),
    metric("label", "String", `第${sent}`, at),
  ];
  client.publishDeviceData("meter", { timestamp: at, metrics });
  client.publishNodeData({ timestamp: at, metrics: [metric("uptime", "Int32", sent, at)] });
  console.log(JSON.stringify({ time_ms: at, power: sent * 0.1, count: -sent, on: sent % 2 === 0, label: `第${sent}` }));
}
