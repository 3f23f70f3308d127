/** What is stopped, who has not confirmed, and the ways to release it. Comes when something is stopped. */
import { html, nothing } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { icon } from "./icons.js";
import { deviceKey } from "./keys.js";
import { deviceName } from "./names.js";
import { calm } from "./near.js";
import { post } from "./stop.js";
import { LINK, STOPS, TICK } from "./store.js";
import { styled } from "./styled.js";
import { bothOf } from "./words.js";
import "./held.js";
import "./releasing.js";

const HOLD_MS = 1_000;
const NAMES_SHOWN = 4;
const say = await bothOf("stopped");

/** @param {KeyboardEvent} event */
const presses = ({ key }) => key === " " || key === "Enter";

/** @param {import("./text.js").Text} text */
const comma = (text) => (text.language === "zh" ? "、" : ", ");

/** What is stopped, who has not confirmed, and the way to release it: held for a second, or a tap and a second step for
 * whoever cannot hold. It lies over the page until nobody touches that, and only then takes or gives back the room it
 * needs: nothing moves under a finger.
 */
class LkStopped extends DeskElement {
  static properties = { asking: { state: true }, failed: { state: true }, holding: { state: true }, releases: { state: true } };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** The press was held to its end: the click after it means nothing. */
  #held = false;
  #known = "";

  constructor() {
    super();
    /** The latch that a tap asked to release; "": none. */
    this.asking = "";
    this.failed = false;
    this.holding = false;
    /** @type {wire.Release[]} */
    this.releases = [];
  }

  watched() {
    return [STOPS, LINK, TICK];
  }

  updated() {
    super.updated();
    const over = /** @type {HTMLElement} */ (this.firstElementChild);
    if (calm()) this.style.height = `${over.offsetHeight}px`;
  }

  /** Who may release it is asked once for each stop: it depends on who is looking. */
  willUpdate() {
    const { store } = this.desk;
    const latches = store.stops.map((stop) => stop.latch).join(" ");
    if (latches === this.#known || store.link !== "up") return;
    this.#known = latches;
    void this.#ask();
  }

  async #ask() {
    const answer = await fetch("/api/v1/stop").catch(() => null);
    if (answer?.ok) this.releases = (await answer.json()).releases;
    else this.#known = "";
  }

  render() {
    return html`<div>${this.desk.store.stops.map((stop) => this.#banner(stop))}</div>`;
  }

  /** @param {wire.Stop} stop */
  #banner(stop) {
    const { store } = this.desk;
    const text = say(this.desk.text);
    const release = this.releases.find((one) => one.latch === stop.latch);
    const count = text.t("stop.count", { confirmed: stop.confirmed, devices: stop.devices });
    return html`
      <section class="stopped" role="status" aria-label=${this.desk.text.t("stop.stopped")}>
        ${icon("halt")}
        <p><strong>${text.t("stop.by", { by: store.who(stop.by) })}</strong> ${count}${this.#missing(stop)}
          ${stop.sent ? nothing : html`<strong>${text.t("stop.not_sent")}</strong>`}
          <small>${text.t("stop.not_safety")}</small>${release && !release.yours ? html`<strong>${text.t("stop.not_yours")} ${release.ask.length > 0 ? text.t("stop.ask", { names: release.ask.join(comma(text)) }) : nothing}</strong>` : nothing}</p>
        ${release?.yours ? this.#button(stop) : nothing}
      </section>
      ${release?.yours && this.asking === stop.latch ? html`<lk-releasing .desk=${this.desk} @released=${() => this.#release(stop)} @closed=${() => { this.asking = ""; }}></lk-releasing>` : nothing}`;
  }

  /** Held it releases; tapped, or pressed by a switch or a screen reader, it says how and offers another way. @param {wire.Stop} stop */
  #button(stop) {
    const text = say(this.desk.text);
    return html`<div class="release-place">
      <button class="release ${this.holding ? "held" : ""}" @pointerdown=${() => this.#hold(stop)} @pointerup=${this.#let} @pointerleave=${this.#let} @click=${() => this.#tapped(stop)}
        @keydown=${(/** @type {KeyboardEvent} */ event) => this.#key(event, stop)} @keyup=${(/** @type {KeyboardEvent} */ event) => this.#keyUp(event, stop)}>${text.t("stop.release")}</button>
      ${this.failed ? html`<strong>${text.t("stop.not_released")}</strong>` : nothing}</div>`;
  }

  /** @param {wire.Stop} stop */
  #missing(stop) {
    const { text, store } = this.desk;
    if (stop.missing.length === 0) return nothing;
    const names = stop.missing.map((one) => {
      const device = store.devices.get(deviceKey(one));
      return device ? deviceName(text, device) : one.device;
    });
    const more = names.length > NAMES_SHOWN ? " …" : "";
    return ` ${say(text).t("stop.missing", { names: names.slice(0, NAMES_SHOWN).join(comma(text)) + more })}`;
  }

  /** @param {KeyboardEvent} event @param {wire.Stop} stop */
  #key(event, stop) {
    if (!presses(event)) return;
    event.preventDefault();
    if (!event.repeat) this.#hold(stop);
  }

  /** @param {KeyboardEvent} event @param {wire.Stop} stop */
  #keyUp(event, stop) {
    if (!presses(event)) return;
    event.preventDefault(); // no click follows
    if (this.holding) this.#tapped(stop);
    this.#let();
  }

  /** @param {wire.Stop} stop */
  #tapped({ latch }) {
    if (!this.#held) this.asking = latch;
    this.#held = false;
  }

  /** @param {wire.Stop} stop */
  #hold(stop) {
    this.#held = false;
    this.holding = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#held = true;
      void this.#release(stop);
    }, HOLD_MS);
  }

  #let() {
    this.holding = false;
    clearTimeout(this.#timer);
  }

  /** Two steps, so that no stray request releases anything. @param {wire.Stop} stop */
  async #release({ latch }) {
    this.#let();
    this.failed = false;
    const asked = await post("/release", { latch });
    if (asked?.status === 403) return this.#ask(); // the right went while it was looked at
    const done = asked?.ok ? await post("/release", { latch, release: (await asked.json()).release }) : null;
    this.failed = !done?.ok;
  }
}

await styled("stopped");
customElements.define("lk-stopped", LkStopped);
