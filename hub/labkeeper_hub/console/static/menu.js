/** What is behind the last button of the bar; what is in it comes when somebody opens it. */
import { html, nothing } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { icon } from "./icons.js";

export class LkMenu extends DeskElement {
  static properties = { deeds: { attribute: false }, signedIn: { type: Boolean }, sheet: { state: true } };

  constructor() {
    super();
    this.deeds = /** @type {import("./app.js").Deeds} */ (/** @type {unknown} */ (undefined));
    this.signedIn = false;
    /** @type {typeof import("./menu-sheet.js").menuSheet | undefined} */
    this.sheet = undefined;
  }

  render() {
    const { text } = this.desk;
    return html`
      <details class="menu" @toggle=${this.#fill} @keydown=${this.#escape} @focusout=${this.#left}>
        <summary aria-label=${text.t("menu.open")} title=${text.t("menu.open")}>${icon("menu")}</summary>
        ${this.sheet?.(this) ?? nothing}
      </details>`;
  }

  async #fill() {
    this.sheet ??= await import("./menu-sheet.js").then((found) => found.menuSheet, () => undefined); // the hub is away: opened again, it is asked again
  }

  close() {
    this.#details.open = false;
  }

  get #details() {
    return /** @type {HTMLDetailsElement} */ (this.querySelector("details"));
  }

  /** @param {KeyboardEvent} event */
  #escape(event) {
    if (event.key !== "Escape") return;
    this.close();
    this.querySelector("summary")?.focus();
  }

  /** @param {FocusEvent} event */
  #left(event) {
    const to = /** @type {Node | null} */ (event.relatedTarget);
    if (to && !this.contains(to)) this.close();
  }

  #outside = (/** @type {Event} */ event) => {
    if (!this.contains(/** @type {Node} */ (event.target))) this.close();
  };

  connectedCallback() {
    super.connectedCallback();
    addEventListener("pointerdown", this.#outside);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("pointerdown", this.#outside);
  }
}

customElements.define("lk-menu", LkMenu);
