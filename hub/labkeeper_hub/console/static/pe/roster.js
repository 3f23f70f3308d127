/** Who is in a class: numbers, consents, caps. There is no field for a name or for a reason. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import * as api from "./api.js";

/** @typedef {import("./api.js").Roster} Roster */
/** @typedef {import("./api.js").Band} Band */

const OLDEST_WITH_GUARDIAN = 13;

class LkPeRoster extends DeskElement {
  static properties = { words: { attribute: false }, place: { attribute: false }, roster: { attribute: false }, draft: { state: true }, said: { state: true } };

  constructor() {
    super();
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined));
    this.place = /** @type {import("./api.js").Place} */ (/** @type {unknown} */ (undefined));
    /** @type {Roster | null} */
    this.roster = null;
    /** @type {Roster} */
    this.draft = { code: "", years: 10, bands: [] };
    this.said = "";
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("roster")) this.draft = this.roster ? structuredClone(this.roster) : { code: "", years: 10, bands: [] };
  }

  render() {
    const { words, draft } = this;
    return html`
      <form class="pe-roster" @submit=${this.#save}>
        <div class="pe-fields">
          <label>${words.t("pe.code")}<input name="code" required pattern="[0-9A-Za-z\\-]{1,12}" maxlength="12" ?readonly=${this.roster !== null} .value=${draft.code} @input=${(/** @type {Event} */ event) => this.#put({ code: valueOf(event) })}></label>
          <label>${words.t("pe.years")}<input type="number" min="5" max="20" required .value=${String(draft.years)} @change=${(/** @type {Event} */ event) => this.#put({ years: Number(valueOf(event)) })}></label>
          <label>${words.t("pe.how_many")}<input type="number" min="0" max="120" .value=${String(draft.bands.length)} @change=${(/** @type {Event} */ event) => this.#fill(Number(valueOf(event)))}></label>
        </div>
        <p class="quiet small">${words.t(draft.years <= OLDEST_WITH_GUARDIAN ? "pe.guardian_only" : "pe.pupil_too")} ${words.t("pe.cap_hint")}</p>
        <ul class="pe-entries">${draft.bands.map((band, at) => this.#band(band, at))}</ul>
        <div class="pe-fields"><button class="primary">${words.t("pe.save")}</button>
          ${this.roster ? html`<button type="button" class="do" @click=${this.#remove}>${icon("close")}${words.t("pe.remove")}</button>` : nothing}
          <p role="status">${this.said}</p></div>
      </form>`;
  }

  /** @param {Band} band @param {number} at */
  #band(band, at) {
    const { words } = this;
    const options = ["", "guardian", ...(this.draft.years > OLDEST_WITH_GUARDIAN ? ["pupil"] : [])];
    return html`<li><b>${band.number}</b>
      <select aria-label=${words.t("pe.consent_of", { number: band.number })} @change=${(/** @type {Event} */ event) => this.#change(at, { consent_by: /** @type {Band["consent_by"]} */ (valueOf(event) || null) })}>
        ${options.map((by) => html`<option value=${by} ?selected=${(band.consent_by ?? "") === by}>${words.t(`pe.consent.${by || "none"}`)}</option>`)}</select>
      <input type="number" min="80" max="220" placeholder=${words.t("pe.cap")} aria-label=${words.t("pe.cap_of", { number: band.number })} .value=${band.cap === null ? "" : String(band.cap)} @change=${(/** @type {Event} */ event) => this.#change(at, { cap: Number(valueOf(event)) || null })}></li>`;
  }

  /** @param {Partial<Roster>} part */
  #put(part) {
    this.draft = { ...this.draft, ...part };
  }

  /** @param {number} at @param {Partial<Band>} part */
  #change(at, part) {
    this.#put({ bands: this.draft.bands.map((band, index) => (index === at ? { ...band, ...part } : band)) });
  }

  /** As many bands as there are, numbered from 1 where there are more. @param {number} many */
  #fill(many) {
    const bands = this.draft.bands.slice(0, many);
    const free = Array.from({ length: 120 }, (_, at) => at + 1).filter((number) => !bands.some((band) => band.number === number));
    while (bands.length < many) bands.push({ number: /** @type {number} */ (free.shift()), consent_by: null, cap: null });
    this.#put({ bands });
  }

  /** @param {SubmitEvent} event */
  async #save(event) {
    event.preventDefault();
    await this.#do(() => api.write(this.place, this.draft), "pe.saved");
  }

  async #remove() {
    await this.#do(() => api.remove(this.place, this.draft.code), "pe.removed");
  }

  /** @param {() => Promise<unknown>} deed @param {string} done */
  async #do(deed, done) {
    this.said = await deed().then(() => this.words.t(done), (error) => this.words.word("pe", `refused.${error.message}`) ?? this.words.t("pe.refused"));
    this.dispatchEvent(new CustomEvent("changed"));
  }
}

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLInputElement} */ (event.target).value;

customElements.define("lk-pe-roster", LkPeRoster);
