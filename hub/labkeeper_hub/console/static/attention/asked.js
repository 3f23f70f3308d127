/** What this page asked for and what came of it: an entry for what a person has to look at, and words for a screen reader. */
import { html, nothing } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { deviceKey } from "../keys.js";
import { deviceName, pointName } from "../names.js";
import { outcomeWord, reasonWords } from "../outcome.js";
import { show } from "./show.js";
import { styled } from "../styled.js";

/** @typedef {import("../asked.js").Asking} Asking */
/** @typedef {import("../element.js").Desk} Desk */

/** @param {Desk} desk @param {import("../labs.js").LabView | null} lab @param {wire.Device[]} devices those of this lab */
export function chips(desk, lab, devices) {
  const here = new Map(devices.map((device) => [deviceKey(device), device]));
  return desk.asked.attention().flatMap((asking) => {
    const device = here.get(deviceKey(asking.target));
    return device ? [{ key: `asked/${asking.id}`, chip: chip(desk, asking, () => show(lab, deviceKey(device))) }] : [];
  });
}

/** @param {Desk} desk @param {Asking} asking @param {() => void} lead */
function chip(desk, asking, lead) {
  const { asked, text } = desk;
  const reason = reasonWords(desk, asking);
  return html`
    <div class="chip">
      <button class="chip-main" @click=${lead}>${icon("warning")}<span><strong>${nameOf(desk, asking)}</strong>
        <span>${outcomeWord(text, asking.outcome)}${reason ? html` · ${reason}` : nothing}</span></span></button>
      <button class="chip-side" aria-label=${text.t("attention.forget", { name: nameOf(desk, asking) })} @click=${() => asked.forget(asking)}>${icon("close")}</button>
    </div>`;
}

/** @param {Desk} desk @param {Asking} asking */
function nameOf({ store, text }, asking) {
  const device = store.devices.get(deviceKey(asking.target));
  const point = device?.points.find((one) => one.point === asking.target.point);
  return device && point ? `${deviceName(text, device)} · ${pointName(text, device, point)}` : asking.target.point;
}

/** What a screen reader is told, politely: the latest result. @param {Desk} desk */
export function result(desk) {
  const asking = desk.asked.newest();
  if (!asking || asking.outcome === "pending") return nothing;
  return [nameOf(desk, asking), outcomeWord(desk.text, asking.outcome), reasonWords(desk, asking)].filter(Boolean).join(", ");
}

await styled("attention/attention");
