/** One automation written: when, if, then in a form, or as text; tried on what was recorded before it is kept. */
import { html, nothing } from "../vendor/lit.js";
import * as api from "./api.js";
import { runList, strip } from "./runs.js";
import { textOf } from "./text.js";
import { DeskElement } from "../element.js";
import { devicesOf, labsOf } from "../labs.js";
import { scenesOf } from "../lessons/api.js";
import { deviceName, pointName } from "../names.js";
import { SHAPE } from "../store.js";
import { sign } from "../units.js";

const DAY_MS = 86_400_000;
const SPAN_MS = 7 * DAY_MS;
const SIGNS = [">", "<", ">=", "<="];
const SHOWN = 12;
const MOST = 8; // of triggers, conditions and deeds
const TRIGGERS = ["empty", "used", "point", "lesson_over", "lesson", "lit", "dark"];
const NEEDS = ["empty", "used", "lit", "dark", "point"];

/** @typedef {"triggers" | "needs" | "then"} List */
/** One row of the form, as its fields have it. @typedef {Record<string, string>} Row */

/** @type {Record<List, Row>} */
const FRESH = {
  triggers: { what: "empty", key: "", sign: ">", limit: "", minutes: "10" },
  needs: { what: "empty", key: "", sign: ">", limit: "" },
  then: { what: "lamps:false", value: "" },
};

class LkAutomationForm extends DeskElement {
  static properties = { words: { attribute: false }, text: { state: true }, written: { attribute: false }, shown: { attribute: false }, fields: { state: true }, rows: { state: true }, scenes: { state: true }, trial: { state: true }, trouble: { state: true }, asking: { state: true } };

