/** Every lab at a glance, the one that needs somebody first: for whoever looks after more than one room. */
import { html, nothing, repeat } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { deviceList } from "./devices.js";
import { byUrgency, glance, outsideLabs, urgency } from "./glance.js";
import { icon } from "../icons.js";
import { pageIcon } from "../signs.js";
import { labsOf } from "../labs.js";
import { labAddress } from "../route.js";
import { ALARMS, LEASES, LINK, SHAPE, STOPS, TICK, WORDS } from "../store.js";
import { styled } from "../styled.js";
import { wordsOf } from "../words.js";

/** @typedef {import("./glance.js").Glance} Glance */
/** @typedef {import("../labs.js").LabView} LabView */

const PRIORITIES = /** @type {const} */ ([["high", "halt"], ["medium", "warning"], ["low", "clock"]]);

class LkFacility extends DeskElement {
  static properties = { words: { state: true }, showing: { state: true }, may: { state: true }, looking: { state: true } };

  constructor() {
    super();
    /** @type {import("../text.js").Text | null} */
    this.words = null;
    /** The lab whose projector is being set up. @type {LabView | null} */
    this.showing = null;
    /** What one may do in each lab. @type {Map<string, string[]>} */
    this.may = new Map();
    /** Whether the list of people is open. */
    this.looking = false;
  }

  connectedCallback() {
    super.connectedCallback();
    void this.#ask();
  }

