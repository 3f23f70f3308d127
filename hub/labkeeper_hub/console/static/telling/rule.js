/** One rule of telling in a form: which alarms, whom in which order, when; what it means is said while one types. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { labsOf } from "../labs.js";
import { WORDS } from "../store.js";
import { labTitle, sentences } from "./words.js";

const CLASSES = ["safety", "health", "environment", "system"];
const ROLES = ["teacher", "facility", "it"];
const PRIORITIES = ["low", "medium", "high"];
const DAYS = [1, 2, 3, 4, 5, 6, 7];
const MOST_STEPS = 10;
const SCHOOL_HOURS = { days: [1, 2, 3, 4, 5], start: "07:00", end: "18:00", holidays: false };
const LATER_MIN = 10;

class LkTellingRule extends DeskElement {
  static properties = { words: { attribute: false }, rule: { attribute: false }, channels: { attribute: false }, trouble: { attribute: false }, draft: { state: true } };

  constructor() {
    super();
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined)); // set by who shows it
    this.rule = /** @type {wire.TellingRule} */ (/** @type {unknown} */ (undefined));
    /** @type {string[]} */
    this.channels = [];
    this.trouble = "";
    this.draft = /** @type {wire.TellingRule} */ (/** @type {unknown} */ (undefined));
  }

  watched() {
    return [WORDS];
  }

  willUpdate() {
    this.draft ??= this.rule;
  }

  render() {
    const { words, draft } = this;
    return html`
      <form class="card telling-form" @submit=${this.#keep} @input=${this.#changed}>
        <div class="telling-columns">
          <label>${words.t("telling.rule_name")}<input name="name" required pattern="[a-z0-9][a-z0-9_\\-]{0,31}" aria-describedby="telling-rule-hint" .value=${draft.name}></label>
          <label>${words.t("telling.from_priority")}<select name="priority">${this.#options(PRIORITIES, "tellingpriority", draft.priority)}</select></label>
        </div>
        <p class="quiet small" id="telling-rule-hint">${words.t("telling.name_hint")}</p>
        ${this.#picks("school", words.t("telling.schools"), this.#schools(), draft.schools, (one) => one)}
        ${this.#picks("lab", words.t("telling.labs"), this.#labs(), draft.labs, (one) => labTitle(this.desk, one))}
        ${this.#picks("class", words.t("telling.classes"), CLASSES, draft.classes, (one) => words.word("tellingclass", one) ?? one)}
        ${this.#picks("role", words.t("telling.roles"), ROLES, draft.roles, (one) => words.word("tellingrole", one) ?? one)}
        ${draft.steps.map((step, number) => this.#step(step, number))}
        <div class="telling-deeds">${draft.steps.length < MOST_STEPS ? html`<button type="button" class="segment" @click=${this.#more}>${words.t("telling.more")}</button>` : nothing}</div>
        <label>${words.t("telling.again")}<input name="repeat" type="number" min="0" max="10080" required .value=${String(draft.repeat_min)}></label>
        <div class="telling-preview" role="status" aria-label=${words.t("telling.preview")}><strong>${words.t("telling.preview")}</strong><ol>${sentences(this, draft).map((one) => html`<li>${one}</li>`)}</ol></div>
        <p role="status" class="alarm-trouble">${this.trouble}</p>
        <div class="telling-deeds"><button class="primary">${words.t("telling.keep")}</button>
          <button type="button" class="segment" @click=${() => this.dispatchEvent(new CustomEvent("closed"))}>${words.t("telling.cancel")}</button></div>
      </form>`;
  }

  /** @param {wire.TellingStep} step @param {number} number */
  #step(step, number) {
    const { words, draft } = this;
    const name = `step${number}`;
    return html`
      <fieldset><legend>${words.t("telling.nth", { number: number + 1 })}</legend>
        <div class="telling-columns">
          <label>${words.t("telling.whom")}<select name="${name}.channel">${this.#listed(step.channel).map((one) => html`<option value=${one} ?selected=${one === step.channel}>${one}</option>`)}</select></label>
          <label>${words.t("telling.after")}<input name="${name}.after" type="number" required min=${draft.steps[number - 1]?.after_min ?? 0} max="10080" .value=${String(step.after_min)}></label>
          <label>${words.t("telling.there")}<select name="${name}.hours"><option value="" ?selected=${!step.hours}>${words.t("telling.always")}</option><option value="some" ?selected=${step.hours !== null}>${words.t("telling.some_hours")}</option></select></label>
        </div>
        ${step.hours ? this.#hours(name, step.hours) : nothing}
        ${draft.steps.length > 1 ? html`<button type="button" class="segment" @click=${() => this.#less(number)}>${words.t("telling.less")}</button>` : nothing}
      </fieldset>`;
  }

  /** @param {string} name @param {wire.TellingHours} hours */
  #hours(name, hours) {
    const { words } = this;
    return html`
      ${this.#checks(`${name}.day`, DAYS.map(String), hours.days.map(String), (one) => words.word("tellingday", one) ?? one)}
      <div class="telling-columns">
        <label>${words.t("telling.begin")}<input name="${name}.start" type="time" required .value=${hours.start}></label>
        <label>${words.t("telling.end")}<input name="${name}.end" type="time" required .value=${hours.end}></label>
      </div>
      ${this.#checks(`${name}.holidays`, ["on"], hours.holidays ? ["on"] : [], () => words.t("telling.on_holidays"))}`;
  }

  /** @param {string} name @param {string} legend @param {string[]} all @param {string[]} chosen @param {(one: string) => string} word */
  #picks(name, legend, all, chosen, word) {
    if (all.length < 2 && chosen.length === 0) return nothing;
    return html`<fieldset><legend>${legend}</legend>${this.#checks(name, all, chosen, word)}</fieldset>`;
  }

  /** @param {string} name @param {string[]} all @param {string[]} chosen @param {(one: string) => string} word */
  #checks(name, all, chosen, word) {
    return html`<div class="telling-checks">${all.map((one) => html`<label class="telling-check"><input type="checkbox" name=${name} value=${one} .checked=${chosen.includes(one)}>${word(one)}</label>`)}</div>`;
  }

  /** @param {string[]} names @param {string} prefix @param {string} chosen */
  #options(names, prefix, chosen) {
    return names.map((one) => html`<option value=${one} ?selected=${one === chosen}>${this.words.word(prefix, one) ?? one}</option>`);
  }

  /** The channels there are, and the one that is chosen though it is no more. @param {string} chosen */
  #listed(chosen) {
    return [...new Set([...this.channels, chosen])];
  }

  #labs() {
    const known = labsOf(this.desk.store).map(({ lab }) => lab).filter(Boolean);
    return [...new Set([...known, ...this.rule.labs])];
  }

  #schools() {
    return [...new Set([...labsOf(this.desk.store).map(({ school }) => school), ...this.rule.schools])];
  }

  #more() {
    const last = /** @type {wire.TellingStep} */ (this.draft.steps.at(-1));
    const next = this.channels.find((one) => this.draft.steps.every(({ channel }) => channel !== one)) ?? last.channel;
    this.draft = { ...this.draft, steps: [...this.draft.steps, { channel: next, after_min: last.after_min + LATER_MIN, hours: null }] };
  }

  /** @param {number} number */
  #less(number) {
    this.draft = { ...this.draft, steps: this.draft.steps.filter((_, one) => one !== number) };
  }

  /** @param {Event} event */
  #changed(event) {
    this.draft = this.#said(/** @type {HTMLFormElement} */ (event.currentTarget));
  }

  /** What is typed and chosen by now. @param {HTMLFormElement} form @returns {wire.TellingRule} */
  #said(form) {
    const said = new FormData(form);
    const texts = (/** @type {string} */ name) => said.getAll(name).map(String);
    const text = (/** @type {string} */ name) => texts(name)[0] ?? "";
    const steps = this.draft.steps.map((before, number) => stepOf(before, `step${number}`, text, texts));
    return { ...this.draft, name: text("name"), priority: text("priority"), schools: texts("school"), labs: texts("lab"), classes: texts("class"), roles: texts("role"), steps, repeat_min: Number(text("repeat")) };
  }

  /** @param {SubmitEvent} event */
  #keep(event) {
    event.preventDefault();
    this.dispatchEvent(new CustomEvent("kept", { detail: this.#said(/** @type {HTMLFormElement} */ (event.target)) }));
  }
}

/** @param {wire.TellingStep} before @param {string} name @param {(name: string) => string} text @param {(name: string) => string[]} texts @returns {wire.TellingStep} */
function stepOf(before, name, text, texts) {
  const step = { channel: text(`${name}.channel`), after_min: Number(text(`${name}.after`)) };
  if (text(`${name}.hours`) === "") return { ...step, hours: null };
  if (!before.hours) return { ...step, hours: SCHOOL_HOURS };
  const days = texts(`${name}.day`).map(Number);
  const { start, end } = before.hours;
  return { ...step, hours: { days, start: text(`${name}.start`) || start, end: text(`${name}.end`) || end, holidays: texts(`${name}.holidays`).length > 0 } };
}

customElements.define("lk-telling-rule", LkTellingRule);
