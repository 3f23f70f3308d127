/** On and off: a knob where it is known which, two buttons where it is not, nothing to press where nobody is there. */
import { html, nothing } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { valueWord } from "../names.js";
import { controlTile } from "./control.js";
import { ask } from "./view.js";

/** @typedef {import("./view.js").View} View */

/** @param {View} view */
export function switchTile(view) {
  const value = view.latest?.value;
  const word = typeof value === "boolean" ? html`${icon(value ? "on" : "off")}${valueWord(view.desk.text, { ...view.point, kind: "switch" }, value)}` : "—";
  return controlTile(view, html`<span class="word">${word}</span>`, control(view, value));
}

/** @param {View} view @param {wire.Value | null | undefined} value */
function control(view, value) {
  if (!view.alive) return nothing;
  return view.fresh ? knob(view, value === true) : both(view);
}

/** @param {View} view @param {boolean} on */
function knob(view, on) {
  const pending = view.asking?.outcome === "pending";
  // A second tap within the same moment is a slip of the finger, not a second command.
  const press = () => pending || ask(view, !on);
  return html`
    <button class="knob" role="switch" aria-checked=${on} aria-busy=${pending} aria-labelledby=${view.id} @click=${press}>
      <span class="track"><span class="thumb">${icon("power")}</span></span>
    </button>`;
}

/** @param {View} view */
function both(view) {
  const { text } = view.desk;
  return html`
    <div class="segments" role="group" aria-labelledby=${view.id}>
      <button class="segment" @click=${() => ask(view, true)}>${text.t("value.on")}</button>
      <button class="segment" @click=${() => ask(view, false)}>${text.t("value.off")}</button>
    </div>`;
}
