/** Who may do what in the labs one manages. Asked for when somebody opens it: each look is on record. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { grantWords } from "../people/words.js";
import { SHAPE, WORDS } from "../store.js";

class LkFacilityStaff extends DeskElement {
  static properties = { words: { attribute: false }, staff: { state: true }, failed: { state: true } };

  constructor() {
    super();
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined)); // set by the page
    /** @type {wire.Staff[] | null} */
    this.staff = null;
    this.failed = false;
  }

  connectedCallback() {
    super.connectedCallback();
    void this.#ask();
  }

  watched() {
    return [SHAPE, WORDS];
  }

  async #ask() {
    const answer = await fetch("/api/v1/staff").catch(() => null);
    this.failed = !answer?.ok;
    if (answer?.ok) this.staff = (await answer.json()).staff;
  }

  render() {
    const { words, staff } = this;
    if (this.failed) return html`<p class="warn" role="status">${words.t("facility.unread")}</p>`;
    if (!staff) return nothing;
    if (staff.length === 0) return html`<p class="quiet">${words.t("facility.nobody")}</p>`;
    return html`<ul>${staff.map(({ name, title, grants }) => html`<li><strong>${title || name}</strong>
      <span>${grants.map((one) => html`<span>${grantWords(this.desk, one)}</span>`)}</span></li>`)}</ul>`;
  }
}

customElements.define("lk-facility-staff", LkFacilityStaff);
