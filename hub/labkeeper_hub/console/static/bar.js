/** The sticky bar: which lab, whether the link is up, the hub's time. The same place on every page. */
import { html, nothing } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { icon } from "./icons.js";
import { labName } from "./labs.js";
import { labAddress } from "./route.js";
import { ALARMS, LINK, STOPS, TICK } from "./store.js";
import "./holder.js";
import "./menu.js";
import "./stop.js";

class LkBar extends DeskElement {
  static properties = { labs: { attribute: false }, lab: { attribute: false }, deeds: { attribute: false } };

  constructor() {
    super();
    /** @type {import("./labs.js").LabView[]} */
    this.labs = [];
    /** @type {import("./labs.js").LabView | null} */
    this.lab = null;
    this.deeds = /** @type {import("./app.js").Deeds} */ (/** @type {unknown} */ (undefined));
  }

  watched() {
    return [ALARMS, LINK, STOPS, TICK];
  }

  render() {
    const { desk, deeds } = this;
    if (desk.store.stops.length > 0) void import("./stopped.js");
    return html`
      <header class="bar">
        <div class="bar-lab">${this.labs.length > 1 ? this.#choice() : html`<h1>${this.#name(this.lab)}</h1>`}</div>
        <lk-holder .desk=${desk} .lab=${this.lab}></lk-holder>
        <div class="bar-room"></div>
        ${desk.store.alarms.size > 0 ? html`<lk-alarm-bell .desk=${desk}></lk-alarm-bell>` : nothing}
        ${this.#link()}
        <time class="bar-clock" title=${desk.text.t("bar.hub_time")}>${desk.text.clock(desk.store.now())}</time>
        <lk-stop .desk=${desk}></lk-stop>
        <lk-menu .desk=${desk} .deeds=${deeds} .signedIn=${true}></lk-menu>
      </header>
      <lk-stopped .desk=${desk}></lk-stopped>
      ${desk.store.link === "lost" ? this.#banner(desk.text.t("link.banner"), desk.text.t("link.advice")) : nothing}
      ${desk.store.link === "up" && !desk.store.storing ? this.#banner(desk.text.t("hub.not_storing"), desk.text.t("hub.advice")) : nothing}`;
  }

  #choice() {
    const { text } = this.desk;
    return html`
      <h1 class="unseen">${this.#name(this.lab)}</h1>
      <select aria-label=${text.t("bar.lab")} @change=${this.#choose}>
        ${this.labs.map((lab) => html`<option value=${lab.key} ?selected=${lab.key === this.lab?.key}>${this.#name(lab)}</option>`)}
      </select>`;
  }

  /** @param {import("./labs.js").LabView | null} lab */
  #name(lab) {
    return labName(this.desk.text, lab);
  }

  /** @param {Event} event */
  #choose(event) {
    const key = /** @type {HTMLSelectElement} */ (event.target).value;
    const lab = this.labs.find((one) => one.key === key);
    if (lab) location.hash = labAddress(lab.school, lab.lab);
  }

  #link() {
    const { store, text } = this.desk;
    const [sign, word] = /** @type {const} */ ({
      up: ["linked", text.t("link.up")],
      lost: ["warning", text.t("link.lost")],
      connecting: ["waiting", text.t("link.connecting")],
    })[store.link];
    return html`<span class="bar-link ${store.link}">${icon(sign)}<span>${word}</span></span>`;
  }

  /** @param {string} what @param {string} advice */
  #banner(what, advice) {
    return html`<div class="banner" role="status">${icon("warning")}<p><strong>${what}</strong> ${advice}</p></div>`;
  }
}

customElements.define("lk-bar", LkBar);
