/** Something a device does once when asked; it keeps no value. */
import { html } from "../vendor/lit.js";
import { valueWord } from "../names.js";
import { controlTile } from "./control.js";
import { ask } from "./view.js";

/** @typedef {import("./view.js").View} View */

/** @param {View} view */
export function actionTile(view) {
  const { point, desk } = view;
  const busy = view.asking?.outcome === "pending";
  const options = point.type === "str" ? (point.options ?? []) : [];
  const press = (/** @type {wire.Value} */ value) => () => busy || ask(view, value);
  if (options.length > 1) {
    const button = (/** @type {string} */ option) =>
      html`<button class="segment" ?disabled=${!view.alive} @click=${press(option)}>${valueWord(desk.text, point, option)}</button>`;
    return controlTile(view, "", "", html`<div class="segments wide" role="group" aria-labelledby=${view.id}>${options.map(button)}</div>`);
  }
  return controlTile(view, "", html`
    <button class="do" ?disabled=${!view.alive} aria-busy=${busy} aria-label=${desk.text.t("tile.do", { name: view.name })} @click=${press(options[0] ?? true)}>${desk.text.t("tile.go")}</button>`);
}
