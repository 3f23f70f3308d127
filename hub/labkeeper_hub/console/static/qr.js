/** The picture of a QR code, from the rows of its modules. */
import { html, svg } from "./vendor/lit.js";

const QUIET = 4; // white modules around a code, ISO/IEC 18004

/** A QR code out of its rows; black on white in the dark too, or cameras do not read it. @param {string[]} rows @param {string} label */
export function code(rows, label) {
  const path = rows.map((row, y) => [...row].map((dark, x) => (dark === "1" ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")).join("")).join("");
  const size = rows.length + 2 * QUIET;
  return html`<svg class="code" role="img" aria-label=${label} viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">${svg`<path d=${path}/>`}</svg>`;
}
