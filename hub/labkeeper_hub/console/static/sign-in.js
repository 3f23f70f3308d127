/** The form for the owner's secret, and why it is here. */
import { html, nothing } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { icon } from "./icons.js";
import "./menu.js";

class LkSignIn extends DeskElement {
  static properties = { deeds: { attribute: false }, reason: { attribute: false }, busy: { state: true } };

  constructor() {
    super();
    this.deeds = /** @type {import("./app.js").Deeds} */ (/** @type {unknown} */ (undefined));
    /** @type {string | null} */
    this.reason = null;
    this.busy = false;
  }

  render() {
    const { text } = this.desk;
    return html`
      <header class="bar bare"><div class="bar-room"></div><lk-menu .desk=${this.desk} .deeds=${this.deeds}></lk-menu></header>
      <main class="sign-in">
        <form @submit=${this.#submit}>
          <img src="/static/icon.svg" alt="" width="56" height="56">
          <h1>Labkeeper</h1>
          <p class="quiet">${text.t("sign_in.welcome")}</p>
          <div role="alert">${this.reason ? html`<p class="reason">${icon("warning")}<span>${text.t(this.reason)}</span></p>` : nothing}</div>
          <input type="text" autocomplete="username" value="owner" hidden>
          <label for="secret">${text.t("sign_in.secret")}</label>
          <input id="secret" name="secret" type="password" autocomplete="current-password" required>
          <button class="primary" ?disabled=${this.busy}>${text.t("sign_in.enter")}</button>
          <p class="quiet small">${text.t("sign_in.help")}</p>
        </form>
      </main>`;
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const secret = new FormData(/** @type {HTMLFormElement} */ (event.target)).get("secret");
    this.busy = true;
    await this.deeds.enter({ secret: String(secret).trim() });
    this.busy = false;
  }
}

customElements.define("lk-sign-in", LkSignIn);
