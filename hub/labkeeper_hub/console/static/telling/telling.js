/** Who is told of alarms: channels, without what is secret of them, the plan, and what became of messages. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { WORDS } from "../store.js";
import { styled } from "../styled.js";
import * as api from "./api.js";
import "./plan.js";
import { bothOf } from "../words.js";

const LINES = 100;
const say = await bothOf("telling");

class LkTelling extends DeskElement {
  static properties = { found: { state: true }, plan: { state: true }, told: { state: true }, kind: { state: true }, removing: { state: true }, news: { state: true }, failed: { state: true } };

  constructor() {
    super();
    /** @type {{channels: wire.Channel[], kinds: wire.ChannelKind[]} | null} */
    this.found = null;
    /** @type {wire.TellingPlan | null} */
    this.plan = null;
    /** @type {wire.Told[]} */
    this.told = [];
    this.kind = "";
    /** The channel that a second press removes. */
    this.removing = "";
    /** What became of the last deed, by channel; "" is the form's. @type {Record<string, string>} */
    this.news = {};
    this.failed = false;
  }

  watched() {
    return [WORDS];
  }

  connectedCallback() {
    super.connectedCallback();
    void this.#again();
  }

  async #again() {
    const asked = await Promise.all([api.channels(), api.plan(), api.messages(LINES)]).catch(() => null);
    this.failed = asked === null;
    if (asked) [this.found, this.plan, this.told] = asked;
  }

  get #words() {
    return say(this.desk.text);
  }

  render() {
    const words = this.#words;
    if (!this.found || !this.plan) return html`<p class="quiet" role="status">${words.t(this.failed ? "telling.failed" : "telling.looking")}</p>`;
    return html`
      <div class="telling">
        <p class="quiet">${words.t("telling.what")}</p>
        <h3>${words.t("telling.channels")}</h3>
        ${this.found.channels.length === 0 ? html`<p class="alarm-why">${icon("warning")}${words.t("telling.no_channel")}</p>` : nothing}
        <div class="alarm-cards">${this.found.channels.map((one) => this.#channel(one))}</div>
        ${this.#form()}
        <lk-telling-plan .desk=${this.desk} .words=${words} .plan=${this.plan} .channels=${this.found.channels.map(({ name }) => name)} @changed=${() => this.#again()}></lk-telling-plan>
        <h3>${words.t("telling.messages")}</h3>
        ${this.told.length === 0 ? html`<p class="quiet">${words.t("telling.no_message")}</p>` : nothing}
        <ul class="alarm-history">${this.told.map((one) => html`<li><time>${this.desk.text.moment(one.made_ms)}</time><span>${one.title}<br><span class="quiet small">${one.channel} · ${this.#fate(one)}</span></span></li>`)}</ul>
      </div>`;
  }

  /** @param {wire.Channel} one */
  #channel(one) {
    const words = this.#words;
    const { text } = this.desk;
    const kind = this.found?.kinds.find(({ kind }) => kind === one.kind);
    const sent = one.sent_ms === null ? words.t("telling.never_sent") : words.t("telling.sent_at", { when: text.moment(one.sent_ms) });
    const sure = this.removing === one.name;
    return html`
      <article class="card alarm"><h3>${one.name}</h3>
        <p>${text.title(kind, one.kind)}</p>
        <p class="quiet">${words.word("tellinglanguage", one.language) ?? one.language} · ${words.t("telling.made", { who: one.made_by, when: text.moment(one.made_ms) })}</p>
        <p>${one.failures > 0 ? html`${icon("warning")} ${words.t("telling.fails", { count: one.failures, error: one.error ?? "" })}` : sent}</p>
        <div class="alarm-deeds"><button class="do" @click=${() => this.#test(one)}>${words.t("telling.test")}</button>
          <button class="segment" @click=${() => this.#remove(one, sure)}>${words.t(sure ? "telling.remove_sure" : "telling.remove")}</button></div>
        <p role="status" class="alarm-trouble">${this.news[one.name] ?? ""}</p></article>`;
  }

  #form() {
    const words = this.#words;
    const kinds = this.found?.kinds ?? [];
    const chosen = kinds.find(({ kind }) => kind === this.kind) ?? kinds[0];
    return html`
      <form class="alarm-form" @submit=${this.#add} autocomplete="off">
        <label>${words.t("telling.name")}<input name="name" required pattern="[a-z0-9][a-z0-9_\\-]{0,31}" aria-describedby="telling-name-hint"></label>
        <label>${words.t("telling.kind")}<select name="kind" @change=${(/** @type {Event} */ event) => { this.kind = /** @type {HTMLSelectElement} */ (event.target).value; }}>
          ${kinds.map((one) => html`<option value=${one.kind} ?selected=${one.kind === chosen?.kind}>${this.desk.text.title(one, one.kind)}</option>`)}</select></label>
        <label>${words.t("telling.language")}<select name="language"><option value="zh">中文</option><option value="en">English</option></select></label>
        ${Object.keys(chosen?.form.properties ?? {}).map((name) => html`<label>${words.word("tellingfield", name) ?? name}<input type="password" name=${`configuration.${name}`} autocomplete="new-password" ?required=${chosen?.form.required?.includes(name)}></label>`)}
        <button class="primary">${words.t("telling.add")}</button>
        <p class="quiet small" id="telling-name-hint">${words.t("telling.name_hint")}</p>
        <p class="quiet small">${words.t("telling.secret")}</p>
        <p role="status" class="alarm-trouble">${this.news[""] ?? ""}</p>
      </form>`;
  }

  /** @param {wire.Told} one */
  #fate(one) {
    const word = this.#words.word("tellingfate", one.fate) ?? one.fate;
    return one.error ? `${word} · ${one.error}` : word;
  }

  /** @param {wire.Channel} one */
  async #test({ name }) {
    this.#news(name, this.#words.t("telling.testing"));
    const told = await api.test(name).then((letter) => this.#fate(letter), () => this.#words.t("telling.failed"));
    await this.#again();
    this.#news(name, told);
  }

  /** @param {wire.Channel} one @param {boolean} sure */
  async #remove({ name }, sure) {
    this.removing = sure ? "" : name;
    if (!sure) return;
    const told = await api.remove(name).then(() => "", (error) => this.#refusal(error));
    await this.#again();
    this.#news(name, told);
  }

  /** @param {SubmitEvent} event */
  async #add(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    const configuration = Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (name.startsWith("configuration.") && value ? [[name.slice("configuration.".length), value]] : [])));
    const told = await api.add({ name: given.name, kind: given.kind, language: given.language, configuration }).then(() => "", (error) => this.#refusal(error));
    if (!told) form.reset();
    await this.#again();
    this.#news("", told);
  }

  /** @param {{code?: string}} error */
  #refusal(error) {
    return this.#words.word("tellingrefused", error.code ?? "") ?? this.#words.t("telling.refused");
  }

  /** @param {string} channel @param {string} told */
  #news(channel, told) {
    this.news = { ...this.news, [channel]: told };
  }
}

await styled("telling/telling");
customElements.define("lk-telling", LkTelling);
