/** On the account's page: linking the school's own account to it, and taking that back. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { ask } from "../people/api.js";
import { WORDS } from "../store.js";
import { offered, said, takeEnd, whyNot } from "./words.js";

class LkSchoolAccount extends DeskElement {
  static properties = { linked: { type: Boolean }, offer: { state: true }, asks: { state: true }, why: { state: true }, done: { state: true } };

  constructor() {
    super();
    this.linked = false;
    /** @type {import("./words.js").Offer | null} */
    this.offer = null;
    /** Whether the password is asked for: one has been signed in for a while. */
    this.asks = false;
    this.why = "";
    this.done = "";
  }

  watched() {
    return [WORDS];
  }

  connectedCallback() {
    super.connectedCallback();
    const end = takeEnd();
    if (end === "linked") this.done = "school.is_linked";
    else this.why = end ?? "";
    void offered().then((offer) => { this.offer = offer; });
  }

  render() {
    const { text } = this.desk;
    if (!this.offer && !this.linked) return nothing;
    const t = said(text);
    return html`
      <form class="people-part" @submit=${this.#submit}>
        <h4>${t.t("school.account")}</h4>
        <p role="status" class="people-said">${this.done ? t.t(this.done) : nothing}</p>
        <p role="status" class="people-said warn">${this.why ? whyNot(text, this.why) : nothing}</p>
        <p class=${this.linked ? "" : "quiet"}>${this.linked ? html`${icon("check")} ` : nothing}${t.t(this.linked ? "school.on" : "school.off")}</p>
        ${this.asks ? html`<label>${t.t("school.password")}<input name="password" type="password" autocomplete="current-password" required></label>` : nothing}
        <button class="do">${t.t(this.linked ? "school.unlink" : "school.link")}</button>
      </form>`;
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const typed = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target)));
    const asked = await ask("POST", this.linked ? "account/school-account/off" : "account/school-account", typed);
    this.why = asked.ok ? "" : asked.code;
    this.done = asked.ok && this.linked ? "school.is_unlinked" : "";
    this.asks = !asked.ok && (this.asks || asked.code === "password_needed");
    if (asked.ok && !this.linked) location.assign(asked.body.address);
    else if (asked.ok) this.dispatchEvent(new Event("changed"));
  }
}

customElements.define("lk-school-account", LkSchoolAccount);
