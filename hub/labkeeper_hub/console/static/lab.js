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
    if (!store.filled) return this.#empty(store.link === "lost" ? "lab.no_link" : "lab.loading");
    if (!this.lab) return this.#empty("lab.none");
    const benches = benchesOf(devicesOf(store, this.lab));
    if (benches.length === 0) return this.#empty("lab.no_devices");
    return html`
      <div class="lab-row">${this.#scenes()}${this.#record()}</div>
      <div class="benches">${repeat(benches, (bench) => bench.bench ?? "", (bench) => this.#bench(bench))}</div>`;
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

  /** What records comes when it is asked for. */
  #record() {
    const open = () => {
      void import("./recordings/recording.js");
      this.recording = true;
    };
    if (this.recording) return html`<lk-recording .desk=${this.desk} .lab=${this.lab} @closed=${() => { this.recording = false; }}></lk-recording>`;
    if (!this.desk.store.may("record")) return nothing;
    return html`<button class="do record" ?disabled=${this.desk.store.link !== "up"} @click=${open}>${this.desk.text.t("lab.record")}</button>`;
  }

  /** @param {"lab.no_link" | "lab.loading" | "lab.none" | "lab.no_devices"} why */
  #empty(why) {
    const { text } = this.desk;
    const words = { "lab.no_link": text.t("lab.no_link"), "lab.loading": text.t("lab.loading"), "lab.none": text.t("lab.none"), "lab.no_devices": text.t("lab.no_devices") };
    return html`<p class="nothing">${words[why]}</p>`;
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

customElements.define("lk-lab", LkLab);
