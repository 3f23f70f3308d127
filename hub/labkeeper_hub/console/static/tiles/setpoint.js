/** A number a person may choose: a slider within limits, else a field; text gets a field too. */
import { html } from "../vendor/lit.js";
import { valueWithUnit } from "../names.js";
import { controlTile } from "./control.js";
import { ask } from "./view.js";
import "./slider.js";

/** @typedef {import("./view.js").View} View */

/** @param {View} view */
export function setpointTile(view) {
  const { minimum, maximum, type } = view.point;
  const bounded = type !== "str" && minimum !== null && maximum !== null;
  const is = html`<span class="word number">${valueWithUnit(view.desk.text, view.point, view.latest?.value)}</span>`;
  return controlTile(view, is, "", bounded ? slider(view, minimum, maximum) : field(view));
}

/** @param {View} view @param {number} minimum @param {number} maximum */
function slider(view, minimum, maximum) {
  const { point, latest, asking, desk } = view;
  const is = typeof latest?.value === "number" ? latest.value : null;
  const asked = asking?.outcome === "pending" && typeof asking.value === "number" ? asking.value : null;
  return html`
    <lk-slider .limits=${{ minimum, maximum, step: stepOf(point, minimum, maximum) }} .is=${is} .asked=${asked} .label=${view.name}
      .off=${!view.alive} .words=${(/** @type {number} */ value) => valueWithUnit(desk.text, point, value)}
      .ask=${(/** @type {number} */ value) => ask(view, value)}></lk-slider>`;
}

/** @param {wire.Point} point @param {number} minimum @param {number} maximum */
function stepOf(point, minimum, maximum) {
  if (point.step) return point.step;
  return point.type === "int" ? 1 : 10 ** Math.floor(Math.log10((maximum - minimum) / 50));
}

/** @param {View} view */
function field(view) {
  const { point, desk } = view;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (/** @type {HTMLFormElement} */ (event.target).elements.namedItem("value"));
    ask(view, point.type === "str" ? input.value : input.valueAsNumber);
    input.value = "";
  };
  return html`
    <form class="field" @submit=${submit}>
      <input name="value" type=${point.type === "str" ? "text" : "number"} aria-labelledby=${view.id} required ?disabled=${!view.alive}
        min=${point.minimum ?? ""} max=${point.maximum ?? ""} step=${point.step ?? (point.type === "int" ? 1 : "any")}>
      <button class="do" ?disabled=${!view.alive}>${desk.text.t("tile.set")}</button>
    </form>`;
}
