/** Everybody who has an account: what they may do where, invited, signed out, removed. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { labsOf } from "../labs.js";
import { ask } from "./api.js";
import { grantWords, roleWord, said, whyNot } from "./words.js";
import { SHAPE, WORDS } from "../store.js";

const ROLES = ["teacher", "facility_manager", "vendor_technician", "pupil_group", "reader", "owner"];
/** @typedef {import("./api.js").Person} Person */

class LkStaff extends DeskElement {
  static properties = { people: { state: true }, links: { state: true }, leaving: { state: true }, trouble: { state: true } };

  constructor() {
    super();
    /** @type {Person[] | null} */
    this.people = null;
    /** Invitations made here, each shown this once. @type {Record<string, string>} */
    this.links = {};
    /** Whose removal waits for a second press. */
    this.leaving = "";
    this.trouble = "";
  }

  watched() {
    return [SHAPE, WORDS];
  }

  connectedCallback() {
    super.connectedCallback();
    void this.#look();
  }

  async #look() {
    const found = await ask("GET", "people");
    if (found.ok) this.people = found.body.people;
    else this.trouble = found.code;
  }

  render() {
    const { text } = this.desk;
    const t = said(text);
    return html`
      <section class="people-staff" aria-labelledby="staff-title">
        <h3 id="staff-title">${t.t("people.staff")}</h3>
        <p role="alert" class="people-said warn">${this.trouble ? whyNot(text, this.trouble) : nothing}</p>
        ${this.people?.length === 0 ? html`<p class="quiet">${t.t("people.nobody")}</p>` : nothing}
        <ul class="people-cards">${(this.people ?? []).map((one) => html`<li class="card people-card">${this.#person(t, one)}</li>`)}</ul>
        <details class="card people-card"><summary>${t.t("people.add")}</summary>
          <form @submit=${this.#add}>
            <label>${t.t("people.title_of")}<input name="title" maxlength="100" autocomplete="off" required></label>
            <label>${t.t("people.login_of")}<input name="login" maxlength="100" autocomplete="off" autocapitalize="none" spellcheck="false" required></label>
            ${this.#choice(t)}
            <button class="primary">${t.t("people.add_now")}</button>
          </form></details>
      </section>`;
  }

  /** @param {import("../text.js").Text} t @param {Person} one */
  #person(t, one) {
    const state = one.enters ? "people.enters" : "people.not_yet";
    return html`
      <h4>${one.title} <span class="quiet">${one.login} · ${one.name}</span></h4>
      <p class="quiet small">${t.t(state)} · ${t.t(one.second_factor ? "people.has_factor" : "people.no_factor")}${one.school_account ? ` · ${t.t("people.has_school")}` : nothing}</p>
      <ul class="people-list">${one.grants.map((grant, at) => this.#grant(t, one, grant, at))}</ul>
      <form class="people-grant" @submit=${(/** @type {SubmitEvent} */ event) => this.#give(event, one)}>${this.#choice(t)}<button class="do">${t.t("people.give")}</button></form>
      ${this.links[one.name] ? html`<div role="status"><p>${t.t("people.link_once")}</p><p class="people-secret"><code>${this.links[one.name]}</code></p></div>` : nothing}
      <div class="people-row">
        <button class="do" @click=${() => this.#invite(one)}>${t.t(one.enters ? "people.reset" : "people.invite")}</button>
        <button class="do" @click=${() => this.#do("DELETE", `people/${one.name}/sessions`)}>${t.t("people.sign_out_of")}</button>
        ${one.second_factor ? html`<button class="do" @click=${() => this.#do("DELETE", `people/${one.name}/second-factor`)}>${t.t("people.factor_reset")}</button>` : nothing}
        ${one.school_account ? html`<button class="do" @click=${() => this.#do("DELETE", `people/${one.name}/school-account`)}>${t.t("people.school_unlink")}</button>` : nothing}
        <button class="do" @click=${() => this.#remove(one)}>${t.t(this.leaving === one.name ? "people.remove_sure" : "people.remove")}</button>
      </div>`;
  }

  /** @param {import("../text.js").Text} t @param {Person} one @param {import("./api.js").Grant} grant @param {number} at */
  #grant(t, one, grant, at) {
    const words = grantWords(this.desk, grant);
    const rest = one.grants.filter((_, place) => place !== at);
    return html`<li class="people-item"><span>${words}</span>
      <button class="round" aria-label=${t.t("people.take", { what: words })} @click=${() => this.#grants(one, rest)}>${icon("close")}</button></li>`;
  }

  /** @param {import("../text.js").Text} t */
  #choice(t) {
    const { text, store } = this.desk;
    return html`
      <label>${t.t("people.role")}<select name="role">${ROLES.map((role) => html`<option value=${role}>${roleWord(text, role)}</option>`)}</select></label>
      <label>${t.t("people.place")}<select name="place">
        ${labsOf(store).map((one, at) => html`<option value=${one.key} ?selected=${at === 0}>${text.title(one.title, one.lab)}</option>`)}
        <option value="">${t.t("people.everywhere")}</option></select></label>`;
  }

  /** @param {FormData} form */
  #chosen(form) {
    const lab = labsOf(this.desk.store).find((one) => one.key === form.get("place"));
    return { role: String(form.get("role")), ...(lab ? { school: lab.school, lab: lab.lab } : {}) };
  }

  /** @param {SubmitEvent} event */
  async #add(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const said = new FormData(form);
    const added = await ask("POST", "people", { login: said.get("login"), title: said.get("title"), grants: [this.#chosen(said)] });
    this.trouble = added.ok ? "" : added.code;
    if (!added.ok) return;
    form.reset();
    await this.#invite(added.body);
  }

  /** @param {SubmitEvent} event @param {Person} one */
  #give(event, one) {
    event.preventDefault();
    return this.#grants(one, [...one.grants, this.#chosen(new FormData(/** @type {HTMLFormElement} */ (event.target)))]);
  }

  /** @param {Person} one @param {object[]} grants */
  #grants(one, grants) {
    return this.#do("PUT", `people/${one.name}/grants`, { grants });
  }

  /** @param {Person} one */
  async #invite(one) {
    const invited = await this.#do("POST", `people/${one.name}/invitation`);
    if (invited.ok) this.links = { ...this.links, [one.name]: `${location.origin}/#invitation=${invited.body.invitation}` };
  }

  /** @param {Person} one */
  #remove(one) {
    if (this.leaving !== one.name) return void (this.leaving = one.name);
    this.leaving = "";
    return this.#do("DELETE", `people/${one.name}`);
  }

  /** @param {string} method @param {string} path @param {object} [body] */
  async #do(method, path, body) {
    const outcome = await ask(method, path, body);
    this.trouble = outcome.ok ? "" : outcome.code;
    await this.#look();
    if (!outcome.ok) this.trouble = outcome.code;
    return outcome;
  }
}

customElements.define("lk-staff", LkStaff);
