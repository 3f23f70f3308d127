/** One node: what its own file begins, what was added from here, and a set in work until it is applied or thrown away. */
import { html, nothing, repeat } from "../vendor/lit.js";
import * as api from "./api.js";
import { fold, tableForm } from "./form.js";
import { at, changed, isSealed, pointer } from "./model.js";
import { wrongWords } from "./wrong.js";
import { driversOf } from "../condition/checks.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { SHAPE, TICK, WORDS } from "../store.js";

/** @typedef {"try" | "apply" | "back"} Deed */

const ADDING = "#add";

class LkNodeDrivers extends DeskElement {
  /** Which folds are open. @type {Set<string>} */
  #opened = new Set();

  /** What folds share. */
  #folds = {
    opened: this.#opened,
    /** @param {string} key @param {boolean} open */
    toggled: (key, open) => {
      if (open) this.#opened.add(key);
      else this.#opened.delete(key);
      if (open) void this.#wanted();
      this.requestUpdate();
    },
  };

  /** The number of the set that the node took over and has not shown yet; 0: none. */
  #taken = 0;

  /** Which keys each table had when it was first shown. @type {Map<string, Set<string>>} */
  #said = new Map();

  static properties = { words: { attribute: false }, node: { attribute: false }, offer: { state: true }, draft: { state: true }, mistakes: { state: true }, told: { state: true }, busy: { state: true }, sure: { state: true } };

  constructor() {
    super();
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined)); // set by who shows it
    this.node = /** @type {wire.NodeDrivers} */ (/** @type {unknown} */ (undefined));
    /** @type {wire.DriverOffer | null} */
    this.offer = null;
    /** What is being worked at; null: nothing is. @type {wire.DriverInstances | null} */
    this.draft = null;
    /** @type {wire.DriverMistake[]} */
    this.mistakes = [];
    this.told = "";
    this.busy = false;
    /** What a second press does although a lesson is on. @type {Deed | ""} */
    this.sure = "";
  }

  watched() {
    return [WORDS, SHAPE, TICK];
  }

  willUpdate() {
    if (this.#taken === 0 || this.node.number < this.#taken) return;
    [this.draft, this.#taken] = [null, 0]; // what was in work is what the node shows now
  }

  get #set() {
    return this.draft ?? this.node.instances;
  }

  render() {
    const { words, node } = this;
    const name = `${this.#lab} · ${node.node}`;
    return html`
      <article class="card drivers-node" aria-label=${name}>
        <h3>${name}</h3>
        <p class="quiet">${words.t(node.online ? "drivers.online" : "drivers.away")}</p>
        ${node.fell_back ? html`<p class="drivers-notice">${icon("warning")}${words.t("drivers.fell_back")}</p>` : nothing}
        ${node.open ? this.#open() : html`<p class="quiet">${words.t("drivers.closed")}</p>`}
      </article>`;
  }

  /** The title of the node's lab; where it is in none, its school. */
  get #lab() {
    const { store, text } = this.desk;
    const { school, lab } = this.node;
    return lab ? text.title(store.labs.find((one) => one.school === school && one.lab === lab)?.title, lab) : school;
  }

  #open() {
    const { words, node } = this;
    return html`
      <h4>${words.t("drivers.from_here")}</h4>
      ${Object.keys(this.#set).length === 0 ? html`<p class="quiet">${words.t("drivers.none")}</p>` : nothing}
      <ul class="drivers-list">${repeat(Object.entries(this.#set), ([name]) => name, ([name, one]) => this.#instance(name, one))}</ul>
      ${this.#adding()}
      ${this.#deeds()}
      <h4>${words.t("drivers.own")}</h4>
      <p class="quiet small">${words.t("drivers.own_meaning")}</p>
      <ul class="drivers-list">${Object.entries(node.own).map(([name, one]) => html`<li><details><summary>${name} · ${one.driver} ${this.#state(name)}</summary>
        <pre tabindex="0">${one.configuration === null ? words.t("drivers.unread") : JSON.stringify(one.configuration, null, 2)}</pre></details></li>`)}</ul>
      ${this.#history()}`;
  }

  /** @param {string} name @param {wire.DriverInstance} one */
  #instance(name, one) {
    const { words } = this;
    const wrong = this.#wrong.filter(({ pointer: at }) => [pointer([name]), pointer([name, "driver"]), pointer([name, "apart"]), pointer([name, "configuration"])].includes(at));
    const inside = this.#wrong.some(({ pointer: at }) => `${at}/`.startsWith(`${pointer([name])}/`));
    const title = html`<span id="${this.#prefix}-of-${name}">${name}</span> · ${this.#title(one.driver)} ${this.#state(name)}`;
    return html`<li>${fold(this.#folds, { mark: "drivers-instance", key: pointer([name]), wrong: inside, title }, () => html`
      ${wrong.map((mistake) => html`<p class="drivers-wrong" role="status">${wrongWords(words, mistake)}</p>`)}
      ${this.#form(name, one)}
      <button type="button" class="segment" @click=${() => this.#put([name], undefined)}>${words.t("drivers.remove", { name })}</button>`)}</li>`;
  }

  /** @param {string} name @param {wire.DriverInstance} one */
  #form(name, one) {
    const schema = this.offer?.drivers.find((driver) => driver.name === one.driver)?.schema;
    if (!schema) return html`<p class="quiet">${this.words.t(this.offer ? "drivers.not_offered" : "drivers.looking")}</p>`;
    const sheet = {
      ...this.#folds,
      words: this.words,
      text: this.desk.text,
      prefix: this.#prefix,
      root: schema,
      mistakes: this.#wrong,
      said: this.#said,
      change: (/** @type {import("./model.js").Path} */ path, /** @type {import("./model.js").Json | undefined} */ value) => this.#put(path, value),
    };
    return html`<form class="drivers-form" autocomplete="off" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>${tableForm(sheet, schema, [name, "configuration"], one.configuration)}</form>`;
  }

  #adding() {
    const { words } = this;
    const withheld = this.offer?.withheld ?? [];
    const id = this.#prefix;
    return html`
      ${fold(this.#folds, { mark: "drivers-add", key: ADDING, wrong: false, title: words.t("drivers.add") }, () => html`
        <form class="drivers-form" @submit=${this.#add} autocomplete="off">
          <div class="drivers-field"><label for="${id}-name">${words.t("drivers.name")}</label><input id="${id}-name" name="name" required maxlength="64" pattern="[^\\/+#]+" autocomplete="off" spellcheck="false"><p class="quiet small">${words.t("drivers.name_help")}</p></div>
          <div class="drivers-field"><label for="${id}-driver">${words.t("drivers.driver")}</label><select id="${id}-driver" name="driver" required>${this.offer?.drivers.map((one) => html`<option value=${one.name}>${this.desk.text.title(one.title, one.name)}</option>`)}</select></div>
          <button class="do">${words.t("drivers.begin")}</button>
          ${withheld.length === 0 ? nothing : html`<p class="quiet small">${words.t("drivers.withheld")} ${withheld.map(({ name, why }) => `${name} (${words.word("driverswhy", why) ?? why})`).join(" · ")}</p>`}
        </form>`)}`;
  }

  #deeds() {
    const { words, node } = this;
    const idle = this.draft === null;
    return html`<div class="drivers-deeds">
      <button type="button" class="do" ?disabled=${idle || this.busy} @click=${() => this.#do("try")}>${words.t("drivers.try")}</button>
      <button type="button" class="primary" ?disabled=${idle || this.busy} @click=${() => this.#do("apply")}>${words.t(this.sure === "apply" ? "drivers.apply_sure" : "drivers.apply")}</button>
      <button type="button" class="segment" ?disabled=${idle || this.busy} @click=${this.#discard}>${words.t("drivers.discard")}</button>
      <button type="button" class="segment" ?disabled=${!node.former || this.busy} @click=${() => this.#do("back")}>${words.t(this.sure === "back" ? "drivers.back_sure" : "drivers.back")}</button>
    </div>
    <p role="status" class="drivers-told">${this.told}</p>`;
  }

  #history() {
    const { words, node } = this;
    if (node.versions.length === 0) return nothing;
    return html`<details><summary>${words.t("drivers.history")}</summary><ul class="drivers-history">${node.versions.map((one) => html`<li><time>${this.desk.text.moment(one.at_ms)}</time> ${one.number} · ${this.desk.store.who(one.by)} · ${words.t(one.taken === null ? "drivers.waits" : one.taken ? "drivers.taken" : "drivers.was_refused")}<br><code>${one.do === "back" ? words.t("drivers.back") : one.changes.join(" ")}</code></li>`)}</ul></details>`;
  }

  /** Of every id in this card. */
  get #prefix() {
    return `drivers-${this.node.school}-${this.node.node}`;
  }

  /** What is wrong now: of the set in work, or of what the node left out. */
  get #wrong() {
    return this.draft || this.mistakes.length > 0 ? this.mistakes : this.node.left_out;
  }

  /** @param {string} instance */
  #state(instance) {
    const { node } = this;
    const latest = [...this.desk.store.latest.values()];
    const found = driversOf(latest, /** @type {wire.Node} */ (/** @type {unknown} */ (node))).find((one) => one.instance === instance);
    return found ? html`<span class="quiet small">· ${this.words.word("driversstate", found.state) ?? found.state}${found.why ? `: ${found.why}` : ""}</span>` : nothing;
  }

  /** @param {string} driver */
  #title(driver) {
    return this.desk.text.title(this.offer?.drivers.find(({ name }) => name === driver)?.title, driver);
  }

  /** @param {import("./model.js").Path} path @param {import("./model.js").Json | undefined} value */
  #put(path, value) {
    const before = at(this.node.instances, path);
    this.draft = changed(/** @type {any} */ (this.#set), path, value === undefined && isSealed(before) ? before : value);
    this.mistakes = this.mistakes.filter(({ pointer: at }) => at !== pointer(path));
    [this.sure, this.told] = ["", this.words.t("drivers.not_yet")];
  }

  /** The schemas come when somebody looks. */
  async #wanted() {
    this.offer ??= await api.offer(this.node).catch(() => null);
  }

  /** @param {SubmitEvent} event */
  #add(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const said = new FormData(form);
    const name = String(said.get("name")).trim();
    if (name in this.#set || name in this.node.own) {
      this.told = this.words.t("driverswrong.name_taken");
      return;
    }
    this.#put([name], { driver: String(said.get("driver")), apart: false, configuration: {} });
    this.#opened.delete(ADDING);
    this.#opened.add(pointer([name]));
    void this.updateComplete.then(() => this.querySelector(`#${CSS.escape(`${this.#prefix}-of-${name}`)}`)?.closest("details")?.querySelector("summary")?.focus());
  }

  #discard() {
    [this.draft, this.mistakes, this.told, this.sure] = [null, [], "", ""];
    this.#said.clear();
  }

  /** @param {Deed} deed */
  async #do(deed) {
    this.busy = true;
    const known = this.sure === deed;
    const set = this.#set;
    const asked = deed === "try" ? api.tryOut(this.node, set) : deed === "apply" ? api.apply(this.node, set, known) : api.back(this.node, known);
    await asked.then((outcome) => this.#came(deed, outcome), (/** @type {api.Refused} */ refused) => this.#refused(deed, refused.code));
    this.busy = false;
  }

  /** @param {Deed} deed @param {wire.DriversOutcome} outcome */
  #came(deed, { answered, taken, number, mistakes }) {
    const { words } = this;
    [this.mistakes, this.sure] = [mistakes, ""];
    const whole = mistakes.filter(({ pointer: at }) => at === "").map((one) => wrongWords(words, one)).join(" ");
    if (!answered) this.told = words.t("drivers.no_answer");
    else if (!taken) this.told = `${words.t("drivers.refused", { count: mistakes.length })} ${whole}`;
    else this.told = words.t(deed === "try" ? "drivers.would" : "drivers.done");
    if (taken && deed !== "try") this.#taken = number;
    if (deed !== "try") this.dispatchEvent(new Event("changed"));
  }

  /** @param {Deed} deed @param {string} code */
  #refused(deed, code) {
    this.sure = code === "lesson_on" ? deed : "";
    this.told = this.words.word("driversrefused", code) ?? this.words.t("driversrefused.unreachable");
  }
}

customElements.define("lk-node-drivers", LkNodeDrivers);
