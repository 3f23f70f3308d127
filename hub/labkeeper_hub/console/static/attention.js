/** What needs attention in this lab, first on the page; one quiet line of the same height when all is well. */
import { html, nothing, repeat } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { icon } from "./icons.js";
import { devicesOf, labName } from "./labs.js";
import { ALARMS, ASKED, LEASES, LINK, SHAPE, STOPS, TICK } from "./store.js";

/** What tells of something comes with the first of it. @typedef {{asked?: typeof import("./attention/asked.js"), offline?: typeof import("./attention/offline.js"), rare?: typeof import("./attention/rare.js")}} Parts */

class LkAttention extends DeskElement {
  static properties = { lab: { attribute: false }, parts: { state: true } };

  constructor() {
    super();
    /** @type {import("./labs.js").LabView | null} */
    this.lab = null;
    /** @type {Parts} */
    this.parts = {};
  }

  watched() {
    return [ALARMS, ASKED, LEASES, SHAPE, LINK, STOPS, TICK];
  }

  render() {
    const { desk, lab, parts } = this;
    const { text, store } = desk;
    const devices = lab ? devicesOf(store, lab) : [];
    const lost = devices.filter((one) => !store.isOnline(one));
    const rare = this.#rare();
    if (lost.length > 0) this.#need("offline", () => import("./attention/offline.js"));
    if (desk.asked.newest()) this.#need("asked", () => import("./attention/asked.js"));
    const items = [...(rare ?? []), ...(parts.asked?.chips(desk, lab, devices) ?? []), ...(parts.offline?.chips(desk, lab, lost) ?? [])];
    const well = rare && lab && lost.length === 0 && store.filled && store.storing && store.link === "up" && store.stops.length === 0 ? html`<p class="well">${icon("check")}${this.#well(lab)}</p>` : nothing;
    return html`
      <section class="attention" aria-label=${text.t("attention.title")}>
        ${items.length === 0 ? well : html`<ul tabindex="0">${repeat(items, (item) => item.key, (item) => html`<li>${item.chip}</li>`)}</ul>`}
      </section>
      <p class="unseen" role="status" aria-live="polite">${parts.asked?.result(desk) ?? nothing}</p>`;
  }

  /** @param {keyof Parts} name @param {() => Promise<Parts[keyof Parts]>} load */
  #need(name, load) {
    if (!this.parts[name]) void load().then((part) => { this.parts = { ...this.parts, [name]: part }; }, () => {});
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
    this.#need("rare", () => import("./attention/rare.js"));
    return this.parts.rare?.chips(this.desk, this.lab) ?? null;
  }
}

customElements.define("lk-attention", LkAttention);
