/** The form for a name and a password, the owner's secret, or a first password; and why it is here. */
import { html, nothing } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { icon } from "./icons.js";
import "./menu.js";
import { styled } from "./styled.js";
import { wordsOf } from "./words.js";

/** @type {Record<string, string>} */
const REASONS = {
  ended: "sign_in.ended",
  link_refused: "sign_in.link_refused",
  invitation_refused: "sign_in.invitation_refused",
  weak: "sign_in.weak",
  refused: "sign_in.refused",
  throttled: "sign_in.throttled",
  unreachable: "sign_in.unreachable",
};

class LkSignIn extends DeskElement {
  static properties = { deeds: { attribute: false }, reason: { attribute: false }, invitation: { attribute: false }, busy: { state: true }, words: { state: true } };

  constructor() {
    super();
    this.deeds = /** @type {import("./app.js").Deeds} */ (/** @type {unknown} */ (undefined));
    /** @type {string | null} */
    this.reason = null;
    /** @type {string | null} */
    this.invitation = null;
    this.busy = false;
    /** @type {import("./text.js").Text | null} */
    this.words = null;
  }

  willUpdate() {
    const { language } = this.desk.text;
    if (this.words?.language !== language) void wordsOf("sign-in", language).then((words) => (this.words = words), () => {});
  }

  /** @param {string} key */
  #t(key) {
    return this.words?.t(key) ?? "";
  }

  render() {
    if (!this.words) return nothing;
    return html`
      <header class="bar bare"><div class="bar-room"></div><lk-menu .desk=${this.desk} .deeds=${this.deeds}></lk-menu></header>
      <main class="sign-in">
        <form @submit=${this.#submit}>
          <img src="/static/icon.svg" alt="" width="56" height="56">
          <h1>Labkeeper</h1>
          <p class="quiet">${this.#t(this.invitation ? "sign_in.invited" : "sign_in.welcome")}</p>
          <div role="alert">${this.reason ? html`<p class="reason">${icon("warning")}<span>${this.#t(REASONS[this.reason] ?? this.reason)}</span></p>` : nothing}</div>
          ${this.invitation ? this.#chosen() : this.#known()}
          <button class="primary" ?disabled=${this.busy}>${this.#t("sign_in.enter")}</button>
          ${this.invitation ? nothing : html`<p class="quiet small">${this.#t("sign_in.help")}</p>`}
        </form>
      </main>`;
  }

  #known() {
    return html`
      <label for="name">${this.#t("sign_in.name")}</label>
      <input id="name" name="name" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="100">
      <label for="secret">${this.#t("sign_in.secret")}</label>
      <input id="secret" name="secret" type="password" autocomplete="current-password" required>`;
  }

  #chosen() {
    return html`
      <label for="secret">${this.#t("sign_in.new_password")}</label>
      <input id="secret" name="secret" type="password" autocomplete="new-password" minlength="10" maxlength="64" required>`;
  }

  /** Without a name it is the owner's secret. @param {HTMLFormElement} form @returns {import("./session.js").Proof} */
  #proof(form) {
    const said = new FormData(form);
    const [name, secret] = [String(said.get("name") ?? "").trim(), String(said.get("secret"))];
    if (this.invitation) return { invitation: this.invitation, password: secret };
    return name && name !== "owner" ? { name, password: secret } : { secret: secret.trim() };
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    this.busy = true;
    await this.deeds.enter(this.#proof(/** @type {HTMLFormElement} */ (event.target)));
    this.busy = false;
  }
}

await styled("sign-in");
customElements.define("lk-sign-in", LkSignIn);
