/** Everybody who has an account: what they may do where, invited, signed out, removed. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { labsOf } from "../labs.js";
import { ask } from "./api.js";
import { endsSoon, grantWords, said, whyNot } from "./words.js";
import { parseRoute } from "../route.js";
import { SHAPE, WORDS } from "../store.js";
import "./granting.js";

/** @typedef {import("./api.js").Person} Person */
/** @typedef {import("./api.js").Grant} Grant */

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
    addEventListener("hashchange", this.#moved);
    void this.#look();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("hashchange", this.#moved);
  }

  #moved = () => this.requestUpdate(); // from one lab's people to everybody

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
        <h3 id="staff-title">${this.#lab ? t.t("people.staff_of", { lab: text.title(this.#lab.title, this.#lab.lab) }) : t.t("people.staff")}</h3>
        ${this.#lab ? html`<a class="do people-all" href="#/people">${t.t("people.staff_all")}</a>` : nothing}
        <p role="status" class="people-said warn">${this.trouble ? whyNot(text, this.trouble) : nothing}</p>
        ${this.people?.length === 0 ? html`<p class="quiet">${t.t("people.nobody")}</p>` : nothing}
        <ul class="people-cards">${this.#shown.map((one) => html`<li class="card people-card">${this.#person(t, one)}</li>`)}</ul>
        <details class="card people-card"><summary>${t.t("people.add")}</summary>
          <form @submit=${this.#add}>
            <label>${t.t("people.title_of")}<input name="title" maxlength="100" autocomplete="off" required></label>
            <label>${t.t("people.login_of")}<input name="login" maxlength="100" autocomplete="off" autocapitalize="none" spellcheck="false" required></label>
            <lk-granting .desk=${this.desk}></lk-granting>
            <button class="primary">${t.t("people.add_now")}</button>
          </form></details>
      </section>`;
  }

  /** The lab of the address, if it names one. */
  get #lab() {
    const route = parseRoute(location.hash);
    return "lab" in route ? labsOf(this.desk.store).find((one) => one.school === route.school && one.lab === route.lab) : undefined;
  }

  /** Everybody, or whoever has a right in the lab of the address. */
  get #shown() {
    const lab = this.#lab;
    const within = (/** @type {Grant} */ one) => [null, lab?.school].includes(one.school) && [null, lab?.lab].includes(one.lab);
    return (this.people ?? []).filter((one) => !lab || one.grants.some(within));
  }

  /** @param {import("../text.js").Text} t @param {Person} one */
  #person(t, one) {
    const state = one.enters ? "people.enters" : "people.not_yet";
    return html`
      <h4>${one.title} <span class="quiet">${one.login} · ${one.name}</span></h4>
      <p class="quiet small">${t.t(state)} · ${t.t(one.second_factor ? "people.has_factor" : "people.no_factor")}${one.school_account ? ` · ${t.t("people.has_school")}` : nothing}</p>
      <ul class="people-list">${one.grants.map((grant, at) => this.#grant(t, one, grant, at))}</ul>
      <details class="people-part"><summary>${t.t("people.give_role")}</summary>
        <form @submit=${(/** @type {SubmitEvent} */ event) => this.#give(event, one)}><lk-granting .desk=${this.desk}></lk-granting><button class="primary">${t.t("people.give")}</button></form></details>
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
    return html`<li class="people-item ${endsSoon(this.desk, grant) ? "warn" : ""}">${endsSoon(this.desk, grant) ? icon("clock") : nothing}<span>${words}</span>
      <button class="round" aria-label=${t.t("people.take", { what: words })} @click=${() => this.#grants(one, rest)}>${icon("close")}</button></li>`;
  }

  /** What was chosen in a form. @param {Event} event */
  #chosen(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    return /** @type {import("./api.js").Grant} */ (/** @type {any} */ (form.querySelector("lk-granting")).grant);
  }

  /** @param {SubmitEvent} event */
  async #add(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const said = new FormData(form);
    const added = await ask("POST", "people", { login: said.get("login"), title: said.get("title"), grants: [this.#chosen(event)] });
    this.trouble = added.ok ? "" : added.code;
    if (!added.ok) return;
    form.reset();
    await this.#invite(added.body);
  }

  /** @param {SubmitEvent} event @param {Person} one */
  #give(event, one) {
    event.preventDefault();
    return this.#grants(one, [...one.grants, this.#chosen(event)]);
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
