/** The row every control has: name, what is, what became of the last command, retry, and the control itself. */
import { html, nothing } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { needsAttention } from "../asked.js";
import { valueWithUnit } from "../names.js";
import { outcomeWord, reasonWords } from "../outcome.js";
import { age } from "./shown.js";

/** @typedef {import("./view.js").View} View */

/** @param {View} view @param {unknown} is what is, in words @param {unknown} control @param {unknown} [below] a second row */
export function controlTile(view, is, control, below = nothing) {
  return html`
    <div class="tile control ${view.point.kind} ${view.fresh || view.point.kind === "action" ? "" : "old"} ${view.asking?.outcome ?? ""}">
      <div class="control-row">
        <div class="said">
          <span class="name" id=${view.id}>${view.name}</span>
          <span class="is">${is}${note(view)}</span>
        </div>
        ${retry(view)}${control}
      </div>
      ${below}
    </div>`;
}

/** @param {View} view */
function note(view) {
  const { asking, alive, desk } = view;
  if (asking && (alive || needsAttention(asking))) return outcome(view, asking);
  if (view.elsewhere) return html`<span class="note">${icon("waiting")}${desk.text.t("tile.elsewhere")}</span>`;
  if (view.point.kind === "action") return alive ? nothing : html`<span class="note">${desk.text.t("device.offline")}</span>`;
  return view.fresh ? nothing : age(view);
}

const signs = /** @type {const} */ ({ pending: "waiting", confirmed: "check" });

/** @param {View} view @param {import("../asked.js").Asking} asking */
function outcome(view, asking) {
  const { text } = view.desk;
  const sign = asking.outcome === "pending" || asking.outcome === "confirmed" ? signs[asking.outcome] : "warning";
  const why = reasonWords(view.desk, asking);
  return html`<span class="note ${asking.outcome} ${needsAttention(asking) ? "warn" : ""}" title=${why}>${icon(sign)}<span class="note-words">
    ${outcomeWord(text, asking.outcome)}${target(view, asking)}${why && needsAttention(asking) ? html`<span class="why">: ${why}</span>` : nothing}</span></span>`;
}

/** What was asked for, as long as it is not known to be so. @param {View} view @param {import("../asked.js").Asking} asking */
function target({ point, desk }, asking) {
  if (asking.outcome === "confirmed" || point.type === "bool") return nothing; // on or off: the other one
  return html` → ${valueWithUnit(desk.text, point, asking.value)}`;
}

/** @param {View} view */
function retry({ asking, alive, desk, name }) {
  if (!asking || !needsAttention(asking) || !alive) return nothing;
  return html`<button class="retry" aria-label=${desk.text.t("tile.retry", { name })} title=${desk.text.t("tile.retry", { name })}
    @click=${() => desk.asked.retry(asking)}>${icon("retry")}</button>`;
}
