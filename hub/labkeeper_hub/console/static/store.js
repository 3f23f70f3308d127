/** What the hub says, as this page last heard it. Whoever shows a part of it watches that part's key. */
import { alarmKey, deviceKey, nodeKey, pointKey } from "./keys.js";

/** @typedef {"connecting" | "up" | "lost"} Link */

/** Keys that are not a device's or a point's. */
export const SHAPE = "#shape"; // which labs and devices there are, and which of them are online
export const LINK = "#link";
export const TICK = "#tick"; // a second has passed
export const WORDS = "#words"; // the language has changed
export const STOPS = "#stops"; // what is stopped, and who has confirmed
export const LEASES = "#leases"; // who holds what, and who teaches
export const ALARMS = "#alarms";
export const ASKED = "#asked"; // what this page has asked for, and what became of it

const open = new Set(["queued", "sent", "accepted"]);

const CLOCKS_KEPT = 8;

export class Store {
  /** @type {Map<string, Set<() => void>>} */
  #watchers = new Map();
  #hubAhead_ms = 0;
  /** @type {number[]} */
  #heardAhead_ms = [];

  constructor() {
    /** @type {wire.Lab[]} */
    this.labs = [];
    /** @type {Map<string, wire.Node>} */
    this.nodes = new Map();
    /** @type {Map<string, wire.Device>} */
    this.devices = new Map();
    /** @type {Map<string, wire.Latest>} */
    this.latest = new Map();
    /** Commands under way, anyone's, by point. @type {Map<string, wire.Command>} */
    this.underWay = new Map();
    /** @type {wire.Lease[]} */
    this.leases = [];
    /** @type {wire.Lesson[]} */
    this.lessons = [];
    /** @type {wire.Stop[]} */
    this.stops = [];
    /** @type {Map<string, wire.Alarm>} */
    this.alarms = new Map();
    /** Who is signed in here. */
    this.person = "";
    /** Pseudonyms of colleagues, by titles.js. @type {Map<string, string>} */
    this.titles = new Map();
    /** What they may do somewhere. @type {string[]} */
    this.actions = [];
    /** @type {Link} */
    this.link = "connecting";
    /** Whether the hub can store what it hears, as it last said. */
    this.storing = true;
    this.filled = false;
    /** Forwarding, as of the last time the hub was asked; null: nothing is forwarded. @type {wire.Influx | null} */
    this.influx = null;
  }

  /** @param {string} key @param {() => void} changed @returns {() => void} stops watching */
  watch(key, changed) {
    const watchers = this.#watchers.get(key) ?? new Set();
    this.#watchers.set(key, watchers.add(changed));
    return () => watchers.delete(changed);
  }

  /** @param {string} key */
  tell(key) {
    for (const changed of this.#watchers.get(key) ?? []) changed();
  }

  /** The hub's clock, milliseconds since the epoch. */
  now() {
    return Date.now() + this.#hubAhead_ms;
  }

  /** The message that travelled least tells the time best, and none travels backwards. @param {number} server_ms */
  setClock(server_ms) {
    this.#heardAhead_ms = [...this.#heardAhead_ms.slice(1 - CLOCKS_KEPT), server_ms - Date.now()];
    this.#hubAhead_ms = Math.max(...this.#heardAhead_ms);
  }

  /** @param {Link} link */
  setLink(link) {
    if (link === this.link) return;
    this.link = link;
    this.tell(LINK);
  }

  /** @param {boolean} storing */
  setStoring(storing) {
    if (storing === this.storing) return;
    this.storing = storing;
    this.tell(LINK);
  }

  /** @param {wire.Lab[]} labs */
  setLabs(labs) {
    this.labs = labs;
    this.tell(SHAPE);
  }

  /** @param {wire.Snapshot} snapshot */
  fill(snapshot) {
    this.labs = snapshot.labs;
    this.nodes = new Map(snapshot.nodes.map((node) => [nodeKey(node), node]));
    this.devices = new Map(snapshot.devices.map((device) => [deviceKey(device), device]));
    this.latest = new Map(snapshot.latest.map((latest) => [pointKey(latest), latest]));
    this.underWay = new Map();
    for (const command of snapshot.commands) this.#command(command);
    this.leases = snapshot.leases;
    this.lessons = snapshot.lessons;
    this.stops = snapshot.stops;
    this.alarms = new Map(snapshot.alarms.map((alarm) => [alarmKey(alarm), alarm]));
    this.filled = true;
    for (const key of this.#watchers.keys()) this.tell(key);
  }

  /** @param {wire.Change} change */
  apply(change) {
    switch (change.kind) {
      case "reading": return this.#reading(change);
      case "device": return this.#device(change);
      case "device_gone": return this.#deviceGone(change);
      case "node": return this.#node(change);
      case "command": return this.#command(change);
      case "leases": this.leases = change.leases; return this.tell(LEASES);
      case "lessons": this.lessons = change.lessons; return this.tell(LEASES);
      case "stops": return this.#stops(change.stops);
      case "alarm": return this.#alarm(change);
    }
  }

  /** @param {wire.Latest} latest */
  #reading(latest) {
    const key = pointKey(latest);
    this.latest.set(key, latest);
    this.tell(key);
  }

  /** @param {wire.Device} device */
  #device(device) {
    const key = deviceKey(device);
    this.devices.set(key, device);
    this.tell(key);
    this.tell(SHAPE);
  }

  /** @param {wire.DeviceId} id */
  #deviceGone(id) {
    this.devices.delete(deviceKey(id));
    this.tell(SHAPE);
  }

  /** @param {wire.Node} node */
  #node(node) {
    this.nodes.set(nodeKey(node), node);
    for (const device of this.devices.values()) if (nodeKey(device) === nodeKey(node)) this.tell(deviceKey(device));
    this.tell(SHAPE);
  }

  /** @param {wire.Command} command */
  #command(command) {
    const key = pointKey(command);
    const known = this.underWay.get(key);
    if (open.has(command.state)) this.underWay.set(key, command);
    else if (known?.id === command.id) this.underWay.delete(key);
    this.tell(key);
  }

  /** @param {wire.Stop[]} stops */
  #stops(stops) {
    this.stops = stops;
    this.tell(STOPS);
  }

  /** Kept while anybody has to do with it. @param {wire.Alarm} alarm */
  #alarm(alarm) {
    if (alarm.shown) this.alarms.set(alarmKey(alarm), alarm);
    else this.alarms.delete(alarmKey(alarm));
    this.tell(ALARMS);
  }

  /** What to call somebody: by their title, once it is known. @param {string} name */
  who(name) {
    if (!this.titles.has(name) && /^(owner|p-\d+)$/.test(name)) void this.#readTitles(name);
    return this.titles.get(name) ?? name;
  }

  /** @param {string} name */
  async #readTitles(name) {
    const told = await import("./titles.js").then(({ read }) => read(this.titles, name), () => false);
    if (told) for (const key of [LEASES, STOPS]) this.tell(key);
  }

  /** Whether a page offers it. @param {string} action */
  may(action) {
    return this.actions.includes(action);
  }

  /** A device is online only when its node is. @param {wire.Device} device */
  isOnline(device) {
    return device.online && (this.nodes.get(nodeKey(device))?.online ?? true);
  }
}
