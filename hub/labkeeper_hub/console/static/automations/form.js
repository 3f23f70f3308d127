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

class LkAutomationForm extends DeskElement {
  static properties = { words: { attribute: false }, text: { state: true }, written: { attribute: false }, fields: { state: true }, scenes: { state: true }, trial: { state: true }, trouble: { state: true }, asking: { state: true } };

  constructor() {
    super();
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined)); // set by who shows it
    /** The text to begin with; empty: the form. */
    this.written = "";
    this.text = "";
    /** @type {Record<string, string>} */
    this.fields = { zh: "", en: "", id: `a-${crypto.randomUUID().slice(0, 8)}`, when: "empty", minutes: "10", sign: ">", limit: "", at: "18:00", from: "", to: "", then: "lamps:false", value: "", lab: "", point: "" };
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
    if (this.written) this.text = this.written;
    else this.#compose();
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

  render() {
    const { words } = this;
    return html`
      <form class="card auto-form" @submit=${this.#save} @input=${this.#changed}>
        <h3>${words.t(this.written ? "auto.edit" : "auto.new")}</h3>
        ${this.written ? nothing : this.#form()}
        <details ?open=${this.written !== ""}><summary>${words.t("auto.text")}</summary>
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
    const { words, fields } = this;
    const lab = this.#lab;
    const inputs = this.#points(false);
    const input = inputs.find(({ key }) => key === fields.point) ?? inputs.at(0);
    const outputs = this.#points(true);
    const output = outputs.find(({ key }) => `point:${key}` === fields.then);
    const { text } = this.desk;
    return html`
      <div class="auto-columns">${this.#names()}</div>
      <div class="auto-columns">${this.#select("lab", words.t("auto.lab"), this.#labs.map(({ key, title, lab: name }) => [key, text.title(title, name)]), lab?.key ?? "")}</div>
      <div class="auto-columns">
      <fieldset><legend>${words.t("auto.when")}</legend>
        ${this.#select("when", words.t("auto.what"), ["empty", "point", "lesson_over", "time"].map((one) => [one, words.word("autowhen", one) ?? one]), fields.when)}
        ${fields.when === "point" ? this.#select("point", words.t("auto.point"), inputs.map(({ key, name }) => [key, name]), input?.key ?? "") : nothing}
        ${fields.when === "point" && input ? this.#compared(input.point) : nothing}
        ${fields.when === "time" ? this.#input("at", words.t("auto.at"), "time") : this.#input("minutes", words.t("auto.minutes"), "number")}
      </fieldset>
      <fieldset><legend>${words.t("auto.if")}</legend>
        ${fields.when === "empty" ? nothing : html`<label class="auto-check"><input type="checkbox" name="only_empty" .checked=${fields.only_empty === "on"}> ${words.t("auto.only_empty")}</label>`}
        ${this.#input("from", words.t("auto.from"), "time")} ${this.#input("to", words.t("auto.to"), "time")}
      </fieldset>
      <fieldset><legend>${words.t("auto.then")}</legend>
        ${this.#select("then", words.t("auto.do"), [["lamps:false", words.t("auto.lamps_off")], ["lamps:true", words.t("auto.lamps_on")], ...this.scenes.map(({ name, title }) => [`scene:${name}`, words.t("auto.scene", { name: text.title(title, name) })]), ...outputs.map(({ key, name }) => [`point:${key}`, name])], fields.then)}
        ${output ? this.#value(output.point) : nothing}
      </fieldset></div>`;
  }

  /** Its title in both languages; who leaves one empty is told that the other stands in for it. */
  #names() {
    const { words, fields } = this;
    const told = fields.zh || fields.en;
    return [["zh", words.t("auto.name_zh")], ["en", words.t("auto.name_en")]].map(([one, title]) => html`<label>${title}<input name=${one} lang=${one} maxlength="100" ?required=${!told} .value=${fields[one]} placeholder=${told ? words.t("auto.name_same") : words.t("auto.name_hint")}></label>`);
  }

  /** @param {wire.Point} point */
  #compared(point) {
    const { words, fields } = this;
    if (point.type === "bool") return this.#select("sign", words.t("auto.is"), [["on", words.t("auto.true")], ["off", words.t("auto.false")]], fields.sign);
    const limit = html`<label>${words.t("auto.limit")} ${sign(point.unit)}<input name="limit" required type=${point.type === "str" ? "text" : "number"} step="any" .value=${fields.limit}></label>`;
    if (point.type === "str") return limit;
    return html`${this.#select("sign", words.t("auto.sign"), SIGNS.map((one) => [one, words.word("autosign", one) ?? one]), fields.sign)}${limit}`;
  }

  /** @param {wire.Point} point */
  #value(point) {
    const { words, fields } = this;
    if (point.type === "bool") return this.#select("value", words.t("auto.value"), [["true", words.t("auto.true")], ["false", words.t("auto.false")]], fields.value || "true");
    if (point.options) return this.#select("value", words.t("auto.value"), point.options.map((one) => [one, this.desk.text.word("option", one.toLowerCase()) ?? one]), fields.value);
    return html`<label>${words.t("auto.value")} ${sign(point.unit)}<input name="value" required type=${point.type === "str" ? "text" : "number"} step="any" .value=${fields.value}></label>`;
  }

  /** @param {string} name @param {string} label @param {string[][]} options @param {string} chosen */
  #select(name, label, options, chosen) {
    return html`<label>${label}<select name=${name}>${options.map(([value, word]) => html`<option value=${value} ?selected=${value === chosen}>${word}</option>`)}</select></label>`;
  }

  /** @param {string} name @param {string} label @param {"time" | "number"} type */
  #input(name, label, type) {
    return html`<label>${label}<input name=${name} type=${type} min=${type === "number" ? 0 : nothing} max=${type === "number" ? 1440 : nothing} .value=${this.fields[name]}></label>`;
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
    else {
      this.fields = { ...this.fields, [one.name]: one.type === "checkbox" ? (one.checked ? "on" : "") : one.value };
      if (one.name === "lab") this.fields.then = "lamps:false";
      this.#compose();
    }
  }

  /** @type {string} */
  #scened = "";

  updated() {
    super.updated();
    const lab = this.#lab;
    if (!lab || lab.key === this.#scened || this.written) return;
    this.#scened = lab.key;
    this.#compose();
    void scenesOf(lab).then((scenes) => (this.scenes = scenes));
  }

  #compose() {
    const lab = this.#lab;
    if (!lab) return;
    const { fields } = this;
    const inputs = this.#points(false);
    const input = inputs.find(({ key }) => key === fields.point) ?? inputs.at(0);
    const told = { id: fields.id, name: { zh: fields.zh.trim(), en: fields.en.trim() }, lab, when: /** @type {import("./text.js").Fields["when"]} */ (fields.when), input: input ? { ...input.id, type: input.point.type, unit: input.point.unit } : null, sign: input?.point.type !== "bool" && !SIGNS.includes(fields.sign) ? ">" : fields.sign, limit: fields.limit, minutes: Number(fields.minutes), at: fields.at, only_empty: fields.only_empty === "on", from: fields.from, to: fields.to, then: this.#then() };
    this.text = textOf(told);
  }

  /** @returns {import("./text.js").Fields["then"]} */
  #then() {
    const [kind, ...rest] = this.fields.then.split(":");
    const what = rest.join(":");
    if (kind === "scene") return { scene: what };
    const output = this.#points(true).find(({ key }) => key === what);
    if (kind === "lamps" || !output) return { lamps: what === "true" };
    const { type, options } = output.point;
    const said = this.fields.value || options?.[0] || "";
    return { point: output.id, value: type === "bool" ? said !== "false" : type === "str" ? said : Number(said) };
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

/** Why the hub refused, in words; what is wrong with a text is told as the hub says it. @param {import("../text.js").Text} words @param {unknown} error */
export function refusal(words, error) {
  const { code, detail } = error instanceof api.Refused ? error : { code: "unreachable", detail: "" };
  return detail || words.t("auto.refused", { why: words.word("autocode", code) ?? code });
}

customElements.define("lk-automation-form", LkAutomationForm);
