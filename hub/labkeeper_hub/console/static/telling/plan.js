/** Who is told: the rules in words, each to be changed in a form, and what holds for all channels. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { WORDS } from "../store.js";
import * as api from "./api.js";
import "./rule.js";
import { sentences } from "./words.js";

class LkTellingPlan extends DeskElement {
  static properties = { words: { attribute: false }, plan: { attribute: false }, channels: { attribute: false }, opened: { state: true }, removing: { state: true }, trouble: { state: true }, saved: { state: true } };

  constructor() {
    super();
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined)); // set by who shows it
    this.plan = /** @type {wire.TellingPlan} */ (/** @type {unknown} */ (undefined));
    /** @type {string[]} */
    this.channels = [];
    /** The number of the rule whose form is open; as many as there are rules: a new one. @type {number | null} */
    this.opened = null;
    /** The number of the rule that a second press removes. @type {number | null} */
    this.removing = null;
    this.trouble = "";
    this.saved = false;
  }

  watched() {
    return [WORDS];
  }

  render() {
    const { words, plan, opened } = this;
    const { rules } = plan;
    return html`
      <h3>${words.t("telling.rules")}</h3>
      ${rules.length === 0 ? html`<p class="alarm-why">${icon("warning")}${words.t("telling.no_rule")}</p>` : nothing}
      <ul class="telling-rules">${rules.map((rule, number) => html`<li>${opened === number ? this.#form(rule, number) : this.#shown(rule, number)}</li>`)}</ul>
      ${opened === rules.length ? this.#form(this.#fresh(), rules.length) : this.#begin()}
      <h3>${words.t("telling.limits")}</h3>
      ${this.#limits()}`;
  }

  /** @param {wire.TellingRule} rule @param {number} number */
  #shown(rule, number) {
    const { words } = this;
    const [which, ...steps] = sentences(this, rule);
    const sure = this.removing === number;
    return html`<article class="card telling-rule"><h4>${rule.name}</h4><p class="quiet">${which}</p>
      <ol>${steps.map((one) => html`<li>${one}</li>`)}</ol>
      <div class="telling-deeds"><button class="do" @click=${() => this.#open(number)}>${words.t("telling.change")}</button>
        <button class="segment" @click=${() => this.#remove(number, sure)}>${words.t(sure ? "telling.remove_sure" : "telling.remove")}</button></div></article>`;
  }

  #begin() {
    const { words } = this;
    if (this.channels.length === 0) return html`<p class="quiet">${words.t("telling.channel_first")}</p>`;
    return html`<div class="telling-deeds"><button class="do" @click=${() => this.#open(this.plan.rules.length)}>${words.t("telling.new_rule")}</button></div>`;
  }

  /** @param {wire.TellingRule} rule @param {number} number */
  #form(rule, number) {
    return html`<lk-telling-rule .desk=${this.desk} .words=${this.words} .rule=${rule} .channels=${this.channels} .trouble=${this.trouble}
      @kept=${(/** @type {CustomEvent<wire.TellingRule>} */ { detail }) => this.#put(this.plan.rules.toSpliced(number, 1, detail))} @closed=${() => this.#open(null)}></lk-telling-rule>`;
  }

  #limits() {
    const { words, plan } = this;
    return html`
      <form class="alarm-form" @submit=${this.#limit}>
        <label>${words.t("telling.per_hour")}<input name="per_hour" type="number" min="1" max="1000" required .value=${String(plan.per_hour)}></label>
        <label>${words.t("telling.digest")}<input name="digest_min" type="number" min="1" max="1440" required .value=${String(plan.digest_min)}></label>
        <label>${words.t("telling.url")}<input name="url" type="url" .value=${plan.url || location.origin}></label>
        <button class="primary">${words.t("telling.keep_limits")}</button>
        ${plan.url ? nothing : html`<p class="small">${words.t("telling.no_link")}</p>`}
        <p class="quiet small">${words.t("telling.limits_what")}</p>
        <p role="status" class="alarm-trouble">${this.opened === null ? this.trouble || (this.saved ? words.t("telling.kept") : "") : ""}</p>
      </form>`;
  }

  /** @returns {wire.TellingRule} */
  #fresh() {
    const { rules } = this.plan;
    const taken = new Set(rules.map(({ name }) => name));
    let number = rules.length + 1;
    while (taken.has(`rule-${number}`)) number += 1;
    return { name: `rule-${number}`, schools: [], labs: [], classes: [], roles: [], priority: "low", steps: [{ channel: this.channels[0], after_min: 0, hours: null }], repeat_min: 30 };
  }

  /** @param {number | null} number */
  #open(number) {
    Object.assign(this, { opened: number, removing: null, trouble: "", saved: false });
  }

  /** @param {number} number @param {boolean} sure */
  #remove(number, sure) {
    this.#open(null);
    if (sure) void this.#put(this.plan.rules.toSpliced(number, 1));
    else this.removing = number;
  }

  /** @param {wire.TellingRule[]} rules */
  #put(rules) {
    return this.#change({ ...this.plan, rules });
  }

  /** @param {SubmitEvent} event */
  #limit(event) {
    event.preventDefault();
    const said = new FormData(/** @type {HTMLFormElement} */ (event.target));
    void this.#change({ ...this.plan, per_hour: Number(said.get("per_hour")), digest_min: Number(said.get("digest_min")), url: String(said.get("url")) || null });
  }

  /** @param {wire.TellingPlan} plan */
  async #change(plan) {
    const told = await api.replan(this.plan, plan).then(() => "", (error) => this.words.word("tellingrefused", error.code ?? "") ?? this.words.t("telling.refused"));
    if (!told) this.#open(null);
    Object.assign(this, { trouble: told, saved: !told });
    this.dispatchEvent(new CustomEvent("changed"));
  }
}

customElements.define("lk-telling-plan", LkTellingPlan);
