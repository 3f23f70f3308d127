/** One device's card: its name, whether it is there, a tile per point, and one line for all that has no value yet. */
import { html, nothing, repeat } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { heightOf } from "./height.js";
import { icon } from "./icons.js";
import { pointKey } from "./keys.js";
import { deviceName, pointName } from "./names.js";
import { calm, notNear, whenNear } from "./near.js";
import { SHAPE, TICK } from "./store.js";
import "./tiles/tile.js";

/** @typedef {{key: string, device: wire.Device, point: wire.Point}} Placed */

const shown = new Set(["measure", "state", "event"]);

/** @param {wire.Device | undefined} device @returns {Placed[]} */
const placed = (device) => device?.points.map((point) => ({ key: pointKey({ ...device, point: point.point }), device, point })) ?? [];

class LkDevice extends DeskElement {
  static properties = { key: { attribute: false }, near: { state: true }, opened: { state: true } };

  /** What has no value, as of the last moment when nobody touched the page: nothing moves under a finger. @type {Set<string> | null} */
  #silent = null;

  constructor() {
    super();
    this.key = "";
    this.near = false;
    this.opened = false;
  }

  connectedCallback() {
    super.connectedCallback();
    if (!this.near) whenNear(this, () => (this.near = true));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    notNear(this);
  }

  get #device() {
    return this.desk.store.devices.get(this.key);
  }

  /** Its points, then those that the hub derives from it. */
  get #points() {
    return [...placed(this.#device), ...placed(this.desk.store.devices.get(this.key.replace("/", "/#hub-derived-")))];
  }

  /** Whether a point is only looked at. @param {Placed} placed */
  #isShown({ point }) {
    return shown.has(point.kind) || (point.kind !== "action" && !this.desk.store.may("command"));
  }

  watched() {
    const { store } = this.desk;
    const device = this.#device;
    const silent = [...(this.#silent ?? [])];
    const waits = (device && !store.isOnline(device)) || silent.some((key) => store.latest.has(key));
    return [this.key, SHAPE, ...silent, ...(waits ? [TICK] : [])];
  }

  willUpdate() {
    const points = this.#points;
    const { latest } = this.desk.store;
    if (!this.#silent || calm()) this.#silent = new Set(points.filter((one) => this.#isShown(one) && !latest.has(one.key)).map(({ key }) => key));
    if (!this.near) this.style.setProperty("--tall", `${heightOf(points.filter(({ key }) => !this.#silent?.has(key)).map(({ point }) => point), this.#silent.size > 0)}px`);
  }

  render() {
    const device = this.#device;
    if (!device) return nothing;
    const { text, store } = this.desk;
    const make = [device.make, device.model].filter(Boolean).join(" · ");
    return html`
      <article class="card ${this.near ? "" : "to-come"}" id="device/${this.key}" tabindex="-1" aria-label=${deviceName(text, device)}>
        <header>
          <h3>${deviceName(text, device)}</h3>
          ${store.isOnline(device) ? html`<span class="make">${make}</span>` : this.#offline(device)}<lk-held .desk=${this.desk} .device=${device}></lk-held>
        </header>
        ${this.near ? this.#body() : nothing}
      </article>`;
  }

  #body() {
    const points = this.#points;
    const looked = points.filter((one) => this.#isShown(one));
    const silent = looked.filter(({ key }) => this.#silent?.has(key));
    const controls = this.desk.store.may("command") ? points.filter((one) => !this.#isShown(one)) : [];
    return html`
      <div class="shown">${this.#tiles(looked.filter((one) => !silent.includes(one)))}</div>
      <div class="controls">${this.#tiles(controls)}</div>
      ${silent.length > 0 ? this.#line(silent) : nothing}`;
  }

  /** Of a wall of dashes nobody learns anything. @param {Placed[]} silent */
  #line(silent) {
    const { text } = this.desk;
    const comma = text.language === "zh" ? "、" : ", ";
    return html`
      <details class="unheard" @toggle=${(/** @type {Event} */ { target }) => { this.opened = /** @type {HTMLDetailsElement} */ (target).open; }}>
        <summary>${text.t("tile.silent", { names: silent.map(({ device, point }) => pointName(text, device, point)).join(comma) })}</summary>
        <div class="shown">${this.opened ? this.#tiles(silent) : nothing}</div>
      </details>`;
  }

  /** @param {wire.Device} device */
  #offline(device) {
    const { text, store } = this.desk;
    const since_ms = device.online ? store.nodes.get(`${device.school}/${device.node}`)?.since_ms : device.since_ms;
    const age = since_ms ? text.ago(store.now() - since_ms) : "";
    return html`<span class="badge warn">${icon("warning")}${text.t("device.offline")}<span class="age">${age}</span></span>`;
  }

  /** @param {Placed[]} points */
  #tiles(points) {
    return repeat(points, ({ key }) => key, ({ device, point }) => html`<lk-tile .desk=${this.desk} .device=${device} .point=${point}></lk-tile>`);
  }
}

customElements.define("lk-device", LkDevice);
