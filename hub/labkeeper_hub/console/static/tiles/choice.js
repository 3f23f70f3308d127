/** One of several words: buttons while they are few and short, a list beyond. */
import { html, nothing } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { valueWord } from "../names.js";
import { controlTile } from "./control.js";
import { ask } from "./view.js";

/** @typedef {import("./view.js").View} View */

const MOST_BUTTONS = 4;
const LONGEST_ROW = 28; // characters that fit beside each other on the narrowest card

/** @param {View} view */
export function choiceTile(view) {
  const options = view.point.options ?? [];
  const words = options.map((option) => valueWord(view.desk.text, view.point, option));
  const few = options.length <= MOST_BUTTONS && words.join("").length <= LONGEST_ROW;
  const is = html`<span class="word">${valueWord(view.desk.text, view.point, view.latest?.value)}</span>`;
  return few ? controlTile(view, is, nothing, buttons(view, options, words)) : controlTile(view, is, list(view, options, words));
}

/** @param {View} view @param {string} option @returns {wire.Value} */
const typed = (view, option) => (view.point.type === "str" ? option : Number(option));

/** @param {View} view @param {string[]} options @param {string[]} words */
function buttons(view, options, words) {
  const is = view.fresh ? String(view.latest?.value) : null;
  const button = (/** @type {string} */ option, /** @type {number} */ index) => html`
    <button class="segment" aria-pressed=${option === is} ?disabled=${!view.alive} @click=${() => ask(view, typed(view, option))}>
      ${option === is ? icon("check") : nothing}${words[index]}</button>`;
  return html`<div class="segments wide" role="group" aria-labelledby=${view.id}>${options.map(button)}</div>`;
}

/** @param {View} view @param {string[]} options @param {string[]} words */
function list(view, options, words) {
  const is = String(view.latest?.value ?? "");
  const choose = (/** @type {Event} */ event) => {
    const select = /** @type {HTMLSelectElement} */ (event.target);
    ask(view, typed(view, select.value));
    select.value = is; // the list shows what is, not what was asked
  };
  return html`
    <select aria-labelledby=${view.id} ?disabled=${!view.alive} .value=${is} @change=${choose}>
      ${options.includes(is) ? nothing : html`<option value=${is}>—</option>`}
      ${options.map((option, index) => html`<option value=${option} ?selected=${option === is}>${words[index]}</option>`)}
    </select>`;
}
