/** The pupils' page: one bench, how long it is theirs to look at, and what of it was given to them. */
import { html, nothing, repeat } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { givenOf } from "./giving.js";
import { icon } from "../icons.js";
import { deviceKey } from "../keys.js";
import { deviceName, valueWord } from "../names.js";
import { LEASES, LINK, SHAPE, STOPS, TICK, WORDS } from "../store.js";
import { age } from "../tiles/shown.js";
import "../tiles/tile.js";
import { viewOf } from "../tiles/view.js";
import { sign } from "../units.js";

const MINUTE_MS = 60_000;

export class LkPupils extends DeskElement {
  static properties = { words: { attribute: false }, state: { attribute: false } };

  constructor() {
    super();
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined)); // set with the desk
    /** @type {"entering" | "seated" | "ended"} */
    this.state = "entering";
    /** @type {(language: import("../preferences.js").Language) => void} */
    this.speak = () => {};
  }

  watched() {
    return this.desk ? [SHAPE, LINK, LEASES, STOPS, TICK, WORDS] : [];
  }

  render() {
    if (!this.desk) return nothing;
    if (this.state === "ended") return html`${this.#bar("Labkeeper", "", nothing)}<main><p class="nothing">${icon("clock")} ${this.words.t("pupils.ended")}</p></main>`;
    const { store } = this.desk;
    if (!store.filled) return html`${this.#bar("Labkeeper", "", nothing)}<main><p class="nothing">${this.words.t("pupils.loading")}</p></main>`;
    const floor = store.leases.find((one) => one.holder === store.person);
    return html`
      ${this.#bar(this.#bench(), this.#lab(), this.#left())}
      ${this.#standing(floor)}
      <main><h2 class="unseen">${this.words.t("pupils.devices")}</h2>
        <div class="cards">${repeat(this.#devices, deviceKey, (device) => this.#card(device, floor))}</div></main>`;
  }

  get #devices() {
    return [...this.desk.store.devices.values()].filter(({ node }) => !node.startsWith("#")).sort((a, b) => a.device.localeCompare(b.device));
  }

  /** @param {string} name @param {string} of what it is in @param {unknown} left */
  #bar(name, of, left) {
    const other = this.words.language === "zh" ? /** @type {const} */ (["en", "English"]) : /** @type {const} */ (["zh", "中文"]);
    return html`<header class="bar"><div class="bar-lab"><h1>${name || of}</h1>${name && of ? html`<p class="make">${of}</p>` : nothing}</div>${left}
      <button class="plain" lang=${other[0] === "zh" ? "zh-CN" : "en"} @click=${() => this.speak(other[0])}>${other[1]}</button></header>`;
  }

  #bench() {
    const bench = this.#devices.at(0)?.bench ?? "";
    return /^\d+$/.test(bench) ? this.desk.text.t("lab.bench", { n: bench }) : bench;
  }

  #lab() {
    const lab = this.desk.store.labs.at(0);
    return lab ? this.desk.text.title(lab.title, lab.lab) : "Labkeeper";
  }

  /** The lab's lease is theirs too: with it the link dies. */
  #left() {
    const { store } = this.desk;
    const lease = store.leases.find((one) => !one.given_from);
    if (!lease) return nothing;
    const left_ms = Math.max(0, lease.until_ms - store.now());
    const words = left_ms < MINUTE_MS ? this.words.t("pupils.seconds", { left: Math.ceil(left_ms / 1_000) }) : this.words.t("pupils.minutes", { left: Math.ceil(left_ms / MINUTE_MS) });
    return html`<span class="pupils-left">${icon("clock")}${words}</span>`;
  }

  /** @param {wire.Lease | undefined} floor */
  #standing(floor) {
    const { words, desk: { store } } = this;
    if (store.link === "lost") return standing("warn", "warning", words.t("pupils.lost"));
    if (store.stops.length > 0) return standing("halted", "halt", words.t("pupils.stopped"));
    return floor ? standing("given", "check", words.t("pupils.given")) : standing("", "linked", words.t("pupils.looking"));
  }

  /** @param {wire.Device} device @param {wire.Lease | undefined} floor */
  #card(device, floor) {
    const { store, text } = this.desk;
    const points = device.points.map((point) => /** @type {const} */ ([point, givenOf(floor, device, point.point)]));
    return html`
      <article class="card" aria-label=${deviceName(text, device)}>
        <header><h3>${deviceName(text, device)}</h3>
          ${store.isOnline(device) ? nothing : html`<span class="badge warn">${icon("warning")}${text.t("device.offline")}</span>`}</header>
        <div class="controls">${repeat(points.filter(([, given]) => given), ([point]) => point.point, ([point, given]) => this.#control(device, point, given))}</div>
        <div class="shown">${repeat(points.filter(([point, given]) => !given && point.kind !== "action"), ([point]) => point.point, ([point]) => html`<lk-shown .desk=${this.desk} .device=${device} .point=${point}></lk-shown>`)}</div>
      </article>`;
  }

  /** @param {wire.Device} device @param {wire.Point} point @param {wire.Given | undefined} given */
  #control(device, point, given) {
    const narrowed = { ...point, minimum: given?.minimum ?? point.minimum, maximum: given?.maximum ?? point.maximum };
    return html`<lk-tile .desk=${this.desk} .device=${device} .point=${narrowed}></lk-tile>`;
  }
}

/** @param {string} kind @param {Parameters<typeof icon>[0]} sign_ @param {string} words */
const standing = (kind, sign_, words) => html`<p class="pupils-standing ${kind}" role="status">${icon(sign_)}<span>${words}</span></p>`;

/** One point to look at: no switch, no way to anywhere. */
class LkShown extends DeskElement {
  static properties = { device: { attribute: false }, point: { attribute: false } };

  constructor() {
    super();
    this.device = /** @type {wire.Device} */ (/** @type {unknown} */ (undefined)); // set by the card
    this.point = /** @type {wire.Point} */ (/** @type {unknown} */ (undefined));
  }

  watched() {
    return [`${deviceKey(this.device)}/${this.point.point}`, deviceKey(this.device), LINK, TICK, WORDS];
  }

  render() {
    const view = viewOf(this.desk, this.device, this.point);
    const value = view.latest?.value ?? null;
    return html`
      <div class="tile ${view.fresh ? "" : "old"}">
        <span class="name">${view.name}</span>
        ${value === null ? this.#none() : html`${this.#value(value)} ${age(view)}`}
      </div>`;
  }

  /** In words, for a dash tells nobody anything. */
  #none() {
    const { text } = this.desk;
    return html`<span class="none">${this.point.kind === "event" ? text.t("tile.no_event") : text.t("tile.never")}</span>`;
  }

  /** @param {wire.Value} value */
  #value(value) {
    const unit = typeof value === "number" ? sign(this.point.unit) : "";
    const mark = typeof value === "boolean" ? icon(value ? "on" : "off") : nothing;
    return html`<span class="value ${typeof value === "number" ? "" : "word"}">${mark}${valueWord(this.desk.text, this.point, value)}${unit ? html`<span class="unit"> ${unit}</span>` : nothing}</span>`;
  }
}

customElements.define("lk-shown", LkShown);
customElements.define("lk-pupils", LkPupils);
