/** Beside what stands: what happened, how much it was by EEMUA's numbers, and every limit with a way to try it. */
import { html, nothing } from "../vendor/lit.js";
import * as api from "./api.js";
import { SLOWLY } from "./curve.js";
import "./limit.js";
import { compared, length, measured, placeInSchool, placeName, refusal, seenByHub } from "./names.js";
import "./try.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { labsOf } from "../labs.js";
import { pointKey } from "../keys.js";
import { ALARMS, WORDS } from "../store.js";
import { sign } from "../units.js";

const WEEK_MS = 604_800_000;
const LINES = 200;

/** What all three are given. */
class AlarmList extends DeskElement {
  static properties = { words: { attribute: false }, rules: { attribute: false }, found: { state: true }, failed: { state: true }, chosen: { state: true } };

  constructor() {
    super();
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined)); // set by the page
    /** @type {Map<string, wire.AlarmRule>} */
    this.rules = new Map();
    /** @type {any[] | null} */
    this.found = null;
    this.failed = false;
  }

  watched() {
    return [WORDS];
  }

  /** @returns {Promise<any[]>} */
  ask() {
    return Promise.resolve([]);
  }

  connectedCallback() {
    super.connectedCallback();
    void this.again();
  }

  async again() {
    const found = await this.ask().catch(() => null);
    this.failed = found === null;
    this.found = found ?? this.found;
  }

  waiting() {
    return html`<p class="quiet" role="status">${this.failed ? this.words.t("alarm.failed") : this.words.t("alarm.looking")}</p>`;
  }
}

class LkAlarmHistory extends AlarmList {
  static properties = { ...AlarmList.properties, next: { state: true } };

  constructor() {
    super();
    /** Where the lines older than those shown begin; null: there are none. @type {number | null} */
    this.next = null;
  }

  async ask() {
    const { entries, next } = await api.history(LINES, this.next);
    this.next = next;
    return [...(this.found ?? []), ...entries];
  }

  render() {
    const { words } = this;
    const { text } = this.desk;
    if (!this.found) return this.waiting();
    if (this.found.length === 0) return html`<p class="quiet">${words.t("alarm.no_history")}</p>`;
    return html`<ol class="alarm-history">${this.found.map((/** @type {wire.AlarmEntry} */ one) => html`
      <li><time>${text.moment(one.time_ms)}</time><span><strong>${text.title(this.rules.get(one.rule)?.title, one.rule)}</strong> · ${placeInSchool(this.desk, words, one)}
        <span class="quiet">${words.word("alarmkind", one.kind) ?? one.kind}${one.late ? ` · ${words.t("alarm.late")}` : ""}${[measured(this.desk, one, this.rules.get(one.rule)), one.who, one.why].filter(Boolean).map((part) => ` · ${part}`)}</span></span></li>`)}</ol>
      ${this.failed ? html`<p role="status">${words.t("alarm.failed")}</p>` : nothing}
      ${this.next === null ? html`<p class="quiet small">${words.t("alarm.history_whole", { count: this.found.length })}</p>` : html`<button class="segment" @click=${() => this.again()}>${words.t("alarm.older")}</button>`}`;
  }
}

class LkAlarmLoad extends AlarmList {
  ask() {
    return api.kpis(this.desk.store.now() - WEEK_MS);
  }

  render() {
    const { words } = this;
    if (!this.found) return this.waiting();
    return html`<p class="quiet">${words.t("alarm.load_what")}</p>
      <div class="alarm-table" tabindex="0" role="region" aria-label=${words.t("alarm.load")}><table><thead><tr>
        ${[words.t("alarm.of"), words.t("alarm.raised"), words.t("alarm.per_10min"), words.t("alarm.peak_hour"), words.t("alarm.mix"), words.t("alarm.stale"), words.t("alarm.chattering"), words.t("alarm.wait")].map((word) => html`<th scope="col">${word}</th>`)}
      </tr></thead><tbody>${this.found.map((one) => this.#row(one))}</tbody></table></div>`;
  }

