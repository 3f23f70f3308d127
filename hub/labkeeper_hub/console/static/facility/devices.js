/** Every device of every lab, whoever is offline first: what it is, where, and since when it is there or not. */
import { html } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { deviceKey } from "../keys.js";
import { devicesOf } from "../labs.js";
import { deviceName } from "../names.js";
import { labAddress } from "../route.js";

/** @typedef {import("../labs.js").LabView} LabView */

/** @param {import("../element.js").Desk} desk @param {import("../text.js").Text} words @param {LabView[]} labs */
export function deviceList(desk, words, labs) {
  const { store, text } = desk;
  const all = labs.flatMap((lab) => devicesOf(store, lab).filter(({ device }) => device).map((device) => ({ lab, device, online: store.isOnline(device) })));
  all.sort((one, other) => Number(one.online) - Number(other.online));
  return html`<details class="facility-devices"><summary>${words.t("facility.devices", { count: all.length })}</summary>
    <ul>${all.map(({ lab, device, online }) => html`<li data-device=${deviceKey(device)}><strong>${deviceName(text, device)}</strong>
      <span class="quiet">${[device.make, device.model, device.node].filter(Boolean).join(" · ")}</span>
      <a href=${labAddress(lab.school, lab.lab)}>${text.title(lab.title, lab.lab) || words.t("facility.no_lab")}</a>
      <span class=${online ? "quiet" : "warn"}>${icon(online ? "check" : "warning")} ${words.t(online ? "facility.on_since" : "facility.off_since", { time: text.moment(device.since_ms) })}</span></li>`)}</ul></details>`;
}
