/** Elements with a plot: opened where it is drawn, fitted to its place, drawn anew in other colours or another language. */
import { DeskElement } from "../element.js";
import { Plot } from "./plot.js";

/** @typedef {Pick<import("./plot.js").PlotOptions, "stepped" | "words"> & Partial<import("./plot.js").PlotOptions>} Drawn how an element's plot is drawn */
/** @typedef {{ fit(): void, close(): void }} Drawing what stands in a place of the page, and is as wide as that */

const still = { zoomed: () => {}, reset: () => {} };

export class DrawnElement extends DeskElement {
  /** @type {Drawing | null} */
  #drawing = null;
  #looks = matchMedia("(prefers-color-scheme: dark)");
  #redraw = () => this.closePlot();
  #watchLooks = new MutationObserver(this.#redraw);
  #watchSize = new ResizeObserver(() => this.#drawing?.fit());

  connectedCallback() {
    super.connectedCallback();
    this.#watchLooks.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "lang"] });
    this.#looks.addEventListener("change", this.#redraw);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#watchLooks.disconnect();
    this.#watchSize.disconnect();
    this.#looks.removeEventListener("change", this.#redraw);
    this.closePlot();
  }

  /** What is drawn in the place, opened if nothing is; null: there is no place. @template {Drawing} T @param {(place: HTMLElement) => T} open @returns {T | null} */
  drawnIn(open) {
    const place = /** @type {HTMLElement | null} */ (this.querySelector(".plot"));
    if (!place) return null;
    if (!this.#drawing) {
      this.#watchSize.observe(place);
      this.#drawing = open(place);
    }
    return /** @type {T} */ (this.#drawing);
  }

  closePlot() {
    this.#drawing?.close();
    this.#drawing = null;
    if (this.isConnected) this.requestUpdate();
  }
}

export class PlottedElement extends DrawnElement {
  /** What is being read for the plot: given up with the element, and by the next reading. */
  #reading = new AbortController();

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#reading.abort();
  }

  /** Give up what was being read. @returns {AbortSignal} of the reading that begins */
  beginReading() {
    this.#reading.abort();
    this.#reading = new AbortController();
    return this.#reading.signal;
  }

  /** The plot in its place, opened if there is none; null: there is no place for one. @param {() => Drawn} drawn @returns {Plot | null} */
  plotIn(drawn) {
    return this.drawnIn((place) => new Plot(place, { ...still, text: this.desk.text, ...drawn() }));
  }
}

/** A number beside an axis, with the decimals it has. @param {import("../text.js").Text} text @param {number} value */
export const axisNumber = (text, value) => text.number(value, Number.isInteger(value) ? 0 : String(+value.toFixed(6)).split(".")[1].length);
