/** One point: chooses how to show it from its declaration. */
import { nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { deviceKey, pointKey } from "../keys.js";
import { LINK, TICK, WORDS } from "../store.js";
import { actionTile } from "./action.js";
import { choiceTile } from "./choice.js";
import { eventTile, measureTile, stateTile } from "./shown.js";
import { setpointTile } from "./setpoint.js";
import { switchTile } from "./switch.js";
import { viewOf } from "./view.js";

class LkTile extends DeskElement {
  static properties = { device: { attribute: false }, point: { attribute: false } };

  constructor() {
    super();
    this.device = /** @type {wire.Device} */ (/** @type {unknown} */ (undefined)); // set by the card
    this.point = /** @type {wire.Point} */ (/** @type {unknown} */ (undefined));
  }

  get #key() {
    return pointKey({ ...this.device, point: this.point.point });
  }

  watched() {
    const keys = [this.#key, deviceKey(this.device), LINK, WORDS];
    return viewOf(this.desk, this.device, this.point).fresh ? keys : [...keys, TICK]; // ages count up
  }

  render() {
    const view = viewOf(this.desk, this.device, this.point);
    return ((this.desk.store.may("command") ? tileOf(this.point) : lookedAt(this.point)) ?? (() => nothing))(view);
  }
}

/** For whoever may not command it. @param {wire.Point} point */
const lookedAt = (point) => (point.type === "str" || point.type === "bool" ? stateTile : measureTile);

/** @param {wire.Point} point */
function tileOf(point) {
  switch (point.kind) {
    case "measure": return lookedAt(point);
    case "state": return stateTile;
    case "event": return eventTile;
    case "switch": return switchTile;
    case "action": return actionTile;
    case "setpoint": return point.type === "bool" ? switchTile : point.options?.length ? choiceTile : setpointTile;
    default: return undefined; // a kind from a newer hub
  }
}

customElements.define("lk-tile", LkTile);