  /** @param {wire.AlarmKpis} one */
  #row(one) {
    const { words } = this;
    const { text } = this.desk;
    const mix = one.mix ? ["high", "medium", "low"].map((name) => Math.round(100 * (one.mix?.[/** @type {wire.Priority} */ (name)] ?? 0))).join(" / ") : "—";
    return html`<tr><th scope="row">${icon(one.within ? "check" : "warning")}${this.#whose(one)} <span class="quiet">${one.within ? words.t("alarm.within") : words.t("alarm.beyond")}</span></th>
      <td>${one.raised}</td><td>${text.number(one.per_10min, 2)}</td><td>${one.peak_hour}</td><td>${mix}</td><td>${one.stale}</td><td>${one.chattering}</td>
      <td>${one.acknowledge_s === null ? "—" : words.t("alarm.seconds", { count: Math.round(one.acknowledge_s) })}</td></tr>`;
  }

  /** @param {wire.AlarmKpis} one */
  #whose({ by, of }) {
    if (by === "role") return this.words.word("alarmrole", of) ?? of;
    if (by === "all") return this.words.t("alarm.everybody");
    return this.desk.text.title(labsOf(this.desk.store).find((lab) => lab.lab === of)?.title, of);
  }
}

class LkAlarmLimits extends AlarmList {
  static properties = { ...AlarmList.properties, setting: { state: true }, places: { state: true }, trouble: { state: true } };

  constructor() {
    super();
    /** The rule whose limit is being set. */
    this.setting = "";
    /** @type {wire.AlarmPlace[]} */
    this.places = [];
    this.trouble = "";
    /** The rule that is tried, and the point it is tried on. */
    this.chosen = { rule: "", point: "" };
  }

  watched() {
    return [ALARMS, WORDS];
  }

  connectedCallback() {
    super.connectedCallback();
    this.addEventListener("limits-changed", () => (this.setting = ""));
    void api.settable().then((places) => (this.places = places), () => {});
  }

  render() {
    return html`<p role="status">${this.trouble}</p><p class="quiet">${this.words.t("alarm.reference")}</p><ul class="alarm-rules">${[...this.rules.values()].map((rule) => html`<li class="card">${this.#rule(rule)}</li>`)}</ul>`;
  }

  /** @param {wire.AlarmRule} rule */
  #rule(rule) {
    const { words } = this;
    const { text } = this.desk;
    const open = this.chosen.rule === rule.id;
    return html`<h3>${text.title(rule.title, rule.id)}</h3>
      <p class="quiet">${limits(words, rule, rule.levels)}</p>
      <p>${text.title(rule.response, "")} <span class="quiet small">${text.title(rule.source, "")}</span></p>
      ${rule.overrides.map((one) => this.#override(rule, one))}
      ${this.#settable(rule)}${seenByHub(rule) ? html`<p class="quiet small">${words.t("alarm.no_limit")}</p>` : html`<button class="segment" aria-expanded=${open} @click=${() => this.#open(open ? "" : rule.id)}>${words.t("alarm.try")}</button>`}
      ${open ? this.#tried(rule) : nothing}`;
  }

  /** Choose a rule, and ask which points it watches. @param {string} rule */
  #open(rule) {
    this.chosen = { rule, point: "" };
    this.found = null;
    void this.again();
  }

  /** @returns {Promise<any[]>} */
  async ask() {
    const { rule } = this.chosen;
    const found = rule ? await api.watched(rule) : [];
    return rule === this.chosen.rule ? found : this.ask();
  }

  /** @param {wire.AlarmRule} rule */
  #tried(rule) {
    if (!this.found) return this.waiting();
    return this.found.length > 0 ? this.#try(rule, this.found) : html`<p class="quiet small">${this.words.t("alarm.watches_none")}</p>`;
  }

