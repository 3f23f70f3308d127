/** A bench's pupils: their code, what they may command, and the way to take it back in one tap. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { bounded, ceiling, giveable, given, givenOf } from "./giving.js";
import { icon } from "../icons.js";
import { deviceKey } from "../keys.js";
import { deviceName, pointName, valueWithUnit } from "../names.js";
import { LEASES, TICK, WORDS } from "../store.js";
import { code } from "../qr.js";
import { styled } from "../styled.js";
import { wordsOf } from "../words.js";
import { openSheet } from "../sheet/sheet.js";

/** @param {string} path @param {string} method @param {object} [body] */
const ask = (path, method, body) => fetch(`/api/v1/floors${path}`, {
  method,
  headers: { "Content-Type": "application/json" },
  ...(body ? { body: JSON.stringify(body) } : {}),
}).catch(() => null);

class LkFloor extends DeskElement {
  static properties = {
    lease: { attribute: false }, bench: { attribute: false }, benchName: { attribute: false },
    words: { state: true }, seat: { state: true }, trouble: { state: true }, wanted: { state: true },
  };

  constructor() {
    super();
    this.lease = /** @type {wire.Lease} */ (/** @type {unknown} */ (undefined)); // set by the lab
    this.bench = "";
    this.benchName = "";
    /** @type {import("../text.js").Text | null} */
    this.words = null;
    /** @type {wire.Seat | null} */
    this.seat = null;
    this.trouble = false;
    /** What is ticked, and its limit. @type {Map<string, number | null>} */
    this.wanted = new Map();
  }

  watched() {
    return this.seat ? [LEASES, WORDS, TICK] : [LEASES, WORDS];
  }

  willUpdate() {
    const { language } = this.desk.text;
    if (this.words?.language !== language) void wordsOf("floor", language).then((words) => (this.words = words), () => {});
  }

