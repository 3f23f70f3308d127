/** Every recording: files, reports, whether it is what was sealed, and two runs beside each other. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { pageIcon } from "../signs.js";
import { labsOf } from "../labs.js";
import * as api from "./api.js";
import { sayer, stageWord } from "./words.js";
import { LEASES, SHAPE } from "../store.js";
import { styled } from "../styled.js";
import "./comparison.js";
import "./files.js";

const ASK_EVERY_MS = 5_000;
const PAIR = 2;

class LkRecordings extends DeskElement {
  static properties = { found: { state: true }, failed: { state: true }, chosen: { state: true }, verdicts: { state: true }, room: { state: true }, day: { state: true }, pdf: { state: true }, saving: { state: true } };

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #asking;

  constructor() {
    super();
    /** @type {wire.Recording[] | null} */
    this.found = null;
    this.failed = false;
    /** Ids of those to compare, in the order they were chosen. @type {string[]} */
    this.chosen = [];
    /** @type {Record<string, string>} */
    this.verdicts = {};
    this.room = "";
    this.day = "";
    /** Whether the hub makes PDFs; null until it has said. @type {boolean | null} */
    this.pdf = null;
    this.saving = false;
  }

  watched() {
    return [LEASES, SHAPE];
  }

  connectedCallback() {
    super.connectedCallback();
    void this.#ask();
    void api.makesPdfs().then((pdf) => { this.pdf = pdf; });
    this.#asking = setInterval(() => void this.#ask(), ASK_EVERY_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#asking);
  }

  async #ask() {
    const found = await api.list().catch(() => null);
    this.failed = found === null;
    if (found) this.found = found;
  }

  render() {
    const { text } = this.desk;
    const say = sayer(text);
    const pair = this.chosen.map((id) => this.found?.find((one) => one.id === id)).filter((one) => one !== undefined);
    return html`
      <section class="recordings" aria-labelledby="recordings-title">
        <header>
          <a class="round" href="#/" aria-label=${text.t("chart.back")}>${pageIcon("back")}</a>
          <h2 id="recordings-title">${say("record.all")}</h2>
        </header>
        ${this.failed ? html`<p role="status">${say("record.failed")}</p>` : nothing}
        ${this.#list(say)}
        ${pair.length === PAIR ? html`<lk-comparison .desk=${this.desk} .one=${pair[0]} .other=${pair[1]}></lk-comparison>` : nothing}
        ${this.#report(say)}
      </section>`;
  }

  /** @param {import("./words.js").Say} say */
  #list(say) {
    if (!this.found) return html`<p class="quiet" role="status">${say("record.looking")}</p>`;
    if (this.found.length === 0) return html`<p class="quiet">${say("record.none")}</p>`;
    return html`
      <p class="quiet small">${say("record.compare_hint")}</p>
      <ul class="recordings-list">${this.found.map((one) => html`<li class="card">${this.#one(one, say)}</li>`)}</ul>`;
  }

  /** @param {wire.Recording} one @param {import("./words.js").Say} say */
  #one(one, say) {
    const { store, text } = this.desk;
    const lab = labsOf(store).find((view) => view.school === one.school && view.lab === one.lab);
    const end_ms = one.stopped_ms ?? store.now();
    const samples = one.samples === null ? "" : ` · ${say("record.count", { count: text.count(one.samples) })}`;
    const name = one.title || say("record.untitled");
    return html`
      <label class="recording-pick"><input type="checkbox" .checked=${this.chosen.includes(one.id)} aria-label=${say("record.pick", { of: name })} @change=${() => this.#choose(one.id)}>
        <span class="recordings-said"><strong>${name}</strong>
          <span class="quiet small">${text.title(lab?.title, one.lab)} · ${text.moment(one.started_ms)} · ${api.length(end_ms - one.started_ms)}${samples} · ${store.who(one.by)}</span></span></label>
      <span class="recordings-stage is-${one.stage}">${icon(one.stage === "sealed" ? "check" : one.stage === "running" ? "on" : "waiting")}${stageWord(text, one.stage)}</span>
      <div class="recordings-files">
        <lk-recording-files .desk=${this.desk} .recording=${one}></lk-recording-files>
        ${one.stage === "stopped" && one.mine ? html`<button class="segment" @click=${() => this.#act(one, () => api.seal(one.id))}>${say("record.seal")}</button>` : nothing}
        ${one.stage === "sealed" ? html`<button class="segment" @click=${() => this.#verify(one, say)}>${say("record.verify")}</button>` : nothing}
      </div>
      <p class="recordings-verdict small" role="status">${this.verdicts[one.id] ?? ""}</p>`;
  }

  /** @param {string} id */
  #choose(id) {
    const others = this.chosen.filter((one) => one !== id);
    this.chosen = others.length < this.chosen.length ? others : [...others, id].slice(-PAIR);
  }

  /** @param {wire.Recording} one @param {() => Promise<unknown>} deed */
  async #act(one, deed) {
    const say = sayer(this.desk.text);
    const told = await deed().then(() => "", () => say("record.refused"));
    this.verdicts = { ...this.verdicts, [one.id]: told };
    await this.#ask();
  }

  /** @param {wire.Recording} one @param {import("./words.js").Say} say */
  async #verify(one, say) {
    this.verdicts = { ...this.verdicts, [one.id]: say("record.verifying") };
    const verdict = await api.verify(one.id).catch(() => null);
    const told = verdict === null ? say("record.refused") : verdict.holds ? say("record.holds") : say("record.broken", { rows: verdict.rows, now: verdict.rows_now });
    this.verdicts = { ...this.verdicts, [one.id]: told };
  }

  /** @param {import("./words.js").Say} say */
  #report(say) {
    const { text, store } = this.desk;
    const labs = labsOf(store).filter((lab) => lab.lab);
    const lab = labs.find((one) => one.key === this.room) ?? labs.at(0);
    if (!lab) return nothing;
    const day = this.day || dayOf(store.now());
    const open = (/** @type {"day" | "week"} */ span, /** @type {string} */ word) => html`<a class="do" href=${api.reportPage({ school: lab.school, lab: lab.lab, day, span })}>${word}</a>`;
    const keep = (/** @type {"day" | "week"} */ span, /** @type {string} */ word) => html`<a class="do" download href=${api.roomReport(lab, day, span, text, ".pdf")} @click=${() => { this.saving = true; }}>${pageIcon("download")}${say("record.as_pdf", { what: word })}</a>`;
    return html`
      <section class="card recordings-room" aria-labelledby="room-report">
        <h3 id="room-report">${say("record.room_report")}</h3>
        <div class="recording-form">
          <label>${text.t("bar.lab")}<select @change=${(/** @type {Event} */ event) => { this.room = /** @type {HTMLSelectElement} */ (event.target).value; }}>
            ${labs.map((one) => html`<option value=${one.key} ?selected=${one.key === lab.key}>${text.title(one.title, one.lab)}</option>`)}</select></label>
          <label>${say("record.day")}<input type="date" .value=${day} @change=${(/** @type {Event} */ event) => { this.day = /** @type {HTMLInputElement} */ (event.target).value; }}></label>
          ${open("day", say("record.day_report"))} ${open("week", say("record.week_report"))}
          ${this.pdf ? html`${keep("day", say("record.day_report"))} ${keep("week", say("record.week_report"))}` : nothing}
        </div>
        <p class="quiet small" role="status">${this.saving ? say("report.saving") : nothing}</p>
        ${this.pdf === false ? html`<p class="quiet small">${say("record.pdf_hint")}</p>` : nothing}
      </section>`;
  }
}

/** The day of a time where the reader is, as date inputs write it. @param {number} time_ms */
const dayOf = (time_ms) => new Date(time_ms - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 10);

await styled("recordings/recordings");
customElements.define("lk-recordings", LkRecordings);
