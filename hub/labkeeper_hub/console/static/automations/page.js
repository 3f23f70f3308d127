/** Automations: which there are, on or off, and what each did last and why. */
import { html, nothing, repeat } from "../vendor/lit.js";
import * as api from "./api.js";
import { refusal } from "./form.js";
import { runList } from "./runs.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { pageIcon } from "../signs.js";
import { labsOf } from "../labs.js";
import { ASKED, SHAPE, WORDS } from "../store.js";
import { styled } from "../styled.js";
import { wordsOf } from "../words.js";

const ASK_EVERY_MS = 5_000;
const RUNS = 200;
const SHOWN = 3;

class LkAutomations extends DeskElement {
  static properties = { words: { state: true }, found: { state: true }, runs: { state: true }, supplied: { state: true }, open: { state: true }, trouble: { state: true } };

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #asking;

  constructor() {
    super();
    /** @type {import("../text.js").Text | null} */
    this.words = null;
    /** @type {wire.Automation[] | null} */
    this.found = null;
    /** @type {wire.AutomationRun[]} */
    this.runs = [];
    /** @type {{id: string, title: wire.Title, text: string}[]} */
    this.supplied = [];
    /** The text being written; empty: the form of a new one. @type {string | null} */
    this.open = null;
    /** The automation that is changed in the form. @type {wire.Automation | null} */
    this.changed = null;
    this.trouble = "";
  }

  watched() {
    return [ASKED, SHAPE, WORDS];
  }

  willUpdate() {
    const { language } = this.desk.text;
    if (this.words?.language !== language) void wordsOf("automations", language).then((words) => (this.words = words), () => {});
  }

  connectedCallback() {
    super.connectedCallback();
    void this.#ask();
    void api.supplied().then((supplied) => (this.supplied = supplied), () => {}); // who may write none needs none
    this.#asking = setInterval(() => void this.#ask(), ASK_EVERY_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#asking);
  }

  async #ask() {
    const [found, runs] = await Promise.all([api.list(), api.runs(RUNS)]).catch(() => [null, null]);
    if (found) this.found = found;
    if (runs) this.runs = runs;
  }

  render() {
    const { words, desk } = this;
    if (!words) return nothing;
    return html`
      <section class="autos" aria-labelledby="autos-title">
        <header><a class="round" href="#/" aria-label=${desk.text.t("chart.back")}>${pageIcon("back")}</a>
          <h2 id="autos-title">${words.t("auto.title")}</h2>
          ${desk.store.may("automate") && this.open === null ? html`<button class="primary" @click=${() => { this.open = ""; }}>${words.t("auto.new")}</button>` : nothing}</header>
        <p class="quiet">${words.t("auto.meaning")}</p>
        <p role="status" class="auto-trouble">${this.trouble}</p>
        ${this.open === null ? nothing : html`${repeat([this.open], (text) => text, (text) => html`<lk-automation-form .desk=${desk} .words=${words} .written=${text} .shown=${this.changed} @closed=${this.#closed}></lk-automation-form>`)}${this.#begin(words)}`}
        ${this.#list(words)}
      </section>`;
  }

  /** @param {import("../text.js").Text} words */
  #begin(words) {
    if (this.open !== "" || this.supplied.length === 0) return nothing;
    return html`<p class="auto-begin">${words.t("auto.begin")} ${this.supplied.map(({ title, text }) => html`<button class="segment" @click=${() => { this.open = this.#here(text); }}>${this.desk.text.title(title, "")}</button>`)}</p>`;
  }

  /** A supplied text for the first lab there is. @param {string} text */
  #here(text) {
    const lab = labsOf(this.desk.store).find((one) => one.lab);
    if (!lab) return text;
    return text.replace(/^school = .*$/m, `school = ${JSON.stringify(lab.school)}`).replace(/^lab = .*$/m, `lab = ${JSON.stringify(lab.lab)}`);
  }

  /** @param {import("../text.js").Text} words */
  #list(words) {
    if (!this.found) return html`<p class="quiet" role="status">${words.t("auto.looking")}</p>`;
    if (this.found.length === 0) return html`<p class="quiet">${words.t("auto.none")}</p>`;
    return html`<ul class="auto-list">${repeat(this.found, ({ id }) => id, (one) => html`<li class="card">${this.#one(one, words)}</li>`)}</ul>`;
  }

  /** @param {wire.Automation} one @param {import("../text.js").Text} words */
  #one(one, words) {
    const { text, store } = this.desk;
    const lab = labsOf(store).find((view) => view.school === one.school && view.lab === one.lab);
    const runs = this.runs.filter(({ automation }) => automation === one.id).slice(0, SHOWN);
    const name = text.title(one.title, one.id);
    return html`
      <header><h3>${name}</h3>
        <button class="segment" role="switch" aria-checked=${one.on} aria-label=${name} ?disabled=${!one.mine} @click=${() => this.#do(api.turn(one.id, !one.on))}>${icon(one.on ? "on" : "off")}${text.t(one.on ? "value.on" : "value.off")}</button></header>
      <p><span class="quiet">${text.title(lab?.title, one.lab)} · ${words.t("auto.waits")}</span> <span>${text.title(one.words, one.when)}</span></p>
      ${runs.length ? runList(this.desk, words, runs) : html`<p class="quiet small">${words.t("auto.no_runs")}</p>`}
      ${one.mine ? html`<div class="auto-deeds">
        <button class="segment" @click=${() => this.#change(one)}>${words.t("auto.change")}</button>
        <button class="segment" @click=${() => this.#remove(one.id, words.t("auto.sure", { name }))}>${words.t("auto.remove")}</button></div>` : nothing}`;
  }

  /** In the form, where it shows all of it; else as text. @param {wire.Automation} one */
  #change(one) {
    this.changed = one.form ? one : null;
    this.open = one.text;
    void this.updateComplete.then(() => this.querySelector("lk-automation-form")?.scrollIntoView({ block: "start" }));
  }

  /** @param {string} id @param {string} question */
  #remove(id, question) {
    if (confirm(question)) void this.#do(api.remove(id));
  }

  #closed() {
    this.open = this.changed = null;
    void this.#ask();
  }

  /** @param {Promise<unknown>} work */
  async #do(work) {
    const { words } = this;
    this.trouble = await work.then(() => "", (error) => (words ? refusal(words, error) : ""));
    await this.#ask();
  }
}

await styled("automations/automations");
customElements.define("lk-automations", LkAutomations);
