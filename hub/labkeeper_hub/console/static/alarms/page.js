/** Every alarm: what stands, what is suppressed, what happened, how much it was, and the limits. */
import { html, nothing, repeat } from "../vendor/lit.js";
import * as api from "./api.js";
import "./card.js";
import "./lists.js";
import { byUrgency, refusal, unacknowledged } from "./names.js";
import * as sound from "./sound.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { pageIcon } from "../signs.js";
import { alarmKey } from "../keys.js";
import { ALARMS, WORDS } from "../store.js";
import { styled } from "../styled.js";
import { wordsOf } from "../words.js";

/** @typedef {"now" | "suppressed" | "history" | "load" | "limits" | "telling"} View */

class LkAlarms extends DeskElement {
  static properties = { words: { state: true }, rules: { state: true }, view: { state: true }, trouble: { state: true }, sounds: { state: true } };

  constructor() {
    super();
    /** @type {import("../text.js").Text | null} */
    this.words = null;
    /** @type {Map<string, wire.AlarmRule>} */
    this.rules = new Map();
    /** @type {View} */
    this.view = meantView();
    this.trouble = "";
    this.sounds = sound.isOn();
    void api.rules().then((rules) => (this.rules = rules), () => {});
  }

  watched() {
    return [ALARMS, WORDS];
  }

  connectedCallback() {
    super.connectedCallback();
    addEventListener("hashchange", this.#moved);
    this.#moved(); // it is shown again, perhaps by another address
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("hashchange", this.#moved);
  }

  /** Another address of this page: what it names is shown. */
  #moved = () => {
    this.view = meantView();
    this.requestUpdate();
  };

  willUpdate() {
    const { language } = this.desk.text;
    if (this.words?.language !== language) void wordsOf("alarms", language).then((words) => (this.words = words), () => {});
  }

  /** Somebody set a limit: what holds now is asked for. */
  #ruledAnew = () => {
    api.forgetRules();
    void api.rules().then((rules) => (this.rules = rules), () => {});
  };

  /** What a message's link is about comes first. */
  get #all() {
    return [...this.desk.store.alarms.values()].sort((one, other) => Number(meant(other)) - Number(meant(one)) || byUrgency(one, other));
  }

  render() {
    const { words } = this;
    if (!words) return nothing;
    const suppressed = this.#all.filter((one) => one.suppression !== "not_suppressed");
    const now = this.#all.filter((one) => one.suppression === "not_suppressed");
    return html`
      <section class="alarms" aria-labelledby="alarms-title">
        <header><a class="round" href="#/" aria-label=${this.desk.text.t("chart.back")}>${pageIcon("back")}</a>
          <h2 id="alarms-title">${words.t("alarm.title")}</h2>
          <button class="segment" role="switch" aria-checked=${this.sounds} @click=${this.#turn}>${icon(this.sounds ? "on" : "off")}${words.t("alarm.sound")} · ${this.desk.text.t(this.sounds ? "value.on" : "value.off")}</button></header>
        <div class="segments wide" role="group" aria-label=${words.t("alarm.title")}>
          ${this.#tab("now", `${words.t("alarm.now")} ${now.length}`)} ${this.#tab("suppressed", `${words.t("alarm.suppressed")} ${suppressed.length}`)}
          ${this.#tab("history", words.t("alarm.history"))} ${this.#tab("load", words.t("alarm.load"))} ${this.#tab("limits", words.t("alarm.limits"))}
          ${this.desk.store.may("manage_telling") ? this.#tab("telling", words.t("alarm.telling")) : nothing}
        </div>
        <p role="status" class="alarm-trouble">${this.trouble}</p>
        ${this.#view(words, now, suppressed)}
      </section>`;
  }

  /** @param {View} view @param {string} word */
  #tab(view, word) {
    return html`<button class="segment" aria-pressed=${this.view === view} @click=${() => { this.view = view; }}>${word}</button>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.Alarm[]} now @param {wire.Alarm[]} suppressed */
  #view(words, now, suppressed) {
    const { desk, rules } = this;
    switch (this.view) {
      case "history": return html`<lk-alarm-history .desk=${desk} .words=${words} .rules=${rules}></lk-alarm-history>`;
      case "load": return html`<lk-alarm-load .desk=${desk} .words=${words} .rules=${rules}></lk-alarm-load>`;
      case "limits": return html`<lk-alarm-limits .desk=${desk} .words=${words} .rules=${rules} @limits-changed=${this.#ruledAnew}></lk-alarm-limits>`;
      case "telling": return this.#telling();
      case "suppressed": return this.#cards(words, suppressed, words.t("alarm.none_suppressed"));
      default: return html`${linked() && !this.#all.some(meant) ? html`<p class="alarm-why" role="status">${icon("check")}${words.t("alarm.linked_over")}</p>` : nothing}${this.#everything(words, now)}${this.#cards(words, now, words.t("alarm.none"))}`;
    }
  }

  #telling() {
    void import("../telling/telling.js");
    return html`<lk-telling .desk=${this.desk}></lk-telling>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.Alarm[]} alarms */
  #everything(words, alarms) {
    const open = alarms.filter(unacknowledged);
    if (open.length < 2) return nothing;
    const all = async () => { this.trouble = await api.act("acknowledge", open).then(() => "", (error) => refusal(words, error)); };
    return html`<button class="do" @click=${all}>${words.t("alarm.acknowledge_all", { count: open.length })}</button>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.Alarm[]} alarms @param {string} none */
  #cards(words, alarms, none) {
    if (alarms.length === 0) return html`<p class="quiet">${none}</p>`;
    return html`<div class="alarm-cards">${repeat(alarms, alarmKey, (one) => html`<lk-alarm-card .desk=${this.desk} .words=${words} .alarm=${one} .rule=${this.rules.get(one.rule)}></lk-alarm-card>`)}</div>`;
  }

  #turn() {
    this.sounds = !this.sounds;
    sound.turn(this.sounds);
  }
}

/** What the address names: `#/alarms/<rule>/<school>/<lab>`, as messages link to it. */
const linked = () => {
  const [rule, school = "", lab = ""] = location.hash.split("/").slice(2).map(decodeURIComponent);
  return rule ? { rule, school, lab } : null;
};

/** @returns {View} */
const meantView = () => (location.hash.startsWith("#/telling") ? "telling" : "now");

/** @param {wire.Alarm} one */
function meant(one) {
  const link = linked();
  return link !== null && one.rule === link.rule && one.school === link.school && one.lab === link.lab;
}

await styled("alarms/alarms");
customElements.define("lk-alarms", LkAlarms);
