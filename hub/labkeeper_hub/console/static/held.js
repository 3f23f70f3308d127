/** What a stop made of one device, on its card: never called stopped before its node has said so. */
import { html, nothing } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { icon } from "./icons.js";
import { deviceKey } from "./keys.js";
import { LINK, STOPS, TICK } from "./store.js";
import { bothOf } from "./words.js";

/** @typedef {"held" | "partly" | "stopping" | "open" | "left" | "spared"} Held */

const PATIENCE_MS = 2_000; // as long as for any other answer of a device
const SIGNS = /** @type {const} */ ({ held: "halt", partly: "warning", stopping: "waiting", open: "warning", left: "warning", spared: null });
const say = await bothOf("stopped");

/** What can be said of a device under a stop; null: nothing. Outputs without a safe value are not driven and stay as they
 * are: with a triangle where that may do harm, and where some are driven, of a switch in any case. Pure. @param {wire.Stop} stop @param {wire.Device} device @param {number} now_ms @returns {Held | null}
 */
function heldBy(stop, device, now_ms) {
  const outputs = device.points.filter((point) => point.writable);
  const driven = outputs.some((point) => point.safe_value !== null);
  const others = outputs.filter((point) => point.safe_value === null);
  const risky = others.some((point) => point.risk !== "none");
  if (!driven && !risky) return others.some((point) => point.kind !== "action") ? "spared" : null;
  if (!driven) return "left";
  if (stop.missing.some((one) => deviceKey(one) === deviceKey(device))) return Math.abs(now_ms - stop.at_ms) < PATIENCE_MS ? "stopping" : "open";
  return risky || others.some((point) => point.kind === "switch") ? "partly" : "held";
}

class LkHeld extends DeskElement {
  static properties = { device: { attribute: false } };

  constructor() {
    super();
    this.device = /** @type {wire.Device} */ (/** @type {unknown} */ (undefined)); // set by the card
  }

  watched() {
    return [LINK, STOPS, deviceKey(this.device), ...(this.#held === "stopping" ? [TICK] : [])];
  }

  /** Of what cannot be heard nothing is said: the banner counts it, and the card says that it is away. */
  get #held() {
    const { store } = this.desk;
    const device = store.devices.get(deviceKey(this.device));
    const stop = store.stops.find((one) => one.school === this.device.school);
    return stop && device && store.link === "up" && store.isOnline(device) ? heldBy(stop, device, store.now()) : null;
  }

  render() {
    const held = this.#held;
    if (!held) return nothing;
    const words = say(this.desk.text);
    const [word, why] = {
      held: [words.t("held.held"), words.t("held.held_why")],
      partly: [words.t("held.partly"), words.t("held.left_why")],
      stopping: [words.t("held.stopping"), ""],
      open: [words.t("held.open"), words.t("held.open_why")],
      left: [words.t("held.left"), words.t("held.left_why")],
      spared: [words.t("held.left"), words.t("held.left_why")],
    }[held];
    const sign = SIGNS[held];
    return html`<span class="badge ${held}" title=${why}>${sign ? icon(sign) : nothing}${word}</span>`;
  }
}

customElements.define("lk-held", LkHeld);
