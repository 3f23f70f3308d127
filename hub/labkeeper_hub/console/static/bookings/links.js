/** Calendars to subscribe to: a link to copy or to take with a camera, shown once, and a list to take them back from. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { code } from "../qr.js";
import * as api from "./api.js";
import { said } from "./api.js";
import { WORDS } from "../store.js";

class LkCalendarLinks extends DeskElement {
  static properties = { lab: { attribute: false }, made: { state: true }, links: { state: true }, copied: { state: true }, trouble: { state: true } };

  constructor() {
    super();
    this.lab = /** @type {import("../labs.js").LabView} */ (/** @type {unknown} */ (undefined)); // set by the page
    /** A new link, told this once. @type {wire.NewCalendarLink | null} */
    this.made = null;
    /** @type {wire.CalendarLink[]} */
    this.links = [];
    this.copied = false;
    this.trouble = "";
  }

  watched() {
    return [WORDS];
  }

  connectedCallback() {
    super.connectedCallback();
    void this.#look();
  }

  async #look() {
    this.links = await api.links().catch(() => this.links);
  }

  render() {
    const words = said(this.desk.text);
    return html`
      <section class="card bookings-list" aria-labelledby="links-title"><h3 id="links-title">${words.t("bookings.calendars")}</h3>
        <div class="bookings-links">
          <button class="do" @click=${() => this.#make(this.lab)}>${words.t("bookings.subscribe")}</button>
          <button class="do" @click=${() => this.#make(null)}>${words.t("bookings.subscribe_mine")}</button></div>
        ${this.made ? this.#new(words, this.made) : nothing}
        <p role="status" class="bookings-trouble">${this.trouble}</p>
        ${this.links.length ? html`<ul>${this.links.map((one) => html`<li><span>${this.#name(words, one)} <span class="quiet small">${words.t("bookings.made_at", { day: this.#day(one.made_ms) })}</span></span>
          <button class="do" aria-label=${`${words.t("bookings.take_back")}: ${this.#name(words, one)}`} @click=${() => this.#do(() => api.unlink(one.id))}>${words.t("bookings.take_back")}</button></li>`)}</ul>` : nothing}
      </section>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.NewCalendarLink} made */
  #new(words, made) {
    return html`
      <div class="calendar-new">
        ${code(made.code, words.t("bookings.link_code"))}
        <div><label>${words.t("bookings.link")}<input readonly .value=${made.address} @focus=${(/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).select()}></label>
          <button class="do" @click=${this.#copy}>${this.copied ? words.t("bookings.copied") : words.t("bookings.copy")}</button>
          <p class="quiet small">${words.t("bookings.link_meaning")}</p></div>
      </div>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.CalendarLink} one */
  #name(words, { school, lab }) {
    const known = this.desk.store.labs.find((other) => other.school === school && other.lab === lab);
    if (!lab) return words.t("bookings.my_lessons");
    return known ? this.desk.text.title(known.title, lab) : lab;
  }

  /** @param {number} time_ms */
  #day(time_ms) {
    return new Date(time_ms).toLocaleDateString(this.desk.text.locale, { month: "short", day: "numeric" });
  }

  /** The clipboard needs HTTPS: without it the address is selected, to be copied by hand. */
  async #copy() {
    const input = /** @type {HTMLInputElement} */ (this.querySelector(".calendar-new input"));
    input.select();
    await navigator.clipboard?.writeText(input.value).then(() => { this.copied = true; }, () => {});
  }

  /** @param {import("./api.js").Place | null} place */
  #make(place) {
    return this.#do(async () => {
      this.made = await api.link(place);
      this.copied = false;
    });
  }

  /** @param {() => Promise<unknown>} deed */
  async #do(deed) {
    this.trouble = await deed().then(() => "", (error) => api.why(said(this.desk.text), error));
    await this.#look();
    if (this.made && !this.links.some((one) => one.id === this.made?.link.id)) this.made = null;
  }
}

customElements.define("lk-calendar-links", LkCalendarLinks);
