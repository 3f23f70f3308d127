/** What is stopped, who has not confirmed, and the way to release it. Comes when something is stopped. */
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

const HOLD_MS = 1_000;
const NAMES_SHOWN = 4;
const say = await bothOf("stopped");

/** @param {import("./text.js").Text} text */
const comma = (text) => (text.language === "zh" ? "、" : ", ");

/** What is stopped, who has not confirmed, and the way to release it: held for a second. It lies over the page until nobody
 * touches that, and only then takes or gives back the room it needs: nothing moves under a finger.
 */
class LkStopped extends DeskElement {
  static properties = { holding: { state: true }, releases: { state: true } };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #known = "";

  constructor() {
    super();
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
        ${release?.yours ? html`<button class="release ${this.holding ? "held" : ""}" @pointerdown=${() => this.#hold(stop)} @pointerup=${this.#let} @pointerleave=${this.#let}
          @keydown=${(/** @type {KeyboardEvent} */ event) => this.#key(event, stop)} @keyup=${this.#let}>${text.t("stop.release")}</button>` : nothing}
      </section>`;
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
    if (event.repeat || (event.key !== " " && event.key !== "Enter")) return;
    event.preventDefault();
    this.#hold(stop);
  }

  /** @param {wire.Stop} stop */
  #hold(stop) {
    this.holding = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#release(stop), HOLD_MS);
  }

  #let() {
    this.holding = false;
    clearTimeout(this.#timer);
  }

  /** Two steps, so that no stray request releases anything. @param {wire.Stop} stop */
  async #release({ latch }) {
    this.#let();
    const asked = await post("/release", { latch });
    if (asked?.status === 403) return this.#ask(); // the right went while it was looked at
    if (asked?.ok) await post("/release", { latch, release: (await asked.json()).release });
  }
}

await styled("stopped");
customElements.define("lk-stopped", LkStopped);
