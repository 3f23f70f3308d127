/** One device's card: its name, whether it is there, and a tile per point. */
import { html, nothing, repeat } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { heightOf } from "./height.js";
import { icon } from "./icons.js";
import { deviceName } from "./names.js";
import { notNear, whenNear } from "./near.js";
import { SHAPE, TICK } from "./store.js";
import "./tiles/tile.js";

const shown = new Set(["measure", "state", "event"]);

class LkDevice extends DeskElement {
  static properties = { key: { attribute: false }, near: { state: true } };

  constructor() {
    super();
    this.key = "";
    this.near = false;
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

  /** What the hub derives from it. */
  get #derived() {
    return this.desk.store.devices.get(this.key.replace("/", "/#hub-derived-"));
  }

  watched() {
    const device = this.#device;
    return device && !this.desk.store.isOnline(device) ? [this.key, SHAPE, TICK] : [this.key, SHAPE];
  }

  willUpdate() {
    const device = this.#device;
    if (device && !this.near) this.style.setProperty("--tall", `${heightOf([...device.points, ...(this.#derived?.points ?? [])])}px`);
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
          ${store.isOnline(device) ? html`<span class="make">${make}</span>` : this.#offline(device)}
        </header>
        ${this.near ? this.#body(device) : nothing}
      </article>`;
  }

  /** @param {wire.Device} device */
  #body(device) {
    const commands = this.desk.store.may("command");
    const derived = this.#derived;
    const looked = device.points.filter((point) => shown.has(point.kind) || (!commands && point.kind !== "action"));
    return html`
      <div class="shown">${this.#tiles(device, looked)}${derived ? this.#tiles(derived, derived.points) : nothing}</div>
      ${commands ? html`<div class="controls">${this.#tiles(device, device.points.filter((point) => !shown.has(point.kind)))}</div>` : nothing}`;
  }

  /** @param {wire.Device} device */
  #offline(device) {
    const { text, store } = this.desk;
    const since_ms = device.online ? store.nodes.get(`${device.school}/${device.node}`)?.since_ms : device.since_ms;
    const age = since_ms ? text.ago(store.now() - since_ms) : "";
    return html`<span class="badge warn">${icon("warning")}${text.t("device.offline")}<span class="age">${age}</span></span>`;
  }

  /** @param {wire.Device} device @param {wire.Point[]} points */
  #tiles(device, points) {
    return repeat(points, (point) => point.point, (point) => html`<lk-tile .desk=${this.desk} .device=${device} .point=${point}></lk-tile>`);
  }
}

customElements.define("lk-device", LkDevice);