  constructor() {
    super();
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined)); // set by who shows it
    /** The text to begin with; empty: the form. */
    this.written = "";
    /** What the form shows of an automation there is. @type {wire.Automation | null} */
    this.shown = null;
    this.text = "";
    /** @type {Record<string, string>} */
    this.fields = { zh: "", en: "", id: `a-${crypto.randomUUID().slice(0, 8)}`, at: "18:00", from: "", to: "", lab: "", hold: "15" };
    /** @type {Record<List, Row[]>} */
    this.rows = { triggers: [{ ...FRESH.triggers }], needs: [], then: [{ ...FRESH.then }] };
    /** Points that are spoken of and not here now, and what of a text the form only keeps. */
    this.absent = new Map(/** @type {[string, wire.AutomationCondition][]} */ ([]));
    /** @type {Record<string, unknown>} */
    this.kept = {};
    /** @type {wire.Scene[]} */
    this.scenes = [];
    /** @type {{runs: wire.AutomationRun[], readings: number, known_ms: number | null, from_ms: number, to_ms: number} | null} */
    this.trial = null;
    this.trouble = "";
    this.asking = false;
  }

  watched() {
    return [SHAPE];
  }

  firstUpdated() {
    if (this.shown?.form) this.#take(this.shown, this.shown.form);
    else if (this.written) this.text = this.written;
    else this.#compose();
  }

  /** Fill the fields with an automation there is. @param {wire.Automation} one @param {wire.AutomationForm} form */
  #take(one, form) {
    const [from = "", to = ""] = form.between?.split("-") ?? [];
    this.fields = { ...this.fields, zh: one.title.zh, en: one.title.en, id: one.id, lab: `${one.school}/${one.lab}`, at: form.at ?? "18:00", from, to, hold: minutesOf(form.kept.hold) };
    const triggers = form.at === null ? form.triggers.map((each) => this.#row(each)) : [{ ...FRESH.triggers, what: "time" }];
    this.rows = { triggers, needs: form.needs.map((each) => this.#row(each)), then: form.then.map((each) => this.#deedRow(each)) };
    this.kept = form.kept;
    this.text = one.text;
  }

  /** @param {wire.AutomationCondition} one @returns {Row} */
  #row(one) {
    const { what, node, device, point, sign, limit, minutes } = one;
    if (what !== "point") return { ...FRESH.triggers, what, minutes: String(minutes ?? 0) };
    const key = `${node}/${device}/${point}`;
    this.absent.set(key, one);
    return { what, key, sign: sign ?? ">", limit: String(limit ?? ""), minutes: String(minutes ?? 0) };
  }

  /** @param {wire.AutomationDeed} one @returns {Row} */
  #deedRow({ scene, lamps, node, device, point, value }) {
    if (scene !== undefined) return { what: `scene:${scene}`, value: "" };
    if (point === undefined) return { what: `lamps:${lamps === true}`, value: "" };
    const type = typeof value === "boolean" ? "bool" : typeof value === "string" ? "text" : "number";
    this.absent.set(`${node}/${device}/${point}`, { what: "point", node, device, point, type });
    return { what: `point:${node}/${device}/${point}`, value: String(value) };
  }

  get #labs() {
    return labsOf(this.desk.store).filter(({ lab }) => lab);
  }

  get #lab() {
    return this.#labs.find(({ key }) => key === this.fields.lab) ?? this.#labs.at(0) ?? null;
  }

  /** @param {boolean} writable @returns {{key: string, id: wire.PointId, point: wire.Point, name: string}[]} */
  #points(writable) {
    const { text, store } = this.desk;
    const lab = this.#lab;
    if (!lab) return [];
    return devicesOf(store, lab).flatMap((device) => device.points
      .filter((point) => (writable ? point.writable : point.kind !== "event" && point.kind !== "action"))
      .map((point) => ({ key: `${device.node}/${device.device}/${point.point}`, id: { school: device.school, node: device.node, device: device.device, point: point.point }, point, name: `${deviceName(text, device)} · ${pointName(text, device, point)}` })));
  }

  /** Whether something of what is done goes back to a safe value once the lease is given back. */
  get #fallsBack() {
    const outputs = this.#points(true).filter(({ point }) => point.safe_value !== null && point.link_loss_s !== null);
    return this.rows.then.some(({ what }) => outputs.some(({ key }) => what === `point:${key}`));
  }

  /** What the form does not show, and how long it keeps what would fall back. */
  get #keeps() {
    const { hold, ...others } = this.kept;
    const minutes = Number(this.fields.hold);
    const held = this.#fallsBack ? minutes > 0 && `${minutes} min` : hold;
    return held ? { ...others, hold: held } : others;
  }

  get #formed() {
    return !this.written || this.shown?.form;
  }

  render() {
    const { words } = this;
    return html`
      <form class="card auto-form" @submit=${this.#save} @input=${this.#changed}>
        <h3>${words.t(this.written ? "auto.edit" : "auto.new")}</h3>
        ${this.#formed ? this.#form() : nothing}
        <details ?open=${!this.#formed}><summary>${words.t("auto.text")}</summary>
          <textarea name="text" rows="14" spellcheck="false" aria-label=${words.t("auto.text")} .value=${this.text}></textarea></details>
        <p role="status" class="auto-trouble">${this.trouble}</p>
        <div class="auto-deeds">
          <button type="button" class="do" ?disabled=${this.asking} @click=${this.#try}>${words.t("auto.try")}</button>
          <button class="primary" ?disabled=${this.asking}>${words.t("auto.save")}</button>
          <button type="button" class="segment" @click=${this.#close}>${words.t("auto.cancel")}</button>
        </div>
        <div role="status">${this.#told()}</div>
      </form>`;
  }

  #form() {
    const { words, rows } = this;
    const { text } = this.desk;
    const timed = rows.triggers[0]?.what === "time";
    return html`
      <div class="auto-columns">${this.#names()}</div>
      ${this.shown ? nothing : html`<div class="auto-columns">${this.#select("lab", words.t("auto.lab"), this.#labs.map(({ key, title, lab: name }) => [key, text.title(title, name)]), this.#lab?.key ?? "")}</div>`}
      <div class="auto-columns">
      <fieldset><legend>${words.t("auto.when")}</legend>
        ${rows.triggers.map((row, at) => html`${at > 0 ? html`<p class="auto-joined">${words.t("auto.or")}</p>` : nothing}${this.#condition("triggers", at, row)}`)}
        ${timed ? nothing : this.#more("triggers", "auto.more_when")}
      </fieldset>
      <fieldset><legend>${words.t("auto.if")}</legend>
        ${rows.needs.map((row, at) => html`${at > 0 ? html`<p class="auto-joined">${words.t("auto.and")}</p>` : nothing}${this.#condition("needs", at, row)}`)}
        ${this.#more("needs", "auto.more_if")}
        ${this.#input("from", words.t("auto.from"), "time")} ${this.#input("to", words.t("auto.to"), "time")}
      </fieldset>
      <fieldset><legend>${words.t("auto.then")}</legend>
        ${rows.then.map((row, at) => this.#deed(at, row))}
        ${this.#more("then", "auto.more_then")}
        ${this.#fallsBack ? html`<label>${words.t("auto.hold")}<input name="hold" required type="number" step="any" min="0" max="1440" .value=${this.fields.hold}></label>` : nothing}
      </fieldset></div>`;
  }

  /** A trigger or a condition, with what it asks for. @param {"triggers" | "needs"} list @param {number} at @param {Row} row */
  #condition(list, at, row) {
    const { words } = this;
    const kinds = list === "needs" ? NEEDS : this.rows.triggers.length > 1 ? TRIGGERS : [...TRIGGERS, "time"];
    return html`<div class="auto-row" role="group" aria-label=${words.t("auto.number", { number: at + 1 })}>
      ${this.#select(`${list}.${at}.what`, words.t(list === "needs" ? "auto.so_that" : "auto.what"), kinds.map((one) => [one, words.word("autowhen", one) ?? one]), row.what ?? "")}
      ${row.what === "point" ? this.#point(list, at, row) : nothing}
      ${row.what === "time" ? this.#input("at", words.t("auto.at"), "time") : nothing}
      ${list === "triggers" && row.what !== "time" ? html`<label>${words.t("auto.minutes")}<input name=${`${list}.${at}.minutes`} type="number" step="any" min="0" max="1440" .value=${row.minutes ?? ""}></label>` : nothing}
      ${list === "needs" || this.rows.triggers.length > 1 ? this.#less(list, at) : nothing}</div>`;
  }

  /** @param {"triggers" | "needs"} list @param {number} at @param {Row} row */
  #point(list, at, row) {
    const { words } = this;
    const points = this.#points(false);
    const about = this.#about(row.key ?? "");
    const options = points.map(({ key, name }) => [key, name]);
    if (row.key && !points.some(({ key }) => key === row.key)) options.unshift([row.key, row.key]);
    return html`${this.#select(`${list}.${at}.key`, words.t("auto.point"), options, row.key || (options[0]?.[0] ?? ""))}
      ${about ? this.#compared(`${list}.${at}`, about, row) : nothing}`;
  }

  /** What is known of a point: as it is here, or as the text declares it. @param {string} key @returns {wire.AutomationCondition | null} */
  #about(key) {
    const here = this.#points(false).find((one) => one.key === key) ?? (key ? undefined : this.#points(false).at(0));
    if (!here) return this.absent.get(key) ?? null;
    const { node, device, point } = here.id;
    return { what: "point", node, device, point, type: here.point.type === "bool" ? "bool" : here.point.type === "str" ? "text" : "number", unit: here.point.unit };
  }

  /** @param {string} name @param {wire.AutomationCondition} about @param {Row} row */
  #compared(name, { type, unit }, row) {
    const { words } = this;
    if (type === "bool") return this.#select(`${name}.sign`, words.t("auto.is"), [["on", words.t("auto.true")], ["off", words.t("auto.false")]], row.sign ?? "");
    const limit = html`<label>${words.t("auto.limit")} ${sign(unit ?? "")}<input name=${`${name}.limit`} required type=${type === "text" ? "text" : "number"} step="any" .value=${row.limit ?? ""}></label>`;
    if (type === "text") return limit;
    return html`${this.#select(`${name}.sign`, words.t("auto.sign"), SIGNS.map((one) => [one, words.word("autosign", one) ?? one]), row.sign ?? "")}${limit}`;
  }

  /** @param {number} at @param {Row} row */
  #deed(at, row) {
    const { words } = this;
    const { text } = this.desk;
    const outputs = this.#points(true);
    const options = [["lamps:false", words.t("auto.lamps_off")], ["lamps:true", words.t("auto.lamps_on")], ...this.scenes.map(({ name, title }) => [`scene:${name}`, words.t("auto.scene", { name: text.title(title, name) })]), ...outputs.map(({ key, name }) => [`point:${key}`, name])];
    if (!options.some(([value]) => value === row.what)) options.push([row.what ?? "", (row.what ?? "").replace(/^[a-z]+:/, "")]);
    const output = outputs.find(({ key }) => `point:${key}` === row.what);
    return html`<div class="auto-row" role="group" aria-label=${words.t("auto.number", { number: at + 1 })}>
      ${this.#select(`then.${at}.what`, words.t("auto.do"), options, row.what ?? "")}
      ${output ? this.#value(at, output.point, row) : nothing}
      ${this.rows.then.length > 1 ? this.#less("then", at) : nothing}</div>`;
  }

  /** @param {List} list @param {string} word */
  #more(list, word) {
    if (this.rows[list].length >= MOST) return nothing;
    return html`<button type="button" class="segment" @click=${() => this.#put({ ...this.rows, [list]: [...this.rows[list], { ...FRESH[list] }] })}>${this.words.t(word)}</button>`;
  }

  /** @param {List} list @param {number} at */
  #less(list, at) {
    return html`<button type="button" class="segment" @click=${() => this.#put({ ...this.rows, [list]: this.rows[list].filter((_, other) => other !== at) })}>${this.words.t("auto.less", { number: at + 1 })}</button>`;
  }

  /** @param {Record<List, Row[]>} rows */
  #put(rows) {
    this.rows = rows;
    this.#compose();
  }

  /** Its title in both languages; who leaves one empty is told that the other stands in for it. */
  #names() {
    const { words, fields } = this;
    const told = fields.zh || fields.en;
    return [["zh", words.t("auto.name_zh")], ["en", words.t("auto.name_en")]].map(([one, title]) => html`<label>${title}<input name=${one} lang=${one} maxlength="100" ?required=${!told} .value=${fields[one]} placeholder=${told ? words.t("auto.name_same") : words.t("auto.name_hint")}></label>`);
  }

  /** @param {number} at @param {wire.Point} point @param {Row} row */
  #value(at, point, row) {
    const { words } = this;
    const name = `then.${at}.value`;
    if (point.type === "bool") return this.#select(name, words.t("auto.value"), [["true", words.t("auto.true")], ["false", words.t("auto.false")]], row.value || "true");
    if (point.options) return this.#select(name, words.t("auto.value"), point.options.map((one) => [one, this.desk.text.word("option", one.toLowerCase()) ?? one]), row.value ?? "");
    return html`<label>${words.t("auto.value")} ${sign(point.unit)}<input name=${name} required type=${point.type === "str" ? "text" : "number"} step="any" .value=${row.value ?? ""}></label>`;
  }

  /** @param {string} name @param {string} label @param {string[][]} options @param {string} chosen */
  #select(name, label, options, chosen) {
    return html`<label>${label}<select name=${name}>${options.map(([value, word]) => html`<option value=${value} ?selected=${value === chosen}>${word}</option>`)}</select></label>`;
  }

  /** @param {string} name @param {string} label @param {"time"} type */
  #input(name, label, type) {
    return html`<label>${label}<input name=${name} type=${type} .value=${this.fields[name]}></label>`;
  }

  #told() {
    const { words, trial, desk } = this;
    if (!trial) return nothing;
    const acted = trial.runs.filter(({ why }) => !why).length;
    return html`<p>${trial.readings === 0 ? words.t("auto.no_readings") : words.t("auto.tried", { acted, held: trial.runs.length - acted })}</p>
      ${this.#unknown(trial)}
      ${strip(words, trial.runs, trial.from_ms, trial.to_ms)}${runList(desk, words, trial.runs.slice(-SHOWN).reverse())}`;
  }

  /** What the trial could not take into account. @param {{known_ms: number | null, from_ms: number}} trial */
  #unknown({ known_ms, from_ms }) {
    const { words, desk } = this;
    if (known_ms === null) return html`<p class="small">${words.t("auto.no_record")}</p>`;
    return known_ms - from_ms < DAY_MS ? nothing : html`<p class="small">${words.t("auto.record_since", { when: desk.text.moment(known_ms) })}</p>`;
  }

  /** @param {Event} event */
  #changed(event) {
    const one = /** @type {HTMLInputElement} */ (event.target);
    this.trouble = "";
    if (one.name === "text") this.text = one.value;
    else if (one.name.includes(".")) this.#rowed(one.name, one.value);
    else {
      this.fields = { ...this.fields, [one.name]: one.value };
      if (one.name === "lab") this.rows = { ...this.rows, then: [{ ...FRESH.then }] };
      this.#compose();
    }
  }

  /** A field of one row changed: `list.place.field`. @param {string} name @param {string} value */
  #rowed(name, value) {
    const [list, at, field] = /** @type {[List, string, string]} */ (name.split("."));
    this.#put({ ...this.rows, [list]: this.rows[list].map((row, other) => (other === Number(at) ? { ...row, [field]: value } : row)) });
  }

  /** @type {string} */
  #scened = "";

  updated() {
    super.updated();
    const lab = this.#lab;
    if (!lab || lab.key === this.#scened || !this.#formed) return;
    this.#scened = lab.key;
    if (!this.shown) this.#compose();
    void scenesOf(lab).then((scenes) => (this.scenes = scenes));
  }

  #compose() {
    const lab = this.#lab;
    if (!lab) return;
    const { fields, rows } = this;
    const timed = rows.triggers[0]?.what === "time";
    const triggers = timed ? [] : rows.triggers.map((row) => ({ ...this.#said(row), minutes: Number(row.minutes) }));
    const needs = rows.needs.map((row) => this.#said(row));
    this.text = textOf({ id: fields.id ?? "", name: { zh: fields.zh?.trim() ?? "", en: fields.en?.trim() ?? "" }, lab, triggers, at: timed ? fields.at ?? "" : null, needs, from: fields.from ?? "", to: fields.to ?? "", then: rows.then.map((row) => this.#done(row)), kept: this.#keeps });
  }

  /** @param {Row} row @returns {wire.AutomationCondition} */
  #said({ what, key, sign: compared, limit }) {
    const about = what === "point" ? this.#about(key ?? "") : null;
    if (!about) return { what: what === "point" ? "empty" : what ?? "" };
    const fits = about.type !== "number" || SIGNS.includes(compared ?? "");
    return { ...about, what: "point", sign: fits ? compared : ">", limit };
  }

  /** @param {Row} row @returns {wire.AutomationDeed} */
  #done(row) {
    const [kind, ...rest] = (row.what ?? "").split(":");
    const what = rest.join(":");
    if (kind === "scene") return { scene: what };
    const output = this.#points(true).find(({ key }) => key === what);
    const away = this.absent.get(what);
    if (kind === "lamps" || !(output || away)) return { lamps: what === "true" };
    const { node, device, point } = output?.id ?? /** @type {wire.AutomationCondition} */ (away);
    const type = output?.point.type ?? (away?.type === "text" ? "str" : away?.type);
    const said = row.value || output?.point.options?.[0] || "";
    return { node, device, point, value: type === "bool" ? said !== "false" : type === "str" ? said : Number(said) };
  }

  #try() {
    const to_ms = Math.round(this.desk.store.now());
    const from_ms = to_ms - SPAN_MS;
    void this.#ask(async () => { this.trial = { ...(await api.attempt(this.text, from_ms, to_ms)), from_ms, to_ms }; });
  }

  /** @param {Event} event */
  #save(event) {
    event.preventDefault();
    void this.#ask(async () => {
      await api.put(this.text);
      this.#close();
    });
  }

  #close() {
    this.dispatchEvent(new CustomEvent("closed"));
  }

  /** @param {() => Promise<void>} deed */
  async #ask(deed) {
    this.asking = true;
    this.trouble = await deed().then(() => "", (error) => refusal(this.words, error));
    this.asking = false;
  }
}

/** `15 min` in minutes, "0" for none. @param {unknown} hold */
function minutesOf(hold) {
  const [, number = "0", unit = "min"] = /^([\d.]+) ?(ms|s|min|h)$/.exec(String(hold)) ?? [];
  return String((Number(number) * ({ ms: 1, s: 1000, h: 3_600_000 }[unit] ?? 60_000)) / 60_000);
}

/** Why the hub refused, in words; what is wrong with a text is told as the hub says it. @param {import("../text.js").Text} words @param {unknown} error */
export function refusal(words, error) {
  const { code, detail } = error instanceof api.Refused ? error : { code: "unreachable", detail: "" };
  return detail || words.t("auto.refused", { why: words.word("autocode", code) ?? code });
}

customElements.define("lk-automation-form", LkAutomationForm);
