/** What needs attention in this lab, first on the page; one quiet line of the same height when all is well. */
import { html, nothing, repeat } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { icon } from "./icons.js";
import { deviceKey, nodeKey } from "./keys.js";
import { devicesOf, labName } from "./labs.js";
import { deviceName } from "./names.js";
import { labAddress } from "./route.js";
import { ALARMS, ASKED, LEASES, LINK, SHAPE, STOPS, TICK } from "./store.js";

class LkAttention extends DeskElement {
  static properties = { lab: { attribute: false }, rare: { state: true }, told: { state: true } };

  constructor() {
    super();
    /** @type {import("./labs.js").LabView | null} */
    this.lab = null;
    /** @type {typeof import("./attention/rare.js") | null} */
    this.rare = null;
    /** @type {typeof import("./attention/asked.js") | null} */
    this.told = null;
  }

  watched() {
    return [ALARMS, ASKED, LEASES, SHAPE, LINK, STOPS, TICK];
  }

  render() {
    const { text, store } = this.desk;
    const devices = this.lab ? devicesOf(store, this.lab) : [];
    const rare = this.#rare();
    const told = this.#told();
    const items = [...(rare ?? []), ...(told?.chips(this.desk, devices, (key) => this.#show(key)) ?? []), ...this.#offline(devices)];
    const well = rare && this.lab && store.filled && store.storing && store.link === "up" && store.stops.length === 0 ? html`<p class="well">${icon("check")}${this.#well(this.lab)}</p>` : nothing;
    return html`
      <section class="attention" aria-label=${text.t("attention.title")}>
        ${items.length === 0 ? well : html`<ul tabindex="0">${repeat(items, (item) => item.key, (item) => html`<li>${item.chip}</li>`)}</ul>`}
      </section>
      <p class="unseen" role="status" aria-live="polite">${told?.result(this.desk) ?? nothing}</p>`;
  }

  /** It speaks of this lab alone. @param {import("./labs.js").LabView} lab */
  #well(lab) {
    const { store, text } = this.desk;
    return store.labs.length > 1 ? text.t("attention.none_in", { lab: labName(text, lab) }) : text.t("attention.none");
  }

  /** Whether there may be something rare, for what tells of it is not there before. */
  get #some() {
    const { alarms, influx, leases, lessons, nodes } = this.desk.store;
    return alarms.size > 0 || influx?.attention || leases.some((one) => one.asks?.length) || lessons.some((one) => one.recorded === false) || [...nodes.values()].some((one) => one.twin || one.interlocks_differ || !one.online);
  }

  #rare() {
    if (!this.#some) return [];
    if (!this.rare) void import("./attention/rare.js").then((found) => (this.rare = found), () => {});
    return this.rare?.chips(this.desk, this.lab) ?? null;
  }

  /** What became of commands: it comes with the first of them. */
  #told() {
    if (this.desk.asked.newest() && !this.told) void import("./attention/asked.js").then((found) => (this.told = found), () => {});
    return this.told;
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

  /** Lead to a device where it is: on its lab's page. @param {string} key */
  #show(key) {
    const card = document.getElementById(`device/${key}`);
    const look = () => {
      card?.scrollIntoView({ block: "center" });
      card?.focus({ preventScroll: true });
    };
    if (!card?.closest("[hidden]") || !this.lab) return look();
    addEventListener("hashchange", () => requestAnimationFrame(look), { once: true }); // the lab comes before the frame
    location.hash = labAddress(this.lab.school, this.lab.lab);
  }
}

customElements.define("lk-attention", LkAttention);