  async #ask() {
    const answer = await fetch("/api/v1/labs").catch(() => null);
    if (!answer?.ok) return;
    const { labs } = /** @type {{labs: (wire.Lab & {actions: string[]})[]}} */ (await answer.json());
    this.may = new Map(labs.map((one) => [`${one.school}/${one.lab}`, one.actions]));
  }

  watched() {
    return [SHAPE, LEASES, STOPS, ALARMS, LINK, TICK, WORDS];
  }

  willUpdate() {
    const { language } = this.desk.text;
    if (this.words?.language !== language) void wordsOf("facility", language).then((words) => (this.words = words), () => {});
  }

  render() {
    const { words, desk: { store, text } } = this;
    if (!words) return nothing;
    const all = byUrgency(labsOf(store).map((lab) => glance(store, lab)));
    return html`
      <section class="facility" aria-labelledby="facility-title">
        <header><a class="round" href="#/" aria-label=${text.t("chart.back")}>${pageIcon("back")}</a>
          <h2 id="facility-title">${words.t("facility.title")}</h2>
          ${store.may("read_health") ? html`<a class="do" href="#/condition">${words.t("facility.health")}</a>` : nothing}</header>
        ${this.#summary(words, all)}
        <ul class="facility-labs">${repeat(all, ({ lab }) => lab.key, (one) => this.#lab(words, one))}</ul>
        ${store.may("read_staff") ? this.#staff(words) : nothing}
        ${deviceList(this.desk, words, all.map(({ lab }) => lab))}
        ${this.showing ? html`<lk-wall-link .desk=${this.desk} .words=${words} .lab=${this.showing} @closed=${() => { this.showing = null; }}></lk-wall-link>` : nothing}
      </section>`;
  }

  /** @param {import("../text.js").Text} words @param {Glance[]} all */
  #summary(words, all) {
    const wanting = all.filter((one) => urgency(one) > 0).length;
    const outside = outsideLabs(this.desk.store);
    const [online, devices] = [sum(all, "online"), sum(all, "devices")];
    return html`<p class="facility-summary" role="status">${words.t("facility.labs", { count: all.length })} ·
      ${wanting ? html`<strong>${words.t("facility.wanting", { count: wanting })}</strong> ·` : nothing}
      ${outside ? html`<strong>${words.t("facility.outside", { count: outside })}</strong> ·` : nothing}
      ${wanting || outside ? nothing : html`${words.t("facility.all_well")} ·`}
      ${words.t("facility.online", { online, devices })}${all.some(({ stopped }) => stopped) ? html` · <strong class="halted">${icon("halt")}${words.t("facility.stopped")}</strong>` : nothing}</p>`;
  }

  /** @param {import("../text.js").Text} words @param {Glance} one */
  #lab(words, one) {
    const { lab } = one;
    const name = this.desk.text.title(lab.title, lab.lab) || words.t("facility.no_lab");
    return html`
      <li class="facility-lab ${urgency(one) > 0 ? "wanting" : ""}">
        <a class="facility-name" href=${labAddress(lab.school, lab.lab)}>${name}</a>
        <span class="facility-marks">${this.#marks(words, one)}</span>
        <span class="facility-count ${one.online < one.devices ? "warn" : ""}">${one.devices ? words.t("facility.online", { online: one.online, devices: one.devices }) : words.t("facility.no_devices")}</span>
        <span class="facility-held">${this.#held(words, one)}</span>
        <span class="facility-go">${this.#links(words, lab, name)}
        <button class="segment" @click=${() => this.#show(lab)} aria-label=${words.t("facility.project_lab", { lab: name })}>${words.t("facility.project")}</button></span>
      </li>`;
  }

  /** To what one may see of a lab besides. @param {import("../text.js").Text} words @param {LabView} lab @param {string} name */
  #links(words, lab, name) {
    const at = `${encodeURIComponent(lab.school)}/${encodeURIComponent(lab.lab)}`;
    const may = this.may.get(lab.key) ?? [];
    return /** @type {const} */ ([["manage_people", "people"], ["read_timetable", "bookings"]]).filter(([need]) => may.includes(need)).map(([, page]) => {
      const word = words.t(page === "people" ? "facility.people" : "facility.bookings");
      return html`<a class="segment" href=${`#/${page}/${at}`} aria-label=${`${word}: ${name}`}>${word}</a>`;
    });
  }

  /** @param {import("../text.js").Text} words @param {Glance} one */
  #marks(words, { alarms, calling, silent, unguarded, heard_ms, stopped }) {
    const { store, text } = this.desk;
    const shown = [
      stopped ? mark("halted", "halt", words.t("facility.stop")) : nothing,
      ...PRIORITIES.map(([priority, shape]) => (alarms[priority] ? mark(`alarmed ${calling.has(priority) ? "calls" : ""}`, shape, alarmWord(words, priority, alarms[priority])) : nothing)),
      silent.length ? mark("silent", "warning", words.t("facility.silent", { nodes: silent.map(({ node }) => node).join(", "), ago: text.ago(store.now() - (heard_ms ?? silent[0].since_ms)) })) : nothing,
      unguarded.length ? mark("silent", "warning", words.t("facility.unguarded", { nodes: unguarded.map(({ node }) => node).join(", ") })) : nothing,
    ].filter((part) => part !== nothing);
    return shown.length ? shown : mark("well", "check", words.t("facility.well"));
  }

  /** @param {import("../text.js").Text} words @param {Glance} one */
  #held(words, { held }) {
    if (!held) return html`<span class="quiet">${words.t("facility.free")}</span>`;
    return words.t(held.lesson ? "facility.lesson" : "facility.held", { time: this.desk.text.clock(held.until_ms).slice(0, 5) });
  }

  /** @param {import("../text.js").Text} words */
  #staff(words) {
    return html`<details class="facility-staff" @toggle=${this.#lookAtStaff}><summary>${words.t("facility.staff")}</summary>
      ${this.looking ? html`<lk-facility-staff .desk=${this.desk} .words=${words}></lk-facility-staff>` : nothing}</details>`;
  }

  /** @param {Event} event */
  #lookAtStaff({ target }) {
    void import("./staff.js");
    this.looking = /** @type {HTMLDetailsElement} */ (target).open;
  }

  /** @param {LabView} lab */
  #show(lab) {
    void import("./wall-link.js");
    this.showing = lab;
  }
}

/** @param {Glance[]} all @param {"online" | "devices"} what */
const sum = (all, what) => all.reduce((total, one) => total + one[what], 0);

/** @param {import("../text.js").Text} words @param {wire.Priority} priority @param {number} count */
const alarmWord = (words, priority, count) => words.t({ high: "facility.high", medium: "facility.medium", low: "facility.low" }[priority], { count });

/** @param {string} kind @param {Parameters<typeof icon>[0]} shape @param {string} word */
const mark = (kind, shape, word) => html`<span class="facility-mark ${kind}">${icon(shape)}<span>${word}</span></span>`;

await styled("facility/facility");
customElements.define("lk-facility", LkFacility);
