/** One's own account: the password, the second factor, where one is signed in. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { ask } from "./api.js";
import { said, whyNot } from "./words.js";
import { code } from "../qr.js";
import { WORDS } from "../store.js";
import "../school/own.js";

class LkAccount extends DeskElement {
  static properties = {
    deeds: { attribute: false }, account: { state: true }, signed: { state: true }, app: { state: true },
    recovery: { state: true }, trouble: { state: true }, done: { state: true },
  };

  constructor() {
    super();
    this.deeds = /** @type {import("../app.js").Deeds} */ (/** @type {unknown} */ (undefined));
    /** @type {import("./api.js").Account | null} */
    this.account = null;
    /** @type {import("./api.js").Signed[]} */
    this.signed = [];
    /** What a new authenticator app needs, while it is set up. @type {{secret: string, code: string[]} | null} */
    this.app = null;
    /** Recovery codes, until they have been put away. @type {string[]} */
    this.recovery = [];
    this.trouble = "";
    this.done = "";
  }

  watched() {
    return [WORDS];
  }

  connectedCallback() {
    super.connectedCallback();
    void this.#look();
  }

  async #look() {
    const [account, signed] = await Promise.all([ask("GET", "account"), ask("GET", "account/sessions")]);
    if (account.ok) this.account = account.body;
    if (signed.ok) this.signed = signed.body.sessions;
    this.trouble = account.ok ? "" : account.code;
  }

  render() {
    const { text } = this.desk;
    const t = said(text);
    if (!this.account) return html`<p class="quiet" role="status">${t.t("people.looking")}</p>`;
    return html`
      <section class="card people-card" aria-labelledby="account-title">
        <h3 id="account-title">${t.t("people.account")} · ${this.account.title || this.desk.store.who(this.account.name)}</h3>
        ${this.account.required ? html`<p class="people-note">${icon("warning")}<span>${t.t("people.required")}</span></p>` : nothing}
        <p role="status" class="people-said">${this.done ? t.t(this.done) : nothing}</p>
        <p role="status" class="people-said warn">${this.trouble ? whyNot(text, this.trouble) : nothing}</p>
        ${this.#factor(t)}
        ${this.account.login ? html`<lk-school-account .desk=${this.desk} .linked=${this.account.school_account} @changed=${() => this.#look()}></lk-school-account>${this.#password(t)}` : nothing}
        ${this.#signedIn(t)}
      </section>`;
  }

  /** @param {import("../text.js").Text} t */
  #factor(t) {
    const { second_factor: on, recovery_left: left, proved_by: by } = /** @type {import("./api.js").Account} */ (this.account);
    if (this.recovery.length) return this.#recovery(t);
    if (this.app) return this.#setUp(t, this.app);
    if (!on) {
      return html`<form class="people-part" @submit=${this.#begin}><h4>${t.t("people.factor")}</h4><p class="quiet">${t.t("people.factor_off")}</p>
        ${by === "sign_in" ? html`<p>${t.t("people.factor_sign_in")}</p>` : html`<label>${t.t(by === "secret" ? "people.factor_secret" : "people.factor_password")}<input name=${by} type="password" autocomplete="current-password" required></label>`}
        <button class="do">${t.t("people.factor_set_up")}</button></form>`;
    }
    return html`
      <form class="people-part" @submit=${this.#prove}>
        <h4>${t.t("people.factor")}</h4>
        <p>${icon("check")} ${t.t("people.factor_on", { left })}</p>
        ${this.#codeField(t)}
        <div class="people-row"><button class="do" value="recovery-codes">${t.t("people.new_recovery")}</button>
          <button class="do" value="second-factor/off">${t.t("people.factor_turn_off")}</button>
          ${this.desk.store.may("manage_people") ? html`<button type="button" class="do" @click=${this.#lost}>${t.t("people.factor_lost")}</button>` : nothing}</div>
      </form>`;
  }

  /** @param {import("../text.js").Text} t @param {{secret: string, code: string[]}} app */
  #setUp(t, app) {
    return html`
      <form class="people-part" @submit=${this.#confirm}>
        <h4>${t.t("people.factor")}</h4>
        <p>${t.t("people.scan")}</p>
        ${code(app.code, t.t("people.qr"))}
        <p class="quiet small">${t.t("people.by_hand")} <code>${app.secret}</code></p>
        ${this.#codeField(t)}
        <div class="people-row"><button class="primary">${t.t("people.confirm")}</button>
          <button type="button" class="plain" @click=${() => { this.app = null; }}>${t.t("people.cancel")}</button></div>
      </form>`;
  }

  /** @param {import("../text.js").Text} t */
  #codeField(t) {
    return html`<label>${t.t("people.code")}<input name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="40" required></label>`;
  }

  /** @param {import("../text.js").Text} t */
  #recovery(t) {
    return html`
      <div class="people-part" role="group" aria-labelledby="recovery-title">
        <h4 id="recovery-title">${t.t("people.recovery")}</h4>
        <p>${t.t("people.recovery_keep")}</p>
        <ul class="people-codes">${this.recovery.map((one) => html`<li><code>${one}</code></li>`)}</ul>
        <button class="primary" @click=${() => { this.recovery = []; }}>${t.t("people.kept")}</button>
      </div>`;
  }

  /** @param {import("../text.js").Text} t */
  #password(t) {
    return html`
      <details class="people-part"><summary>${t.t("people.password")}</summary>
        <form @submit=${this.#change}>
          <label>${t.t("people.password_now")}<input name="password" type="password" autocomplete="current-password" required></label>
          <label>${t.t("people.password_new")}<input name="fresh" type="password" autocomplete="new-password" minlength="10" maxlength="64" required></label>
          <button class="primary">${t.t("people.password_change")}</button>
        </form></details>`;
  }

  /** @param {import("../text.js").Text} t */
  #signedIn(t) {
    const { text } = this.desk;
    return html`
      <div class="people-part"><h4>${t.t("people.signed_in")}</h4>
        <ul class="people-list">${this.signed.map((one) => html`<li>
          ${t.t("people.session", { since: text.moment(one.opened_ms), seen: text.moment(one.seen_ms) })}${one.here ? html` · <strong>${t.t("people.here")}</strong>` : nothing}</li>`)}</ul>
        <p class="quiet small" id="everywhere-means">${t.t("people.everywhere_means")}</p>
        <button class="do" aria-describedby="everywhere-means" @click=${this.#everywhere}>${t.t("people.sign_out_everywhere")}</button></div>`;
  }

  /** @param {SubmitEvent} event */
  async #begin(event) {
    const begun = await ask("POST", "account/second-factor", filled(event));
    if (begun.ok) this.app = begun.body;
    this.#tell(begun, "");
  }

  /** @param {SubmitEvent} event */
  async #confirm(event) {
    const on = await ask("PUT", "account/second-factor", filled(event));
    if (on.ok) [this.app, this.recovery] = [null, on.body.recovery];
    this.#tell(on, "");
  }

  /** @param {SubmitEvent} event */
  async #prove(event) {
    const what = /** @type {HTMLButtonElement} */ (event.submitter).value;
    const proved = await ask("POST", `account/${what}`, filled(event));
    if (proved.ok && proved.body) this.recovery = proved.body.recovery;
    this.#tell(proved, proved.ok && !proved.body ? "people.factor_is_off" : "");
  }

  /** Whoever may reset everybody's second factor may reset their own, and signs in anew. */
  async #lost() {
    const reset = await ask("DELETE", `people/${this.desk.store.person}/second-factor`);
    return reset.ok ? this.deeds.leave() : this.#tell(reset, "");
  }

  /** @param {SubmitEvent} event */
  async #change(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const changed = await ask("PUT", "account/password", filled(event));
    if (changed.ok) form.reset();
    this.#tell(changed, "people.password_changed");
  }

  async #everywhere() {
    const out = await ask("DELETE", "account/sessions");
    return out.ok ? this.deeds.leave() : this.#tell(out, "");
  }

  /** @param {import("./api.js").Outcome} outcome @param {string} done */
  #tell(outcome, done) {
    this.done = outcome.ok ? done : "";
    if (!outcome.ok) this.trouble = outcome.code;
    else void this.#look();
  }
}

/** What was typed into a form. @param {SubmitEvent} event */
function filled(event) {
  event.preventDefault();
  return Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target)));
}

customElements.define("lk-account", LkAccount);