  /** @returns {wire.Lease | undefined} */
  get #floor() {
    return this.desk.store.leases.find((one) => one.given_from === this.lease.fence && one.bench === this.bench);
  }

  get #devices() {
    const { school, lab } = this.lease;
    return [...this.desk.store.devices.values()].filter((one) => !one.node.startsWith("#") && one.school === school && one.lab === lab && one.bench === this.bench);
  }

  render() {
    const { words } = this;
    if (!words) return nothing;
    const floor = this.#floor;
    return html`
      ${floor ? html`<button class="plain back" @click=${() => this.#takeBack(floor.holder)}>${words.t("floor.take_back")}</button>` : nothing}
      <button class="plain ${floor ? "given" : ""}" @click=${this.#open} aria-haspopup="dialog">
        ${floor ? icon("check") : nothing}${words.t(floor ? "floor.given" : "floor.pupils")}</button>
      ${this.trouble && !this.seat ? html`<span class="note warn" role="status">${words.t("floor.failed")}</span>` : nothing}
      <dialog class="sheet" aria-label=${words.t("floor.title", { bench: this.benchName })} @close=${this.#closed}>${this.seat ? this.#sheet(words, this.seat, floor) : nothing}</dialog>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.Seat} seat @param {wire.Lease | undefined} floor */
  #sheet(words, seat, floor) {
    const { text, store } = this.desk;
    const left = Math.max(0, Math.ceil((this.lease.until_ms - store.now()) / 60_000));
    return html`
      <form class="floor-sheet" @submit=${this.#give}>
        <header><h2>${words.t("floor.title", { bench: this.benchName })}</h2>
          <button type="button" class="round" aria-label=${words.t("floor.close")} @click=${() => this.#dialog.close()}>${icon("close")}</button></header>
        <div class="floor-code">
          ${code(seat.code, words.t("floor.code"))}
          <div><p>${words.t("floor.scan")}</p><p class="link">${seat.link}</p>
            <p class="quiet small">${words.t("floor.until", { time: text.clock(this.lease.until_ms).slice(0, 5), left })}</p></div>
        </div>
        <fieldset><legend>${words.t("floor.may")}</legend>${this.#points(words)}</fieldset>
        <p role="status" class="floor-trouble">${this.trouble ? words.t("floor.failed") : nothing}</p>
        <footer>
          <button class="primary" ?disabled=${this.wanted.size === 0}>${words.t(floor ? "floor.give_again" : "floor.give")}</button>
          <button type="button" class="do" ?disabled=${!floor} @click=${() => this.#takeBack(seat.floor.name)}>${words.t("floor.take_back")}</button>
          <button type="button" class="plain" @click=${() => this.#end(seat.floor.name)}>${words.t("floor.end")}</button>
        </footer>
      </form>`;
  }

  /** @param {import("../text.js").Text} words */
  #points(words) {
    const all = giveable(this.#devices);
    if (all.length === 0) return html`<p class="quiet">${words.t("floor.nothing")}</p>`;
    return html`<ul>${all.map((one) => this.#point(words, one))}</ul>`;
  }

  /** @param {import("../text.js").Text} words @param {import("./giving.js").Giveable} one */
  #point(words, one) {
    const { text } = this.desk;
    const key = keyOf(one);
    const chosen = this.wanted.has(key);
    const name = `${deviceName(text, one.device)} · ${pointName(text, one.device, one.point)}`;
    const tick = (/** @type {Event} */ event) => this.#want(key, /** @type {HTMLInputElement} */ (event.target).checked ? ceiling(one.point).maximum : undefined);
    return html`
      <li><label><input type="checkbox" .checked=${chosen} @change=${tick}><span>${name}</span></label>
        ${chosen && bounded(one.point) ? this.#limit(words, one, key) : nothing}</li>`;
  }

  /** @param {import("../text.js").Text} words @param {import("./giving.js").Giveable} one @param {string} key */
  #limit(words, { point }, key) {
    const { minimum, maximum, step } = ceiling(point);
    const most = this.wanted.get(key) ?? maximum;
    const said = words.t("floor.at_most", { value: valueWithUnit(this.desk.text, point, most) });
    const moved = (/** @type {Event} */ event) => this.#want(key, /** @type {HTMLInputElement} */ (event.target).valueAsNumber);
    return html`<div class="floor-limit"><input type="range" min=${minimum} max=${maximum} step=${step} .valueAsNumber=${most} @input=${moved}
      aria-label=${words.t("floor.limit")} aria-valuetext=${said}><output>${said}</output></div>`;
  }

  /** @param {string} key @param {number | undefined} most undefined: not at all */
  #want(key, most) {
    this.wanted = new Map(this.wanted);
    if (most === undefined) this.wanted.delete(key);
    else this.wanted.set(key, most);
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
  }

  async #open() {
    const answer = await ask("", "POST", { fence: this.lease.fence, bench: this.bench });
    this.trouble = !answer?.ok;
    if (!answer?.ok) return;
    this.seat = await answer.json();
    this.#recall();
    await this.updateComplete;
    openSheet(this.#dialog);
  }

  /** What they have is ticked. */
  #recall() {
    const floor = this.#floor;
    this.wanted = new Map();
    for (const one of giveable(this.#devices)) {
      const has = givenOf(floor, one.device, one.point.point);
      if (has) this.wanted.set(keyOf(one), has.maximum);
    }
  }

  #closed() {
    this.seat = null;
    this.trouble = false;
  }

  /** @param {SubmitEvent} event */
  async #give(event) {
    event.preventDefault();
    if (!this.seat) return;
    const points = giveable(this.#devices).filter((one) => this.wanted.has(keyOf(one))).map((one) => given(one, this.wanted.get(keyOf(one)) ?? null));
    await this.#told(ask(`/${this.seat.floor.name}/points`, "PUT", { points }));
  }

  /** @param {string} name */
  async #takeBack(name) {
    await this.#told(ask(`/${name}/points`, "DELETE"));
  }

  /** @param {string} name */
  async #end(name) {
    if (await this.#told(ask(`/${name}`, "DELETE"))) this.#dialog.close();
  }

  /** @param {Promise<Response | null>} asked */
  async #told(asked) {
    const answer = await asked;
    this.trouble = !answer?.ok;
    return !this.trouble;
  }
}

/** @param {import("./giving.js").Giveable} one */
const keyOf = ({ device, point }) => `${deviceKey(device)}/${point.point}`;

await styled("floor/floor");
customElements.define("lk-floor", LkFloor);
