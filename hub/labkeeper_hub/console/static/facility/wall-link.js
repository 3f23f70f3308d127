/** The sheet that brings a lab to its projector: here with one's account, or anywhere by a link that can be taken back. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { openSheet } from "../sheet/sheet.js";

class LkWallLink extends DeskElement {
  static properties = { lab: { attribute: false }, words: { attribute: false }, standing: { state: true }, link: { state: true }, trouble: { state: true }, copied: { state: true } };

  constructor() {
    super();
    this.lab = /** @type {import("../labs.js").LabView} */ (/** @type {unknown} */ (undefined)); // set by the page
    this.words = /** @type {import("../text.js").Text} */ (/** @type {unknown} */ (undefined));
    /** @type {{open: boolean, made_ms: number | null} | null} */
    this.standing = null;
    this.link = "";
    this.trouble = false;
    this.copied = false;
  }

  firstUpdated() {
    openSheet(this.#dialog);
    if (this.desk.store.may("lease")) void this.#look();
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
  }

  /** @param {string} method */
  async #ask(method) {
    const { school, lab } = this.lab;
    const answer = await fetch(`/api/v1/labs/${encodeURIComponent(school)}/${encodeURIComponent(lab)}/wall-link`, { method }).catch(() => null);
    this.trouble = !answer?.ok;
    return answer?.ok ? answer : null;
  }

  async #look() {
    const answer = await this.#ask("GET");
    if (answer) this.standing = await answer.json();
  }

  async #open() {
    const answer = await this.#ask("POST");
    if (!answer) return;
    this.link = (await answer.json()).link;
    this.copied = false;
    await this.#look();
  }

  async #close() {
    if (!(await this.#ask("DELETE"))) return;
    this.link = "";
    await this.#look();
  }

  /** Browsers let a page copy over https only; elsewhere the text is there to be marked. */
  async #copy() {
    await navigator.clipboard.writeText(this.link).then(() => { this.copied = true; }, () => {});
  }

  render() {
    const { words, lab, desk: { text, store } } = this;
    const name = text.title(lab.title, lab.lab);
    return html`
      <dialog class="sheet wall-link" aria-label=${words.t("facility.project_lab", { lab: name })} @close=${() => this.dispatchEvent(new Event("closed"))}><div>
        <header><h3>${words.t("facility.project_lab", { lab: name })}</h3>
          <button class="round" aria-label=${words.t("facility.close")} @click=${() => this.#dialog.close()}>${icon("close")}</button></header>
        <p><a class="do" target="_blank" rel="noopener" href=${`/wall#/${encodeURIComponent(lab.school)}/${encodeURIComponent(lab.lab)}`}>${words.t("facility.here")}</a></p>
        ${store.may("lease") ? this.#links() : nothing}
        <p role="status" class="wall-link-trouble">${this.trouble ? words.t("facility.failed") : nothing}</p>
      </div></dialog>`;
  }

  #links() {
    const { words, standing, desk: { text } } = this;
    const made = standing?.open && standing.made_ms !== null ? words.t("facility.link_since", { time: text.moment(standing.made_ms) }) : words.t("facility.no_link");
    return html`
      <p>${words.t("facility.link_what")}</p>
      <p class="quiet" role="status">${standing ? made : nothing}</p>
      ${this.link ? html`<p class="wall-link-address"><code>${this.link}</code></p>` : nothing}
      <footer>
        ${this.link && window.isSecureContext ? html`<button class="do" @click=${this.#copy}>${words.t(this.copied ? "facility.copied" : "facility.copy")}</button>` : nothing}
        <button class="do" @click=${this.#open}>${words.t(standing?.open ? "facility.link_anew" : "facility.link")}</button>
        <button class="plain" ?disabled=${!standing?.open} @click=${this.#close}>${words.t("facility.take_back")}</button>
      </footer>`;
  }
}

customElements.define("lk-wall-link", LkWallLink);
