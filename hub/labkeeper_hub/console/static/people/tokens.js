/** Tokens for programs: what each may do and where, until when; made, shown once, revoked. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { labsOf } from "../labs.js";
import { ask } from "./api.js";
import { actionWord, said, whyNot } from "./words.js";
import { SHAPE, WORDS } from "../store.js";

const TERMS = [7, 30, 90, 365];

/** What the hub gives no program, whatever its token says, and what each has. */
const NOT_FOR_PROGRAMS = new Set(["be_signed_in", "teach_pe", "read_staff"]);

class LkTokens extends DeskElement {
  static properties = { tokens: { state: true }, fresh: { state: true }, trouble: { state: true } };

  constructor() {
    super();
    /** @type {import("./api.js").Token[]} */
    this.tokens = [];
    /** The text of a new token, until it has been put away. */
    this.fresh = "";
    this.trouble = "";
  }

  watched() {
    return [SHAPE, WORDS];
  }

  connectedCallback() {
    super.connectedCallback();
    void this.#look();
  }

  async #look() {
    const found = await ask("GET", "account/tokens");
    if (found.ok) this.tokens = found.body.tokens;
  }

  render() {
    const { text } = this.desk;
    const t = said(text);
    return html`
      <section class="card people-card" aria-labelledby="tokens-title">
        <h3 id="tokens-title">${t.t("people.tokens")}</h3>
        <p class="quiet">${t.t("people.tokens_what")}</p>
        <p role="status" class="people-said warn">${this.trouble ? whyNot(text, this.trouble) : nothing}</p>
        <div role="status">${this.fresh ? html`<p>${t.t("people.token_once")}</p><p class="people-secret"><code>${this.fresh}</code></p>` : nothing}</div>
        <ul class="people-list">${this.tokens.map((one) => this.#token(t, one))}</ul>
        <details class="people-part"><summary>${t.t("people.token_new")}</summary>${this.#form(t)}</details>
      </section>`;
  }

  /** @param {import("../text.js").Text} t @param {import("./api.js").Token} one */
  #token(t, one) {
    const { text } = this.desk;
    const used = one.used_ms === null ? t.t("people.token_unused") : t.t("people.token_used", { time: text.moment(one.used_ms) });
    const where = one.labs.map(({ lab }) => lab).join(", ") || t.t("people.token_everywhere");
    return html`
      <li class="people-item"><div><strong>${one.title}</strong> <span class="quiet">${one.id}</span>
        <p>${one.actions.map((action) => actionWord(text, action)).join(" · ")}</p>
        <p class="quiet small">${where} · ${t.t("people.until", { time: text.moment(one.expires_ms) })} · ${used}</p></div>
        <button class="do" aria-label=${t.t("people.revoke_of", { of: one.title })} @click=${() => this.#revoke(one.id)}>${t.t("people.revoke")}</button></li>`;
  }

  /** @param {import("../text.js").Text} t */
  #form(t) {
    const { text, store } = this.desk;
    const actions = store.actions.filter((action) => !NOT_FOR_PROGRAMS.has(action));
    return html`
      <form @submit=${this.#make}>
        <label>${t.t("people.token_name")}<input name="title" maxlength="100" required></label>
        <fieldset><legend>${t.t("people.token_may")}</legend><div class="people-ticks">${actions.map((action) => this.#tick("action", action, actionWord(text, action)))}</div></fieldset>
        <fieldset><legend>${t.t("people.token_where")}</legend><div class="people-ticks">${labsOf(store).map((one) => this.#tick("lab", one.key, text.title(one.title, one.lab)))}</div></fieldset>
        <label>${t.t("people.token_days")}<select name="days">${TERMS.map((days) => html`<option value=${days} ?selected=${days === 90}>${t.t("people.days", { days })}</option>`)}</select></label>
        <button class="primary">${t.t("people.token_make")}</button>
      </form>`;
  }

  /** @param {string} name @param {string} value @param {string} word */
  #tick(name, value, word) {
    return html`<label class="people-tick"><input type="checkbox" name=${name} value=${value}><span>${word}</span></label>`;
  }

  /** @param {SubmitEvent} event */
  async #make(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const said = new FormData(form);
    const labs = labsOf(this.desk.store).filter((one) => said.getAll("lab").includes(one.key)).map(({ school, lab }) => ({ school, lab }));
    const made = await ask("POST", "account/tokens", { title: said.get("title"), actions: said.getAll("action"), labs, days: Number(said.get("days")) });
    this.trouble = made.ok ? "" : made.code;
    if (!made.ok) return;
    this.fresh = made.body.text;
    form.reset();
    await this.#look();
  }

  /** @param {string} id */
  async #revoke(id) {
    const revoked = await ask("DELETE", `account/tokens/${id}`);
    this.trouble = revoked.ok ? "" : revoked.code;
    await this.#look();
  }
}

customElements.define("lk-tokens", LkTokens);
