/** The form for a name and a password, the owner's secret, or a first password; and why it is here. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { styled } from "../styled.js";
import { bothOf } from "../words.js";
import "../menu.js";

const said = await bothOf("sign-in");
const reasons = {
  ended: "sign_in.ended", link_refused: "sign_in.link_refused", invitation_refused: "sign_in.invitation_refused", weak: "sign_in.weak",
  refused: "sign_in.refused", code: "sign_in.code_needed", throttled: "sign_in.throttled", unreachable: "sign_in.unreachable",
};
/** @typedef {keyof typeof reasons} Reason */

class LkSignIn extends DeskElement {
  static properties = { deeds: { attribute: false }, reason: { attribute: false }, invitation: { attribute: false }, busy: { state: true }, coded: { state: true } };

  constructor() {
    super();
    this.deeds = /** @type {import("../app.js").Deeds} */ (/** @type {unknown} */ (undefined));
    /** @type {Reason | null} */
    this.reason = null;
    /** @type {string | null} */
    this.invitation = null;
    this.busy = false;
    /** A code is asked for, besides what was typed before. */
    this.coded = false;
  }

  willUpdate() {
    if (this.reason === "code") this.coded = true;
  }

  updated() {
    super.updated();
    if (this.reason === "code") /** @type {HTMLInputElement | null} */ (this.querySelector("#code"))?.focus();
  }

  render() {
    const { text } = this.desk;
    return html`
      <header class="bar bare"><div class="bar-room"></div><lk-menu .desk=${this.desk} .deeds=${this.deeds}></lk-menu></header>
      <main class="sign-in">
        <form @submit=${this.#submit}>
          <img src="/static/icon.svg" alt="" width="56" height="56">
          <h1>Labkeeper</h1>
          <p class="quiet">${said(text).t(this.invitation ? "sign_in.invited" : "sign_in.welcome")}</p>
          <div role="alert">${this.reason ? html`<p class="reason">${icon("warning")}<span>${said(text).t(reasons[this.reason])}</span></p>` : nothing}</div>
          ${this.invitation ? this.#chosen() : this.#known()}
          ${this.coded ? this.#code() : nothing}
          <button class="primary" ?disabled=${this.busy}>${said(text).t("sign_in.enter")}</button>
          ${this.invitation ? nothing : html`<p class="quiet small">${said(text).t("sign_in.help")}</p>`}
        </form>
      </main>`;
  }

  #known() {
    const { text } = this.desk;
    return html`
      <label for="name">${said(text).t("sign_in.name")}</label>
      <input id="name" name="name" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="100">
      <label for="secret">${said(text).t("sign_in.secret")}</label>
      <input id="secret" name="secret" type="password" autocomplete="current-password" required>`;
  }

  #code() {
    return html`
      <label for="code">${said(this.desk.text).t("sign_in.code")}</label>
      <input id="code" name="code" type="text" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="40" required>`;
  }

  #chosen() {
    return html`
      <label for="secret">${said(this.desk.text).t("sign_in.new_password")}</label>
      <input id="secret" name="secret" type="password" autocomplete="new-password" minlength="10" maxlength="64" required>`;
  }

  /** Without a name it is the owner's secret. @param {HTMLFormElement} form @returns {import("../session.js").Proof} */
  #proof(form) {
    const said = new FormData(form);
    const [name, secret] = [String(said.get("name") ?? "").trim(), String(said.get("secret"))];
    const code = this.coded ? { code: String(said.get("code") ?? "") } : {};
    if (this.invitation) return { invitation: this.invitation, password: secret, ...code };
    return name && name !== "owner" ? { name, password: secret, ...code } : { secret: secret.trim(), ...code };
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    this.busy = true;
    await this.deeds.enter(this.#proof(/** @type {HTMLFormElement} */ (event.target)));
    this.busy = false;
  }
}

await styled("sign-in/sign-in");
customElements.define("lk-sign-in", LkSignIn);
