/** A lab's scenes, one press each, for whoever has the lab; and what the last action came to, with ten seconds to undo it. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { lessonOf } from "../labs.js";
import { act, at, countWords, post, said, scenesOf } from "./api.js";
import { ASKED, LEASES, LINK, TICK, WORDS } from "../store.js";
import { styled } from "../styled.js";

const SHOWN_MS = 10_000;
const UNDO = "/api/v1/actions";

/** What an action came to: null, if nobody could be asked. `undo` brings back what was. @typedef {{title: string, count: wire.Count | null, undo: wire.Wish[], until_ms: number}} Result */

class LkScenes extends DeskElement {
  static properties = { lab: { attribute: false }, scenes: { state: true }, running: { state: true }, result: { state: true } };

  #of = "";
  #lastSeen = "";

  constructor() {
    super();
    this.lab = /** @type {import("../labs.js").LabView} */ (/** @type {unknown} */ (undefined)); // set by the lab
    /** @type {wire.Scene[]} */
    this.scenes = [];
    this.running = "";
    /** @type {Result | null} */
    this.result = null;
  }

  watched() {
    return [ASKED, LEASES, LINK, TICK, WORDS];
  }

  connectedCallback() {
    super.connectedCallback();
    this.closest("lk-lab")?.addEventListener("acted", this.#heard);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.closest("lk-lab")?.removeEventListener("acted", this.#heard);
  }

  willUpdate() {
    if (this.lab.key !== this.#of) {
      this.#of = this.lab.key;
      void scenesOf(this.lab).then((found) => { this.scenes = found; });
    }
    this.#followLesson();
  }

  /** The opening and the closing scene run in the hub: what they came to is told with the lesson. */
  #followLesson() {
    const last = lessonOf(this.desk.store, this.lab)?.last ?? null;
    const told = JSON.stringify(last);
    if (last && told !== this.#lastSeen) this.#show("", last, []);
    this.#lastSeen = told;
  }

  /** Its own, or that of the scene, which may be known only later. @param {Result} result */
  #title({ title, count }) {
    const scene = this.scenes.find((one) => one.name === count?.scene);
    return title || (scene ? this.desk.text.title(scene.title, scene.name) : "");
  }

  /** @param {string} title @param {wire.Count | null} count @param {wire.Wish[]} undo */
  #show(title, count, undo) {
    this.result = { title, count, undo, until_ms: this.desk.store.now() + SHOWN_MS };
  }

  #heard = (/** @type {Event} */ event) => {
    const { title, outcome } = /** @type {CustomEvent<{title: string, outcome: wire.Outcome | null}>} */ (event).detail;
    this.#show(title, outcome, outcome?.undo ?? []);
  };

  render() {
    const words = said(this.desk.text);
    const lesson = lessonOf(this.desk.store, this.lab);
    const ending = lesson?.phase === "ending";
    return html`
      <div class="scenes" role="group" aria-label=${words.t("lessons.scenes")}>
        ${this.scenes.map((scene) => this.#button(scene, ending))}
      </div>
      <div class="result-place" role="status">${ending ? this.#ending(words, lesson) : this.#result(words)}</div>`;
  }

  /** @param {wire.Scene} scene @param {boolean} ending */
  #button(scene, ending) {
    const busy = this.running === scene.name;
    const off = ending || this.running !== "" || scene.wishes.length === 0 || this.desk.store.link !== "up";
    return html`<button class="segment" aria-busy=${busy} ?disabled=${off} @click=${() => this.#run(scene)}>${this.desk.text.title(scene.title, scene.name)}</button>`;
  }

  /** @param {wire.Scene} scene */
  async #run(scene) {
    this.running = scene.name;
    const outcome = await act(at(this.lab, `/scenes/${scene.name}`));
    this.running = "";
    this.#show(this.desk.text.title(scene.title, scene.name), outcome, outcome?.undo ?? []);
  }

  /** @param {import("../text.js").Text} words @param {wire.Lesson} lesson */
  #ending(words, lesson) {
    const { store } = this.desk;
    const left = Math.max(0, Math.ceil(((lesson.ending_ms ?? 0) - store.now()) / 1_000));
    const undo = () => post(at(this.lab, "/lesson/undo"));
    return html`<div class="result">${icon("clock")}<p><strong>${words.t("lessons.ending", { left })}</strong> ${lesson.last ? countWords(this.desk, lesson.last) : nothing}</p>
      ${lesson.teacher === store.person ? html`<button class="do" @click=${undo}>${words.t("lessons.undo")}</button>` : nothing}</div>`;
  }

  /** What is all confirmed goes by itself; what is not stays until somebody has seen it. @param {import("../text.js").Text} words */
  #result(words) {
    const { result } = this;
    if (!result) return nothing;
    const { count } = result;
    const over = this.desk.store.now() >= result.until_ms;
    const whole = count !== null && count.missed.length === 0;
    if (over && whole) return nothing;
    const close = () => { this.result = null; };
    return html`<div class="result ${whole ? "" : "warn"}">${icon(whole ? "check" : "warning")}
      <p><strong>${this.#title(result)}</strong> ${count ? countWords(this.desk, count) : words.t("lessons.refused")}</p>
      ${!over && result.undo.length ? html`<button class="do" @click=${() => this.#undo(result)}>${words.t("lessons.undo")}</button>` : nothing}
      <button class="round" aria-label=${words.t("lessons.close")} @click=${close}>${icon("close")}</button></div>`;
  }

  /** @param {Result} result */
  async #undo(result) {
    this.result = null;
    const outcome = await act(UNDO, { wishes: result.undo });
    this.#show(said(this.desk.text).t("lessons.undone", { title: this.#title(result) }), outcome, []);
  }
}

await styled("lessons/lessons");
customElements.define("lk-scenes", LkScenes);
