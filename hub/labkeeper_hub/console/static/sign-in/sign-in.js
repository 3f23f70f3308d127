/** The form for a name and a password, the owner's secret, or a first password; and why it is here. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { styled } from "../styled.js";
import { bothOf } from "../words.js";
import "../menu.js";
import "./attempt.js"; // there when it is wanted, whatever becomes of the hub

const said = await bothOf("sign-in");
const reasons = {
  ended: "sign_in.ended", link_refused: "sign_in.link_refused", invitation_refused: "sign_in.invitation_refused", weak: "sign_in.weak",
  refused: "sign_in.refused", code: "sign_in.code_needed", throttled: "sign_in.throttled", unreachable: "sign_in.unreachable",
};
/** @typedef {keyof typeof reasons} Reason */

class LkSignIn extends DeskElement {
  static properties = { deeds: { attribute: false }, reason: { attribute: false }, invitation: { attribute: false }, busy: { state: true }, coded: { state: true }, school: { state: true }, end: { state: true } };

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
    /** The school's own accounts, where they open this hub. @type {{offer: import("../school/words.js").Offer, said: typeof import("../school/words.js").said} | null} */
    this.school = null;
    /** How the visit to their provider ended; "code": proved, and only a code is wanted. @type {string | null} */
    this.end = null;
  }

  connectedCallback() {
    super.connectedCallback();
    void this.#look();
  }

  /** What the hub offers besides name and password. */
  async #look() {
    const answer = await fetch("/api/v1/session/oidc").catch(() => null);
    if (!answer?.ok || !(await answer.clone().json()).offered) return;
    const [{ said, takeEnd }] = await Promise.all([import("../school/words.js"), import("../school/way-in.js")]);
    this.end = takeEnd();
    this.school = { offer: await answer.json(), said };
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
          <div role="status">${this.reason ? html`<p class="reason">${icon("warning")}<span>${this.#why(this.reason)}</span></p>` : nothing}</div>
          ${this.#fields()}
          <button class="primary" ?disabled=${this.busy}>${said(text).t("sign_in.enter")}</button>
          ${this.#beside()}
        </form>
      </main>`;
  }

  /** Whether the school's provider has proved who it is, and only a code is wanted. */
  get #proved() {
    return this.school !== null && this.end === "code" && !this.invitation;
  }

  /** @param {Reason} reason */
  #why(reason) {
    const { text } = this.desk;
    return this.#proved && reason === "refused" ? this.school?.said(text).t("school.code_refused") : said(text).t(reasons[reason]);
  }

  #fields() {
    if (this.#proved) return html`<p>${this.school?.said(this.desk.text).t("school.code")}</p>${this.#code()}`;
    if (this.invitation) return html`${this.#chosen()}${this.coded ? this.#code() : nothing}`;
    const wayIn = this.school ? html`<lk-school-way-in .desk=${this.desk} .offer=${this.school.offer} .end=${this.reason ? null : this.end}></lk-school-way-in>` : nothing;
    return html`${wayIn}${this.#known()}${this.coded ? this.#code() : nothing}`;
  }

  #beside() {
    const { text } = this.desk;
    if (this.#proved) return html`<button type="button" class="plain" @click=${() => { this.end = null; }}>${this.school?.said(text).t("school.anew")}</button>`;
    return this.invitation ? nothing : html`<p class="quiet small">${said(text).t("sign_in.help")}</p>`;
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
    if (this.#proved) return /** @type {import("../session.js").Proof} */ (/** @type {unknown} */ ({ school: true, code: String(said.get("code")) }));
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
