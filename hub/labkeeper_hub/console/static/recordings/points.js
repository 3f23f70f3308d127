/** Which points are recorded: the usual ones, all or none at a press, a device at a press, and each by itself. */
import { html, nothing, repeat } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { deviceKey } from "../keys.js";
import { deviceName, pointName } from "../names.js";
import { addressOf, all, recordable, usual } from "./about.js";
import { SHAPE, WORDS } from "../store.js";
import { sayer } from "./words.js";

const FEW = 3; // devices: their points are shown at once

class LkRecordingPoints extends DeskElement {
  static properties = { devices: { attribute: false }, picked: { attribute: false }, about: { attribute: false }, opened: { state: true } };

  constructor() {
    super();
    /** @type {wire.Device[]} */
    this.devices = [];
    /** Addresses of points. @type {ReadonlySet<string>} */
    this.picked = new Set();
    /** The device somebody has just used: it can be recorded alone. @type {wire.Device | undefined} */
    this.about = undefined;
    /** Devices whose points are shown. @type {ReadonlySet<string>} */
    this.opened = new Set();
  }

  watched() {
    return [SHAPE, WORDS];
  }

  render() {
    const say = sayer(this.desk.text);
    return html`
      ${this.#atOnce(say)}
      <details class="recording-points">
        <summary>${say("record.points", { count: this.picked.size, all: all(this.devices).length })}</summary>
        <div class="recording-grid">${repeat(this.devices, deviceKey, (device) => this.#device(device, say))}</div>
      </details>`;
  }

  /** Many at a press. @param {import("./words.js").Say} say */
  #atOnce(say) {
    const { devices, about } = this;
    const choice = (/** @type {string} */ word, /** @type {string[]} */ points) => {
      const chosen = points.length === this.picked.size && points.every((one) => this.picked.has(one));
      return html`<button type="button" class="segment" aria-pressed=${chosen} @click=${() => this.#pick(points)}>${chosen ? icon("check") : nothing}${word}</button>`;
    };
    return html`
      <div class="segments wide recording-at-once" role="group" aria-label=${say("record.what")}>
        ${choice(say("record.usual"), usual(devices))}
        ${about ? choice(say("record.only", { device: deviceName(this.desk.text, about) }), usual([about])) : nothing}
        ${choice(say("record.everything"), all(devices))} ${choice(say("record.nothing"), [])}
      </div>`;
  }

  /** @param {wire.Device} device @param {import("./words.js").Say} say */
  #device(device, say) {
    const key = deviceKey(device);
    const name = deviceName(this.desk.text, device);
    const points = all([device]);
    if (points.length === 0) return nothing;
    const many = points.filter((one) => this.picked.has(one)).length;
    const open = this.devices.length <= FEW || this.opened.has(key);
    const whole = (/** @type {Event} */ { target }) => this.#pick([...[...this.picked].filter((one) => !points.includes(one)), .../** @type {HTMLInputElement} */ (target).checked ? points : []]);
    return html`
      <fieldset>
        <legend class="unseen">${name}</legend>
        <div class="recording-device">
          <label class="recording-pick"><input type="checkbox" .checked=${many === points.length} .indeterminate=${many > 0 && many < points.length} @change=${whole}>
            <span class="recording-named">${name}</span><span class="quiet small">${say("record.some", { some: many, all: points.length })}</span></label>
          ${this.devices.length <= FEW ? nothing : html`<button type="button" class="round" aria-expanded=${open} aria-label=${say("record.each", { device: name })} @click=${() => this.#open(key)}></button>`}
        </div>
        ${open ? html`<div class="recording-each">${recordable(device).map((point) => this.#point(device, point))}</div>` : nothing}
      </fieldset>`;
  }

  /** @param {wire.Device} device @param {wire.Point} point */
  #point(device, point) {
    const address = addressOf(device, point);
    return html`<label class="recording-pick"><input type="checkbox" .checked=${this.picked.has(address)} @change=${() => this.#toggle(address)}>${pointName(this.desk.text, device, point)}</label>`;
  }

  /** @param {string} address */
  #toggle(address) {
    const picked = new Set(this.picked);
    if (!picked.delete(address)) picked.add(address);
    this.#pick([...picked]);
  }

  /** @param {string} key */
  #open(key) {
    const opened = new Set(this.opened);
    if (!opened.delete(key)) opened.add(key);
    this.opened = opened;
  }

  /** @param {string[]} points */
  #pick(points) {
    this.dispatchEvent(new CustomEvent("picked", { detail: new Set(points) }));
  }
}

customElements.define("lk-recording-points", LkRecordingPoints);
