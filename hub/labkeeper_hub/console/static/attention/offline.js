/** Devices of a lab that are not there; a lost node is one entry, not one per device. */
import { html, nothing } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { deviceKey, nodeKey } from "../keys.js";
import { deviceName } from "../names.js";
import { show } from "./show.js";
import { styled } from "../styled.js";

/** @typedef {import("../element.js").Desk} Desk */
/** @typedef {import("../labs.js").LabView} LabView */

/** @param {Desk} desk @param {LabView | null} lab @param {wire.Device[]} lost */
export function chips(desk, lab, lost) {
  const { store } = desk;
  /** @type {Map<string, wire.Device[]>} */
  const byNode = new Map();
  const items = [];
  for (const device of lost) {
    const node = nodeKey(device);
    if (store.nodes.get(node)?.online ?? true) items.push({ key: deviceKey(device), chip: chip(desk, lab, device, device.since_ms, 1) });
    else byNode.set(node, [...(byNode.get(node) ?? []), device]);
  }
  const nodes = [...byNode].map(([key, gone]) => ({ key, chip: chip(desk, lab, gone[0], store.nodes.get(key)?.since_ms, gone.length) }));
  return [...nodes, ...items];
}

/** @param {Desk} desk @param {LabView | null} lab @param {wire.Device} device @param {number | undefined} since_ms @param {number} count more than one: the whole node */
function chip({ store, text }, lab, device, since_ms, count) {
  const name = count > 1 ? text.t("attention.node", { node: device.node, count }) : deviceName(text, device);
  const age = since_ms ? html`<span class="age">${text.ago(store.now() - since_ms)}</span>` : nothing;
  return html`<button class="chip chip-main" @click=${() => show(lab, deviceKey(device))}>${icon("warning")}<span><strong>${name}</strong><span>${text.t("device.offline")} ${age}</span></span></button>`;
}

await styled("attention/attention");
