/** The page's frame: the sticky bar, what needs attention, and one of lab, chart, a list or sign-in. */
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

/** @param {ReturnType<typeof parseRoute>} route */
const nameOf = (route) => (route.page === "list" ? route.list : route.page);

export class LkApp extends DeskElement {
  static properties = { deeds: { attribute: false }, page: { state: true }, reason: { state: true }, route: { state: true } };

  #labScroll = 0;
  /** @type {HTMLElement | null} */
  #list = null;

  constructor() {
    super();
    this.deeds = /** @type {Deeds} */ (/** @type {unknown} */ (undefined));
    /** @type {"starting" | "sign-in" | "desk"} */
    this.page = "starting";
    /** @type {import("./sign-in/sign-in.js").Reason | null} */
    this.reason = null;
    /** The lab last shown: it stays behind a chart. @type {import("./labs.js").LabView | null} */
    this.lastLab = null;
    /** Whoever was invited chooses a password first. @type {string | null} */
    this.invitation = null;
    this.route = parseRoute(location.hash);
    addEventListener("hashchange", () => this.#go());
  }

  /** @param {import("./sign-in/sign-in.js").Reason | null} reason */
  showSignIn(reason) {
    this.reason = reason;
    this.page = "sign-in";
    void import("./sign-in/sign-in.js"); // whoever is signed in has no use for it
    this.requestUpdate();
  }

  showDesk() {
    this.page = "desk";
  }

  #go() {
    const from = nameOf(this.route);
    if (from === "lab") this.#labScroll = scrollY;
    this.route = parseRoute(location.hash);
    if (nameOf(this.route) === from) return;
    this.#load();
    void this.updateComplete.then(() => {
      this.querySelector("main")?.focus({ preventScroll: true }); // the link that led here is gone, or shut up in its menu
      scrollTo(0, this.route.page === "lab" ? this.#labScroll : 0);
    });
  }

  firstUpdated() {
    this.#load();
  }

  /** What most visits do not need comes when it is asked for. */
  #load() {
    const { route } = this;
    if (route.page === "chart") void import("./chart/chart.js");
    if (route.page === "list") void import(`./${route.list}/page.js`);
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
      <lk-result .desk=${desk} .lab=${lab}></lk-result>
      <main id="main" tabindex="-1">
        <lk-lab .desk=${desk} .lab=${lab} ?hidden=${route.page !== "lab"}></lk-lab>
        ${route.page === "chart" ? html`<lk-chart .desk=${desk} .target=${route.target} .span=${route.span}></lk-chart>` : nothing}
        ${route.page === "list" ? this.#listed(route.list) : nothing}
      </main>`;
  }

  /** The element of a list, the same one for as long as it is shown. @param {string} list */
  #listed(list) {
    const name = `lk-${list}`;
    if (this.#list?.localName !== name) this.#list = document.createElement(name);
    return Object.assign(this.#list, { desk: this.desk, deeds: this.deeds, lab: this.lastLab });
  }

  /** The lab of the address, else the one shown before, else the first. @param {import("./labs.js").LabView[]} labs */
  #lab(labs) {
    const { route, lastLab } = this;
    const asked = "lab" in route ? labs.find((one) => one.school === route.school && one.lab === route.lab) : undefined;
    return asked ?? labs.find((one) => one.key === lastLab?.key) ?? labs.at(0) ?? null;
  }

  /** @param {Event} event */
  #skip(event) {
    event.preventDefault(); // the address belongs to the route
    this.querySelector("main")?.focus();
  }
}

customElements.define("lk-app", LkApp);
