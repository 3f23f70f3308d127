/** What InfluxDB, the copy for charts, lacks or waits for. */
import { html } from "./vendor/lit.js";
import { icon } from "./icons.js";
import { bothOf } from "./words.js";

const say = await bothOf("storing");

/** @param {import("./text.js").Text} text @param {NonNullable<wire.Status["influx"]>} influx */
export function chip(text, influx) {
  const words = say(text);
  const late = influx.late ? words.t("storing.late", { ago: text.ago(influx.lag_s * 1000) }) : "";
  const refused = influx.quarantined > 0 ? words.t("storing.refused", { count: influx.quarantined }) : "";
  const missed = influx.missed > 0 ? words.t("storing.missed", { count: influx.missed }) : "";
  return html`<div class="chip chip-main">${icon("warning")}<span><strong>InfluxDB</strong><span>${[late, refused, missed].filter(Boolean).join(" · ")}</span></span></div>`;
}
