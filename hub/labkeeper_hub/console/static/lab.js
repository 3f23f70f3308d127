/** One lab: the room's devices, then one panel per bench. */
import { html, nothing, repeat } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { deviceKey } from "./keys.js";
import { benchesOf, devicesOf, leaseOf } from "./labs.js";
import { Packing } from "./packing.js";
import { LEASES, LINK, SHAPE } from "./store.js";
import "./device.js";

class LkLab extends DeskElement {
  static properties = { lab: { attribute: false }, recording: { state: true } };

  #packing = new Packing();

  constructor() {
    super();
    /** @type {import("./labs.js").LabView | null} */
    this.lab = null;
    this.recording = false;
    /** @type {Element | null} */
    this.pressed = null;
  }

  watched() {
    return [SHAPE, LINK, LEASES];
  }

  updated() {
    super.updated();
    this.#packing.watch(this.querySelectorAll(".benches > .bench, .room lk-device"));
  }

  render() {
    const { store } = this.desk;
    const { text } = this.desk;
    if (!store.filled) return empty(store.link === "lost" ? text.t("lab.no_link") : text.t("lab.loading"));
    if (!this.lab) return empty(text.t("lab.none"));
    const benches = benchesOf(devicesOf(store, this.lab));
    if (benches.length === 0) return empty(text.t("lab.no_devices"));
    return html`
      <div class="lab-row">${this.#scenes()}${this.#record()}</div>
      <div class="benches" @click=${this.#press}>${repeat(benches, (bench) => bench.bench ?? "", (bench) => this.#bench(bench))}</div>`;
  }

  /** Whoever has the lab has its scenes. */
  #scenes() {
    if (!this.#mine) return nothing;
    void import("./lessons/scenes.js");
    return html`<lk-scenes .desk=${this.desk} .lab=${this.lab}></lk-scenes>`;
  }

  get #mine() {
    return leaseOf(this.desk.store, this.lab)?.holder === this.desk.store.person;
  }

  /** Whatever is pressed last is what a recording is about. @param {Event} event */
  #press({ target }) {
    this.pressed = /** @type {Element} */ (target);
  }

  /** What records comes when it is asked for. */
  #record() {
    const open = () => {
      void import("./recordings/recording.js");
      this.recording = true;
    };
    if (this.recording) return html`<lk-recording .desk=${this.desk} .lab=${this.lab} .pressed=${this.pressed} @closed=${() => { this.recording = false; }}></lk-recording>`;
    if (!this.desk.store.may("record")) return nothing;
    return html`<button class="do record" ?disabled=${this.desk.store.link !== "up"} @click=${open}>${this.desk.text.t("lab.record")}</button>`;
  }

  /** @param {import("./labs.js").Bench} bench */
  #bench(bench) {
    return html`
      <section class="bench ${bench.bench === null ? "room" : ""}">
        <header><h2>${this.#benchName(bench.bench)}</h2>${this.#group(bench)}${this.#floor(bench.bench)}</header>
        <div class="cards">
          ${repeat(bench.devices, deviceKey, (device) => html`<lk-device .desk=${this.desk} .key=${deviceKey(device)}></lk-device>`)}
        </div>
      </section>`;
  }

  /** @param {import("./labs.js").Bench} bench */
  #group(bench) {
    if (bench.bench === null || !this.#mine) return nothing;
    void import("./lessons/group.js");
    return html`<lk-group .desk=${this.desk} .devices=${bench.devices} .benchName=${this.#benchName(bench.bench)}></lk-group>`;
  }

  /** Whoever has the lab may let pupils in. @param {string | null} bench */
  #floor(bench) {
    const lease = leaseOf(this.desk.store, this.lab);
    if (bench === null || !this.#mine) return nothing;
    void import("./floor/floor.js");
    return html`<lk-floor .desk=${this.desk} .lease=${lease} .bench=${bench} .benchName=${this.#benchName(bench)}></lk-floor>`;
  }

  /** @param {string | null} bench */
  #benchName(bench) {
    const { text } = this.desk;
    if (bench === null) return text.t("lab.room");
    return /^\d+$/.test(bench) ? text.t("lab.bench", { n: bench }) : bench;
  }
}

/** @param {string} why */
const empty = (why) => html`<p class="nothing">${why}</p>`;

customElements.define("lk-lab", LkLab);
