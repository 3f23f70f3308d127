/** Points that only tell: measures, states and events have no switch. */
import { html, nothing } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { pointKey } from "../keys.js";
import { valueWord } from "../names.js";
import { chartAddress } from "../route.js";
import { sign } from "../units.js";

/** @typedef {import("./view.js").View} View */

export const LONG_AGO_MS = 86_400_000; // nobody takes yesterday's value for today's, however good it was

/** A number that opens its chart. @param {View} view */
export function measureTile(view) {
  const { desk, device, point, latest } = view;
  const unit = sign(point.unit);
  return html`
    <a class="tile measure ${view.fresh ? "" : "old"}" href=${chartAddress({ ...device, point: point.point })} title=${desk.text.t("tile.chart")}>
      <span class="name">${view.name}</span>
      ${view.age_ms === null && device.node.startsWith("#") ? none(view) : html`
      <span class="value">${valueWord(desk.text, point, latest?.value)}${unit ? html`<span class="unit"> ${unit}</span>` : nothing}</span>
      ${age(view)}`}
    </a>`;
}

/** @type {typeof import("../derived/why.js") | null} */
let why = null;

/** In the place of a value that was never derived: what is missing for it, as soon as that is known. @param {View} view */
function none({ desk, device, point }) {
  const target = { ...device, point: point.point };
  if (!why) void import("../derived/why.js").then((found) => { why = found; desk.store.tell(pointKey(target)); }, () => {});
  const reason = why?.whyNone(desk, target);
  return html`<span class="none">${desk.text.t("tile.never")}${reason ? ` · ${reason}` : nothing}</span>`;
}

/** A word with a sign. @param {View} view */
export function stateTile(view) {
  const value = view.latest?.value;
  const mark = typeof value === "boolean" ? icon(value ? "on" : "off") : nothing;
  return html`
    <div class="tile state ${view.fresh ? "" : "old"}">
      <span class="name">${view.name}</span>
      <span class="value word">${mark}${valueWord(view.desk.text, view.point, value)}</span>
      ${age(view)}
    </div>`;
}

/** What happened last, and when. @param {View} view */
export function eventTile(view) {
  const { text } = view.desk;
  const { value, time_ms } = view.latest ?? {};
  const when = time_ms ? text.clock(time_ms) : text.t("tile.no_event");
  return html`
    <div class="tile event ${view.alive ? "" : "old"}">
      <span class="name">${view.name}</span>
      <span class="value word">${valueWord(text, view.point, value)}</span>
      ${view.alive ? html`<span class="age">${when}</span>` : age(view)}
    </div>`;
}

/** The age of what is only the last value known, or was measured long ago; its line is always there, so that nothing moves. @param {View} view */
export function age(view) {
  const { text } = view.desk;
  if (view.fresh && (view.age_ms ?? 0) < LONG_AGO_MS) return html`<span class="age"></span>`;
  if (view.latest?.quality === 0 && view.alive) return html`<span class="age warn">${icon("warning")}${text.t("tile.fault")}</span>`;
  if (view.age_ms === null) return html`<span class="age">${text.t("tile.never")}</span>`;
  return html`<span class="age">${icon("clock")}${text.ago(view.age_ms)}</span>`;
}