  /** What a place has otherwise, by whom, since when and why. @param {wire.AlarmRule} rule @param {wire.AlarmOverride} one */
  #override(rule, one) {
    const { words } = this;
    const here = rule.levels.flatMap((level) => (level.name in one.limits ? [{ ...level, limit: one.limits[level.name] }] : []));
    const when = one.at_ms === null ? words.t("alarm.in_file") : this.desk.text.moment(one.at_ms);
    const mine = one.at_ms !== null && this.places.some(({ school, lab }) => school === one.school && lab === one.lab);
    return html`<p class="small alarm-override"><strong>${placeName(this.desk, words, one)}</strong> ${one.off ? words.t("alarm.off_here") : [limits(words, rule, here), ...slowly(words, rule, one)].filter(Boolean).join(" · ")}
      <span class="quiet">${words.t("alarm.overridden", { who: one.who, why: one.why })} · ${when}</span>
      ${mine ? html`<button class="segment" @click=${() => this.#remove(rule.id, one)}>${words.t("alarm.remove_limit")}</button>` : nothing}</p>`;
  }

  /** @param {wire.AlarmRule} rule */
  #settable(rule) {
    if (this.places.length === 0 || (rule.class === "safety" && seenByHub(rule))) return nothing;
    const open = this.setting === rule.id;
    return html`<button class="segment" aria-expanded=${open} @click=${() => { this.setting = open ? "" : rule.id; }}>${this.words.t("alarm.set_limit")}</button>
      ${open ? html`<lk-alarm-limit .desk=${this.desk} .rule=${rule} .places=${this.places} .words=${this.words}></lk-alarm-limit>` : nothing}`;
  }

  /** @param {string} rule @param {wire.AlarmPlace} where */
  async #remove(rule, where) {
    this.trouble = await api.removeLimit(rule, where).then(() => "", (error) => refusal(this.words, error));
    if (!this.trouble) this.dispatchEvent(new CustomEvent("limits-changed", { bubbles: true, composed: true }));
  }

  /** @param {wire.AlarmRule} rule @param {(wire.PointId & {lab: string})[]} points */
  #try(rule, points) {
    const chosen = points.find((one) => pointKey(one) === this.chosen.point) ?? points[0];
    const choose = (/** @type {Event} */ event) => { this.chosen = { rule: rule.id, point: /** @type {HTMLSelectElement} */ (event.target).value }; };
    return html`<label class="alarm-which">${this.words.t("alarm.on_point")}<select @change=${choose}>${points.map((one) => html`<option value=${pointKey(one)} ?selected=${one === chosen}>${placeInSchool(this.desk, this.words, { ...one, rule: rule.id })}</option>`)}</select></label>
      <lk-alarm-try .desk=${this.desk} .rule=${rule} .source=${chosen} .words=${this.words}></lk-alarm-try>`;
  }
}

/** What raises each level; of what is so or is not so, 0.5 is no number for people. @param {import("../text.js").Text} words @param {wire.AlarmRule} rule @param {wire.AlarmLevel[]} levels */
function limits(words, rule, levels) {
  const told = levels.map(({ name, side, limit }) => {
    const level = words.word("alarmlevel", name) ?? name;
    if (!rule.unit && !Number.isInteger(limit)) return level;
    return `${level} ${compared(side)} ${rule.unit === "s" ? length(words, limit * 1000) : limit}`;
  });
  return [told.join(" · "), rule.unit === "s" ? "" : sign(rule.unit)].filter(Boolean).join(" ");
}

/** Delays and deadbands that a place has otherwise. @param {import("../text.js").Text} words @param {wire.AlarmRule} rule @param {wire.AlarmOverride} one */
const slowly = (words, rule, one) => rule.levels.flatMap(({ name }) => {
  const level = words.word("alarmlevel", name) ?? name;
  const delays = /** @type {const} */ (["on_delay_ms", "off_delay_ms"]).flatMap((what) => (name in one[what] ? [`${words.t(SLOWLY[what], { level })} ${(one[what][name] ?? 0) / 1000} s`] : []));
  return name in one.deadband ? [...delays, `${words.t(SLOWLY.deadband, { level })} ${one.deadband[name]} ${sign(rule.unit)}`.trim()] : delays;
});

customElements.define("lk-alarm-history", LkAlarmHistory);
customElements.define("lk-alarm-load", LkAlarmLoad);
customElements.define("lk-alarm-limits", LkAlarmLimits);
