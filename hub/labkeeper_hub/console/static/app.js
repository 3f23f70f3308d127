/** The page's frame: the sticky bar, what needs attention, and one of lab, chart, catalogue or sign-in. */
import { html, nothing } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { labsOf } from "./labs.js";
import { parseRoute } from "./route.js";
import { SHAPE, WORDS } from "./store.js";
import "./attention.js";
import "./bar.js";
import "./lab.js";

/**
 * What a person may do to the page as a whole.
 * @typedef {object} Deeds
 * @property {(proof: import("./session.js").Proof) => Promise<void>} enter
 * @property {() => Promise<void>} leave
 * @property {(language: import("./preferences.js").Language) => Promise<void>} speak
 */

export class LkApp extends DeskElement {
  static properties = { deeds: { attribute: false }, page: { state: true }, reason: { state: true }, route: { state: true } };

  #labScroll = 0;

  constructor() {
    super();
    this.deeds = /** @type {Deeds} */ (/** @type {unknown} */ (undefined));
    /** @type {"starting" | "sign-in" | "desk"} */
    this.page = "starting";
    /** @type {import("./sign-in.js").Reason | null} */
    this.reason = null;
    /** The lab last shown: it stays behind a chart. @type {import("./labs.js").LabView | null} */
    this.lastLab = null;
    /** Whoever was invited chooses a password first. @type {string | null} */
    this.invitation = null;
    this.route = parseRoute(location.hash);
    addEventListener("hashchange", () => this.#go());
  }

  /** @param {import("./sign-in.js").Reason | null} reason */
  showSignIn(reason) {
    this.reason = reason;
    this.page = "sign-in";
    void import("./sign-in.js"); // whoever is signed in has no use for it
    this.requestUpdate();
  }

  showDesk() {
    this.page = "desk";
  }

  #go() {
    const from = this.route.page;
    if (from === "lab") this.#labScroll = scrollY;
    this.route = parseRoute(location.hash);
    if (this.route.page === from) return;
    this.#load();
    void this.updateComplete.then(() => scrollTo(0, this.route.page === "lab" ? this.#labScroll : 0));
  }

  firstUpdated() {
    this.#load();
  }

  /** What most visits do not need comes when it is asked for. */
  #load() {
    if (this.route.page === "chart") void import("./chart.js");
    if (this.route.page === "catalogue") void import("./catalogue.js");
    if (this.route.page === "recordings") void import("./recordings.js");
    if (this.route.page === "alarms") void import("./alarms.js");
    if (this.route.page === "people") void import("./people.js");
  }

  watched() {
    return this.desk ? [SHAPE, WORDS] : [];
  }

  render() {
    if (!this.desk || this.page === "starting") return nothing;
    const { desk, deeds } = this;
    if (this.page === "sign-in") return html`<lk-sign-in .desk=${desk} .deeds=${deeds} .reason=${this.reason} .invitation=${this.invitation}></lk-sign-in>`;
    return this.#desk();
  }

  #desk() {
    const { desk, deeds, route } = this;
    const labs = labsOf(desk.store);
    const lab = this.#lab(labs);
    this.lastLab = lab;
    return html`
      <a class="skip" href="#main" @click=${this.#skip}>${desk.text.t("skip")}</a>
      <lk-bar .desk=${desk} .deeds=${deeds} .labs=${labs} .lab=${lab}></lk-bar>
      <lk-attention .desk=${desk} .lab=${lab}></lk-attention>
      <main id="main" tabindex="-1">
        <lk-lab .desk=${desk} .lab=${lab} ?hidden=${route.page !== "lab"}></lk-lab>
        ${route.page === "chart" ? html`<lk-chart .desk=${desk} .target=${route.target} .span=${route.span}></lk-chart>` : nothing}
        ${route.page === "catalogue" ? html`<lk-catalogue .desk=${desk}></lk-catalogue>` : nothing}
        ${route.page === "recordings" ? html`<lk-recordings .desk=${desk}></lk-recordings>` : nothing}
        ${route.page === "people" ? html`<lk-people .desk=${desk} .deeds=${deeds}></lk-people>` : nothing}
        ${route.page === "alarms" ? html`<lk-alarms .desk=${desk}></lk-alarms>` : nothing}
      </main>`;
  }

  /** The lab of the address, else the one shown before, else the first. @param {import("./labs.js").LabView[]} labs */
  #lab(labs) {
    const { route, lastLab } = this;
    const asked = route.page === "lab" ? labs.find((one) => one.school === route.school && one.lab === route.lab) : undefined;
    return asked ?? labs.find((one) => one.key === lastLab?.key) ?? labs.at(0) ?? null;
  }

  /** @param {Event} event */
  #skip(event) {
    event.preventDefault(); // the address belongs to the route
    this.querySelector("main")?.focus();
  }
}

customElements.define("lk-app", LkApp);
