/** An element that shows parts of the desk and renders again when one of them changes. */
import { LitElement } from "./vendor/lit.js";

/**
 * What every element is given.
 * @typedef {object} Desk
 * @property {import("./store.js").Store} store
 * @property {import("./asked.js").Asked} asked
 * @property {import("./text.js").Text} text
 * @property {(message: object) => boolean} send to the hub, now or not at all
 */

export class DeskElement extends LitElement {
  /** @type {import("lit").PropertyDeclarations} */
  static properties = { desk: { attribute: false } };

  /** @type {Map<string, () => void>} */
  #watched = new Map();

  constructor() {
    super();
    this.desk = /** @type {Desk} */ (/** @type {unknown} */ (undefined)); // its parent sets it before the first render
  }

  // One style sheet and one set of ids for the page: no shadow roots.
  createRenderRoot() {
    return this;
  }

  /** The keys of the store this element shows, asked for after each render. @returns {string[]} */
  watched() {
    return [];
  }

  updated() {
    const wanted = new Set(this.watched());
    for (const [key, stop] of this.#watched) if (!wanted.has(key)) this.#forget(key, stop);
    for (const key of wanted) if (!this.#watched.has(key)) this.#watched.set(key, this.desk.store.watch(key, () => this.requestUpdate()));
  }

  connectedCallback() {
    super.connectedCallback();
    this.requestUpdate();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    for (const [key, stop] of this.#watched) this.#forget(key, stop);
  }

  /** @param {string} key @param {() => void} stop */
  #forget(key, stop) {
    stop();
    this.#watched.delete(key);
  }
}
