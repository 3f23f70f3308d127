/** On the sign-in form: the way to the school's provider, how the last visit ended, and the way out over there. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { ask } from "../people/api.js";
import { said, whyNot } from "./words.js";

const DEEP_LINK = /^#\/[\w\-.~!$&'()*+,;=:@%/?]*$/; // as the hub takes it

class LkSchoolWayIn extends DeskElement {
  static properties = { offer: { attribute: false }, end: { attribute: false }, busy: { state: true }, why: { state: true } };

  constructor() {
    super();
    this.offer = /** @type {import("./words.js").Offer} */ (/** @type {unknown} */ (undefined));
    /** How the last visit ended. @type {string | null} */
    this.end = null;
    this.busy = false;
    /** Why one could not even go there. @type {string | null} */
    this.why = null;
  }

  render() {
    const { text } = this.desk;
    const why = this.why ?? this.end;
    return html`
      <div role="status">${why ? html`<p class="reason">${icon("warning")}<span>${whyNot(text, why)} ${why === "other_address" ? html`<a href=${this.offer.hub_url}>${this.offer.hub_url}</a>` : nothing}</span></p>` : nothing}</div>
      <button type="button" class="do" ?disabled=${this.busy} @click=${this.#go}>${text.title(this.offer.title, "")}</button>
      ${this.offer.came ? html`<a class="plain" href="/api/v1/session/oidc/leave">${said(text).t("school.leave")}</a>` : nothing}
      <p class="or quiet small"><span>${said(text).t("school.or")}</span></p>`;
  }

  async #go() {
    this.busy = true;
    const asked = await ask("POST", "session/oidc", { back: DEEP_LINK.test(location.hash) ? location.hash : "#/" });
    this.busy = false;
    if (asked.ok) location.assign(asked.body.address);
    else this.why = asked.code;
  }
}

customElements.define("lk-school-way-in", LkSchoolWayIn);
