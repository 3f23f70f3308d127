/** What needs attention in this lab, first on the page; one quiet line of the same height when all is well. */
import { html, nothing, repeat } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { icon } from "./icons.js";
import { deviceKey, nodeKey } from "./keys.js";
import { devicesOf } from "./labs.js";
import { deviceName, pointName } from "./names.js";
import { outcomeWord, reasonWords } from "./outcome.js";
import { ALARMS, ASKED, LINK, SHAPE, STOPS, TICK } from "./store.js";

/** @typedef {import("./asked.js").Asking} Asking */

class LkAttention extends DeskElement {
  static properties = { lab: { attribute: false }, strip: { state: true }, storing: { state: true } };

  constructor() {
    super();
    /** @type {import("./labs.js").LabView | null} */
    this.lab = null;
    /** Comes with the first alarm. @type {typeof import("./alarms/strip.js") | null} */
    this.strip = null;
    /** @type {typeof import("./storing.js") | null} */
    this.storing = null;
  }

  watched() {
    return [ALARMS, ASKED, SHAPE, LINK, STOPS, TICK];
  }

  render() {
    const { text, store } = this.desk;
    const devices = this.lab ? devicesOf(store, this.lab) : [];
    const items = [...this.#alarms(), ...this.#asked(devices), ...this.#influx(), ...this.#twins(), ...this.#offline(devices)];
    const well = store.filled && store.link === "up" && store.stops.length === 0 ? html`<p class="well">${icon("check")}${text.t("attention.none")}</p>` : nothing;
    return html`
      <section class="attention" aria-label=${text.t("attention.title")}>
        ${items.length === 0 ? well : html`<ul tabindex="0">${repeat(items, (item) => item.key, (item) => html`<li>${item.chip}</li>`)}</ul>`}
      </section>
      <p class="unseen" role="status" aria-live="polite">${this.#results()}</p>`;
  }

  #alarms() {
    if (this.desk.store.alarms.size === 0) return [];
    if (!this.strip) void import("./alarms/strip.js").then((found) => (this.strip = found));
    return this.strip?.chips(this.desk, this.lab) ?? [];
  }

  /** @param {wire.Device[]} devices */
  #asked(devices) {
    const here = new Map(devices.map((device) => [deviceKey(device), device]));
    return this.desk.asked.attention().flatMap((asking) => {
      const device = here.get(deviceKey(asking.target));
      return device ? [{ key: `asked/${asking.id}`, chip: this.#askedChip(device, asking) }] : [];
    });
  }

  /** @param {wire.Device} device @param {Asking} asking */
  #askedChip(device, asking) {
    const { asked, text } = this.desk;
    return html`
      <div class="chip">
        <button class="chip-main" @click=${() => this.#show(deviceKey(device))}>${icon("warning")}<span><strong>${this.#name(asking)}</strong>
          <span>${outcomeWord(text, asking.outcome)}${this.#reason(asking)}</span></span></button>
        <button class="chip-side" aria-label=${text.t("attention.forget", { name: this.#name(asking) })} @click=${() => asked.forget(asking)}>${icon("close")}</button>
      </div>`;
  }

  /** @param {Asking} asking */
  #reason(asking) {
    const reason = reasonWords(this.desk, asking);
    return reason ? html` · ${reason}` : nothing;
  }

  /** @param {Asking} asking */
  #name(asking) {
    const { store, text } = this.desk;
    const device = store.devices.get(deviceKey(asking.target));
    const point = device?.points.find((one) => one.point === asking.target.point);
    return device && point ? `${deviceName(text, device)} · ${pointName(text, device, point)}` : asking.target.point;
  }

  /** What a facility manager should know wherever they look: the copy for charts is late or lacks something. */
  #influx() {
    const { store, text } = this.desk;
    const { influx } = store;
    if (!influx?.attention) return [];
    if (!this.storing) void import("./storing.js").then((found) => (this.storing = found));
    return this.storing ? [{ key: "influx", chip: this.storing.chip(text, influx) }] : [];
  }

  /** Nodes that more than one machine passes for: neither can be trusted. */
  #twins() {
    const { store, text } = this.desk;
    const twins = [...store.nodes.values()].filter((node) => node.twin && node.school === this.lab?.school && node.lab === this.lab.lab);
    return twins.map((node) => ({
      key: `twin/${nodeKey(node)}`,
      chip: html`<div class="chip"><div class="chip-main">${icon("warning")}<span><strong>${text.t("attention.twin", { node: node.node })}</strong><span>${text.t("attention.twin_why")}</span></span></div></div>`,
    }));
  }

  /** A lost node is one entry, not one per device. @param {wire.Device[]} devices */
  #offline(devices) {
    const { store } = this.desk;
    /** @type {Map<string, wire.Device[]>} */
    const byNode = new Map();
    const items = [];
    for (const device of devices.filter((one) => !store.isOnline(one))) {
      const node = nodeKey(device);
      if (store.nodes.get(node)?.online ?? true) items.push({ key: deviceKey(device), chip: this.#offlineChip(device, device.since_ms, 1) });
      else byNode.set(node, [...(byNode.get(node) ?? []), device]);
    }
    const nodes = [...byNode].map(([key, lost]) => ({ key, chip: this.#offlineChip(lost[0], store.nodes.get(key)?.since_ms, lost.length) }));
    return [...nodes, ...items];
  }

  /** @param {wire.Device} device @param {number | undefined} since_ms @param {number} count more than one: the whole node */
  #offlineChip(device, since_ms, count) {
    const { store, text } = this.desk;
    const name = count > 1 ? text.t("attention.node", { node: device.node, count }) : deviceName(text, device);
    const age = since_ms ? html`<span class="age">${text.ago(store.now() - since_ms)}</span>` : nothing;
    return html`<button class="chip chip-main" @click=${() => this.#show(deviceKey(device))}>${icon("warning")}<span><strong>${name}</strong><span>${text.t("device.offline")} ${age}</span></span></button>`;
  }

  /** @param {string} key */
  #show(key) {
    const card = document.getElementById(`device/${key}`);
    card?.scrollIntoView({ block: "center" });
    card?.focus({ preventScroll: true });
  }

  /** What a screen reader is told, politely: the latest result. */
  #results() {
    const { asked, text } = this.desk;
    const asking = asked.newest();
    if (!asking || asking.outcome === "pending") return nothing;
    return [this.#name(asking), outcomeWord(text, asking.outcome), reasonWords(this.desk, asking)].filter(Boolean).join(", ");
  }
}

customElements.define("lk-attention", LkAttention);
