/** Recording a lab: what to record, how long it has run and how much there is, markers, a live chart, the end. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { deviceKey } from "../keys.js";
import { benchesOf, devicesOf } from "../labs.js";
import { aboutOf, all, usual } from "./about.js";
import * as api from "./api.js";
import { sayer, stageWord, whyWord } from "./words.js";
import { LEASES, LINK, SHAPE, TICK } from "../store.js";
import { styled } from "../styled.js";
import "./chart.js";
import "./files.js";
import "./points.js";

const ASK_EVERY_MS = 2_000;
const OF_LESSON = "l-"; // a lesson's record runs beside whatever people record
const rates = /** @type {const} */ ([[null, "record.rate_all"], [1_000, "record.rate_1s"], [10_000, "record.rate_10s"], [60_000, "record.rate_1min"]]);

class LkRecording extends DeskElement {
  static properties = {
    lab: { attribute: false }, pressed: { attribute: false }, current: { state: true }, chosen: { state: true }, trouble: { state: true }, busy: { state: true }, looking: { state: true }, folded: { state: true }, afar: { state: true },
  };

  #sight = new IntersectionObserver(([seen]) => { this.afar = !seen.isIntersecting && !this.closest("[hidden]"); }, { rootMargin: "-64px 0px 0px" }); // below the bar
  #asked_ms = -Infinity;
  #of = "";

  constructor() {
    super();
    /** @type {import("../labs.js").LabView | null} */
    this.lab = null;
    /** What somebody pressed last among the lab's cards. @type {Element | null} */
    this.pressed = null;
    /** What runs, or what has just ended. @type {wire.Recording | null} */
    this.current = null;
    /** Addresses of points; null: nobody has chosen yet. @type {ReadonlySet<string> | null} */
    this.chosen = null;
    /** @type {import("./about.js").About | null} */
    this.about = null;
    this.trouble = "";
    this.busy = false;
    this.looking = true;
    /** One line instead of the panel: it runs on. */
    this.folded = false;
    /** What runs is out of sight: whoever drives a device far below marks all the same. */
    this.afar = false;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#sight.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#sight.disconnect();
  }

  watched() {
    return [LEASES, LINK, SHAPE, TICK];
  }

  willUpdate() {
    if (this.lab && this.lab.key !== this.#of) {
      this.#of = this.lab.key;
      this.current = null;
      this.chosen = null;
      this.about = aboutOf(this.pressed); // as it was when the panel was opened: nothing moves under a finger
      void this.#look();
    } else if (this.current && this.current.stage !== "sealed" && performance.now() - this.#asked_ms > ASK_EVERY_MS) void this.#ask();
  }

  /** Whatever people record in this lab, whoever began it. */
  async #look() {
    const lab = this.lab;
    this.looking = true;
    const found = lab ? await api.list(lab).catch(() => []) : [];
    if (lab !== this.lab) return;
    const running = found.filter((one) => one.stage === "running" && !one.id.startsWith(OF_LESSON));
    this.current = running.find((one) => one.mine) ?? running[0] ?? null;
    this.looking = false;
  }

