// Prints every definition Zigbee2MQTT ships as one line of JSON: {"model", "vendor", "exposes"} or {"model", "error"}.
// A definition whose exposes depend on the device is asked with a dummy, as Zigbee2MQTT does where it has no device.
"use strict";

const definitions = require("zigbee-herdsman-converters/devices/index").default;
const { prepareDefinition } = require("zigbee-herdsman-converters");

const DUMMY = { isDummyDevice: true };

function described(definition) {
  const { exposes } = prepareDefinition(definition);
  return typeof exposes === "function" ? exposes(DUMMY, {}) : exposes;
}

for (const definition of definitions) {
  const { model, vendor } = definition;
  try {
    process.stdout.write(`${JSON.stringify({ model, vendor, exposes: described(definition) })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ model, vendor, error: String(error) })}\n`);
  }
}
