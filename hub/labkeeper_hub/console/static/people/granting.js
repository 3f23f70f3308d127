/** Giving a role: what, in which place down to one point, and until when; said in words before it is given. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { benchesOf, devicesOf, labsOf } from "../labs.js";
import { deviceName, pointName } from "../names.js";
import { grantWords, roleWord, said } from "./words.js";
import { SHAPE, WORDS } from "../store.js";

/** @typedef {import("./api.js").Grant} Grant */

const ROLES = ["teacher", "facility_manager", "vendor_technician", "pupil_group", "reader", "owner"];
const DAY_MS = 86_400_000;

class LkGranting extends DeskElement {
  static properties = { role: { state: true }, place: { state: true }, bench: { state: true }, device: { state: true }, point: { state: true }, until: { state: true } };

  constructor() {
    super();
    this.role = "teacher";
    /** The key of a lab, `school/` of a whole school, "" the whole hub; null: nobody has chosen. @type {string | null} */
    this.place = null;
    this.bench = "";
    /** `node/device`. */
    this.device = "";
    this.point = "";
    /** Local date and time, as the browser's field says it. */
    this.until = "";
  }

  watched() {
    return [SHAPE, WORDS];
  }

  get #labs() {
    return labsOf(this.desk.store).filter((one) => one.lab);
  }

  /** The lab that is chosen: the first one until somebody chooses. */
  get #lab() {
    return this.place === null ? this.#labs.at(0) : this.#labs.find((one) => one.key === this.place);
  }

  /** Devices of the lab, of the bench if one is chosen. */
  get #devices() {
    const lab = this.#lab;
    const all = lab ? devicesOf(this.desk.store, lab) : [];
    return this.bench ? all.filter((one) => one.bench === this.bench) : all;
  }

  get #device() {
    return this.#devices.find((one) => keyOf(one) === this.device);
  }

  /** What is chosen. @returns {Grant} */
  get grant() {
    const { school = this.place?.replace(/\/$/, "") || null, lab = null } = this.#lab ?? {};
    const device = this.#device;
    const narrowed = device ? { bench: null, node: device.node, device: device.device, point: this.point || null } : { bench: this.bench || null, node: null, device: null, point: null };
    return { role: this.role, school, lab, ...narrowed, until_ms: this.until ? new Date(this.until).getTime() : null };
  }

  render() {
    const { text } = this.desk;
    const t = said(text);
    const labs = this.#labs;
    const schools = [...new Set(labs.map((one) => one.school))];
    const benches = this.#lab ? benchesOf(devicesOf(this.desk.store, this.#lab)).map((one) => one.bench ?? "").filter(Boolean) : [];
    const device = this.#device;
    return html`
      <div class="people-granting">
        ${this.#choose(t.t("people.role"), "role", this.role, ROLES.map((role) => [role, roleWord(text, role)]))}
        ${this.#choose(t.t("people.place"), "place", this.place ?? this.#lab?.key ?? "", [
          ...labs.map((one) => [one.key, text.title(one.title, one.lab)]),
          ...schools.map((school) => [`${school}/`, t.t("people.school", { school })]),
          ["", t.t("people.everywhere")],
        ])}
        ${benches.length ? this.#choose(t.t("people.bench"), "bench", this.bench, [["", t.t("people.whole_lab")], ...benches.map((one) => [one, benchWord(text, one)])]) : nothing}
        ${this.#devices.length ? this.#choose(t.t("people.device"), "device", device ? this.device : "", [["", t.t("people.all_devices")], ...this.#devices.map((one) => [keyOf(one), deviceName(text, one)])]) : nothing}
        ${device ? this.#choose(t.t("people.point"), "point", this.point, [["", t.t("people.all_points")], ...device.points.map((one) => [one.point, pointName(text, device, one)])]) : nothing}
        <label>${t.t("people.until_when")}<input type="datetime-local" .value=${this.until} min=${local(Date.now())} @change=${this.#ends}></label>
        <div class="people-row">${this.#terms(t)}</div>
        <p class="people-meant" role="status">${grantWords(this.desk, this.grant)}</p>
      </div>`;
  }

  /** @param {string} label @param {"role" | "place" | "bench" | "device" | "point"} name @param {string} value @param {string[][]} options */
  #choose(label, name, value, options) {
    return html`<label>${label}<select name=${name} @change=${this.#chosen}>${options.map(([one, word]) => html`<option value=${one} .selected=${one === value}>${word}</option>`)}</select></label>`;
  }

  /** Ends that are often wanted. @param {import("../text.js").Text} t */
  #terms(t) {
    const friday = new Date();
    friday.setDate(friday.getDate() + ((12 - friday.getDay()) % 7)); // today, if it is one
    friday.setHours(17, 0, 0, 0);
    if (friday.getTime() <= Date.now()) friday.setDate(friday.getDate() + 7);
    /** @type {[string, number | null][]} */
    const terms = [[t.t("people.until_friday"), friday.getTime()], [t.t("people.until_days", { days: 7 }), Date.now() + 7 * DAY_MS], [t.t("people.until_taken"), null]];
    return terms.map(([word, at_ms]) => html`<button type="button" class="segment" aria-pressed=${String(this.until === (at_ms === null ? "" : local(at_ms)))} @click=${() => { this.until = at_ms === null ? "" : local(at_ms); }}>${word}</button>`);
  }

  /** What is narrower than what was chosen is open again. @param {Event} event */
  #chosen(event) {
    const { name, value } = /** @type {HTMLSelectElement} */ (event.target);
    const order = /** @type {const} */ (["place", "bench", "device", "point"]);
    if (name === "role") this.role = value;
    for (const narrower of order.slice(order.findIndex((one) => one === name) + 1)) if (name !== "role") this[narrower] = "";
    if (name !== "role") this[/** @type {"place"} */ (name)] = value;
  }

  /** @param {Event} event */
  #ends(event) {
    this.until = /** @type {HTMLInputElement} */ (event.target).value;
  }
}

/** @param {wire.Device} device */
const keyOf = (device) => `${device.node}/${device.device}`;

/** @param {import("../text.js").Text} text @param {string} bench */
const benchWord = (text, bench) => (/^\d+$/.test(bench) ? text.t("lab.bench", { n: bench }) : bench);

/** Local date and time as a field wants it: 2026-11-27T17:00. @param {number} time_ms */
function local(time_ms) {
  const at = new Date(time_ms - new Date(time_ms).getTimezoneOffset() * 60_000);
  return at.toISOString().slice(0, 16);
}

customElements.define("lk-granting", LkGranting);