  async #ask() {
    this.#asked_ms = performance.now();
    const id = this.current?.id ?? "";
    const found = await api.get(id).catch(() => null);
    if (found && this.current?.id === id) this.current = found;
  }

  /** @param {() => Promise<wire.Recording>} deed */
  async #do(deed) {
    this.busy = true;
    try {
      this.current = await deed();
      this.#asked_ms = performance.now();
      this.trouble = "";
    } catch (error) {
      this.trouble = error instanceof api.Refused ? error.code : "unreachable";
    }
    this.busy = false;
  }

  render() {
    const say = sayer(this.desk.text);
    const { current } = this;
    const runs = current?.stage === "running" && current.mine ? current : null;
    if (runs && this.folded) return html`<div class="recording-line card">${this.#line(runs, say)}</div>${this.#trouble(say)}`;
    return html`
      <section class="recording card" aria-labelledby="recording-title">
        <header>
          <h2 id="recording-title">${current ? current.title || say("record.untitled") : say("record.title")}</h2>
          <a class="do" href="#/recordings">${say("record.all")}</a>
          <button class="round" aria-label=${say("record.close")} title=${say("record.close")} @click=${() => this.#close(runs !== null)}>${icon("close")}</button>
        </header>
        ${this.looking ? html`<p class="quiet" role="status">${say("record.looking")}</p>` : current ? this.#running(current, say) : this.#form(say)}
        ${this.#trouble(say)}
      </section>
      ${runs && this.afar ? html`<div class="recording-line recording-afar card">${this.#line(runs, say)}</div>` : nothing}`;
  }

  /** What is needed most of what runs. @param {wire.Recording} current @param {import("./words.js").Say} say */
  #line(current, say) {
    const { store, text } = this.desk;
    const open = () => {
      this.folded = false;
      this.scrollIntoView({ block: "start", behavior: "smooth" });
    };
    return html`
      <p><span class="recording-named">${icon("on")}${current.title || stageWord(text, "running")}</span>
        <span class="quiet small">${api.length(store.now() - current.started_ms)} · ${say("record.marked", { count: text.count(current.marks.length) })}</span></p>
      <button class="do" ?disabled=${this.#idle} @click=${() => this.#do(() => api.mark(current.id, "", store.now()))}>${say("record.mark")}</button>
      <button class="do" @click=${open}>${say("record.open")}</button>`;
  }

  /** @param {import("./words.js").Say} say */
  #trouble(say) {
    return html`<p class="recording-trouble" role="status">${this.trouble ? html`${icon("warning")}${say("record.trouble", { why: whyWord(this.desk.text, this.trouble) })}` : nothing}</p>`;
  }

  /** Nothing can be asked of a hub that is away. */
  get #idle() {
    return this.busy || this.desk.store.link !== "up";
  }

  /** What runs is not put out of sight. @param {boolean} runs */
  #close(runs) {
    if (runs) this.folded = true;
    else this.dispatchEvent(new CustomEvent("closed", { bubbles: true }));
  }

  // --- before -------------------------------------------------------------------------------------------------------
  /** As the lab's page has them; what was pressed last comes first. */
  get #devices() {
    const devices = this.lab ? benchesOf(devicesOf(this.desk.store, this.lab)).flatMap((bench) => bench.devices) : [];
    const of = devices.find((device) => deviceKey(device) === this.about?.device);
    return of ? [of, ...devices.filter((device) => device !== of)] : devices;
  }

  /** What is recorded unless somebody chooses: what is measured and what is driven. */
  get #picked() {
    return this.chosen ?? new Set(usual(this.#devices));
  }

  /** @param {import("./words.js").Say} say */
  #form(say) {
    const picked = this.#picked;
    const devices = this.#devices;
    const about = devices.find((device) => deviceKey(device) === this.about?.device && usual([device]).length > 0);
    return html`
      <form class="recording-form" @submit=${this.#start}>
        <label>${say("record.name")}<input name="title" maxlength="200" autocomplete="off" placeholder=${say("record.name_hint")}></label>
        <label>${say("record.rate")}<select name="rate">${rates.map(([every_ms, word]) => html`<option value=${every_ms ?? ""}>${say(word)}</option>`)}</select></label>
        <button class="primary" ?disabled=${this.#idle || picked.size === 0}>${icon("on")} ${say("record.start")}</button>
      </form>
      <lk-recording-points .desk=${this.desk} .devices=${devices} .picked=${picked} .about=${about} @picked=${(/** @type {CustomEvent<ReadonlySet<string>>} */ event) => { this.chosen = event.detail; }}></lk-recording-points>
      <p class="quiet small">${say("record.meaning")}</p>`;
  }

  /** @param {SubmitEvent} event */
  #start(event) {
    event.preventDefault();
    const { lab } = this;
    const said = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const every_ms = Number(said.get("rate")) || null;
    if (lab) void this.#do(() => api.start({ school: lab.school, lab: lab.lab, title: String(said.get("title") ?? ""), points: this.#inOrder, every_ms }));
  }

  /** As they stand on the page, whatever the order of the presses. */
  get #inOrder() {
    const picked = this.#picked;
    return all(this.#devices).filter((one) => picked.has(one));
  }

  // --- while it runs, and after -------------------------------------------------------------------------------------
  /** @param {wire.Recording} current @param {import("./words.js").Say} say */
  #running(current, say) {
    const { store, text } = this.desk;
    const runs = current.stage === "running";
    const end_ms = current.stopped_ms ?? store.now();
    const facts = [
      [say("record.elapsed"), api.length(end_ms - current.started_ms)], [say("record.samples"), current.samples === null ? "—" : text.count(current.samples)],
      [say("record.marks"), text.count(current.marks.length)], [say("record.stage"), stageWord(text, current.stage)],
    ];
    return html`
      <dl class="recording-facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      ${!runs ? this.#after(current, say) : current.mine ? this.#controls(current, say) : html`<p class="quiet">${say("record.others", { by: store.who(current.by) })}</p><button class="do" @click=${() => { this.current = null; }}>${say("record.own")}</button>`}
      <lk-recording-chart .desk=${this.desk} .recording=${current} .about=${this.about}></lk-recording-chart>
      ${current.marks.length ? html`<ol class="recording-marks" aria-label=${say("record.marks")}>${current.marks.map((one) => html`<li><span class="quiet">${api.length(one.time_ms - current.started_ms)}</span> ${one.text || say("record.unnamed")}</li>`)}</ol>` : nothing}`;
  }

  /** @param {wire.Recording} current @param {import("./words.js").Say} say */
  #controls(current, say) {
    return html`
      <form class="recording-form" @submit=${(/** @type {SubmitEvent} */ event) => this.#mark(event, current)}>
        <label>${say("record.mark_words")}<input name="words" maxlength="200" autocomplete="off"></label>
        <button class="do" ?disabled=${this.#idle}>${say("record.mark")}</button>
        <button class="primary" type="button" ?disabled=${this.#idle} @click=${() => this.#do(() => api.stop(current.id))}>${say("record.stop")}</button>
      </form>`;
  }

  /** The moment is that of the press, whatever the way to the hub takes. @param {SubmitEvent} event @param {wire.Recording} current */
  #mark(event, current) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const words = String(new FormData(form).get("words") ?? "");
    const now_ms = this.desk.store.now();
    form.reset();
    void this.#do(() => api.mark(current.id, words, now_ms));
  }

  /** @param {wire.Recording} current @param {import("./words.js").Say} say */
  #after(current, say) {
    const again = () => { this.current = null; };
    return html`
      <div class="recording-after">
        <lk-recording-files .desk=${this.desk} .recording=${current}></lk-recording-files>
        <button class="do" @click=${again}>${say("record.again")}</button>
      </div>
      ${current.stage === "stopped" ? html`<p class="quiet small" role="status">${say("record.settling")}</p>` : nothing}`;
  }
}

await styled("recordings/recordings");
customElements.define("lk-recording", LkRecording);
