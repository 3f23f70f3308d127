/** Language, theme, the catalogue and leaving, behind one button. */
import { html, nothing } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { icon } from "./icons.js";
import { setTheme, theme } from "./preferences.js";

class LkMenu extends DeskElement {
  static properties = { deeds: { attribute: false }, signedIn: { type: Boolean }, pages: { state: true } };

  constructor() {
    super();
    this.deeds = /** @type {import("./app.js").Deeds} */ (/** @type {unknown} */ (undefined));
    this.signedIn = false;
    /** @type {typeof import("./pages.js").pagesFor | undefined} */
    this.pages = undefined;
  }

  render() {
    const { text } = this.desk;
    return html`
      <details class="menu" @toggle=${this.#fill} @keydown=${this.#escape} @focusout=${this.#left}>
        <summary aria-label=${text.t("menu.open")} title=${text.t("menu.open")}>${icon("menu")}</summary>
        <div class="menu-sheet">
          <div role="group" aria-label=${text.t("menu.language")} class="segments">
            ${this.#segment("中文", text.language === "zh", () => this.deeds.speak("zh"), "zh-CN")}
            ${this.#segment("English", text.language === "en", () => this.deeds.speak("en"), "en")}
          </div>
          <div role="group" aria-label=${text.t("menu.theme")} class="segments">
            ${this.#theme("auto", text.t("theme.auto"))} ${this.#theme("light", text.t("theme.light"))}
            ${this.#theme("dark", text.t("theme.dark"))}
          </div>
          ${this.signedIn ? this.pages?.(this.desk).map((page) => this.#page(...page)) : nothing}
          ${this.signedIn ? html`<button class="plain" @click=${() => this.deeds.leave()}>${text.t("menu.sign_out")}</button>` : nothing}
        </div>
      </details>`;
  }

  /** The pages and their names come when somebody asks for them. */
  async #fill() {
    this.pages = (await import("./pages.js")).pagesFor;
  }

  /** @param {string} page @param {string} word */
  #page(page, word) {
    return html`<a class="plain" href="#/${page}" @click=${() => { this.#details.open = false; }}>${word}</a>`;
  }

  /** @param {import("./preferences.js").Theme} which @param {string} word */
  #theme(which, word) {
    const choose = () => {
      setTheme(which);
      this.requestUpdate();
    };
    return this.#segment(word, theme() === which, choose);
  }

  /** @param {string} word @param {boolean} chosen @param {() => void} choose @param {string} [language] */
  #segment(word, chosen, choose, language) {
    return html`<button class="segment" aria-pressed=${chosen} lang=${language ?? nothing} @click=${choose}>${chosen ? icon("check") : nothing}${word}</button>`;
  }

  get #details() {
    return /** @type {HTMLDetailsElement} */ (this.querySelector("details"));
  }

  /** @param {KeyboardEvent} event */
  #escape(event) {
    if (event.key !== "Escape") return;
    this.#details.open = false;
    this.querySelector("summary")?.focus();
  }

  /** @param {FocusEvent} event */
  #left(event) {
    const to = /** @type {Node | null} */ (event.relatedTarget);
    if (to && !this.contains(to)) this.#details.open = false;
  }

  #outside = (/** @type {Event} */ event) => {
    if (!this.contains(/** @type {Node} */ (event.target))) this.#details.open = false;
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
