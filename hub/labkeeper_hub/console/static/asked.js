/** What this page has asked for, and what became of it. Rules first, as pure functions; then the object that owns the clocks. */
import { newId, pointKey } from "./keys.js";
import { ASKED } from "./store.js";

/** @typedef {"pending" | "confirmed" | "not_confirmed" | "rejected" | "failed" | "expired" | "unknown"} Outcome */
/**
 * @typedef {object} Asking
 * @property {string} id
 * @property {wire.PointId} target
 * @property {wire.Value} value
 * @property {number} confirm_ms
 * @property {Outcome} outcome
 * @property {string | null} code
 * @property {string | null} message
 */

const DEFAULT_CONFIRM_S = 2;
const SHORTEST_TTL_MS = 3_000;
const CONFIRMED_SHOWN_MS = 3_000;
const VALUE_FOLLOWS_MS = 500; // the word that it is done is quicker than the value it brought about

/** What a command's new state means for what was asked; still open means no news. @param {Asking} asking @param {wire.Command} command @returns {Asking} */
export function heard(asking, command) {
  switch (command.state) {
    case "queued": case "sent": case "accepted": return asking;
    case "done": return { ...asking, outcome: "confirmed", code: null, message: null };
    case "failed": return { ...asking, outcome: command.code === "not_confirmed" ? "not_confirmed" : "failed", code: command.code, message: command.message };
    default: return { ...asking, outcome: command.state, code: command.code, message: command.message };
  }
}

/** Patience is over: say so, but only where nothing is known yet. @param {Asking} asking @returns {Asking} */
export const outOfPatience = (asking) => (asking.outcome === "pending" ? { ...asking, outcome: "not_confirmed" } : asking);

/** Whether a person has to look at it. @param {Asking} asking */
export const needsAttention = (asking) => asking.outcome !== "pending" && asking.outcome !== "confirmed";

/** Whether nothing final is known yet. @param {Asking} asking */
const unresolved = (asking) => asking.outcome === "pending" || asking.outcome === "not_confirmed";

export class Asked {
  /** @type {Map<string, Asking>} */
  #byPoint = new Map();
  /** Ids of what is done, and whose value is still awaited. @type {Set<string>} */
  #done = new Set();
  #store;
  #send;

  /** @param {import("./store.js").Store} store @param {(message: object) => boolean} send false: the link is not up */
  constructor(store, send) {
    this.#store = store;
    this.#send = send;
  }

  /** @param {string} key */
  get(key) {
    return this.#byPoint.get(key);
  }

  /** @returns {Asking[]} */
  attention() {
    return [...this.#byPoint.values()].filter(needsAttention);
  }

  /** What was asked for last, if it is still remembered. */
  newest() {
    return [...this.#byPoint.values()].at(-1);
  }

  /** Send a command now or not at all: nothing is kept for later. @param {wire.DeviceId} device @param {wire.Point} point @param {wire.Value} value */
  ask(device, point, value) {
    const { school, node, device: name } = device;
    this.#ask({ school, node, device: name, point: point.point }, value, 1_000 * (point.confirm_s ?? DEFAULT_CONFIRM_S));
  }

  /** @param {Asking} asking */
  retry(asking) {
    this.#ask(asking.target, asking.value, asking.confirm_ms);
  }

  /** @param {Asking} asking */
  forget(asking) {
    const key = pointKey(asking.target);
    if (this.#byPoint.get(key)?.id !== asking.id) return;
    this.#byPoint.delete(key);
    this.#tell(key);
  }

  /** @param {wire.PointId} target @param {wire.Value} value @param {number} confirm_ms */
  #ask(target, value, confirm_ms) {
    const id = newId();
    const ttl_ms = Math.max(SHORTEST_TTL_MS, confirm_ms);
    const made_ms = Math.round(this.#store.now()); // by the hub's clock: what waits in a socket is not done late
    if (!this.#send({ type: "command", id, ...target, value, ttl_ms, made_ms })) return;
    this.#put({ id, target, value, confirm_ms, outcome: "pending", code: null, message: null });
    setTimeout(() => this.#done.has(id) || this.#change(id, outOfPatience), confirm_ms);
  }

  /** Confirmed is shown in the frame in which the knob turns, or soon after if the value stays another. @param {wire.Command} command */
  heard(command) {
    if (command.state === "done" && !this.#isThere(command)) this.#whenThere(command, () => this.#hear(command));
    else this.#hear(command);
  }

  /** @param {wire.Command} command */
  #hear(command) {
    this.#change(command.id, (asking) => heard(asking, command));
  }

  /** Whether the point shows what was asked for; what never shows a value does. @param {wire.Command} command */
  #isThere(command) {
    const latest = this.#store.latest.get(pointKey(command));
    return latest === undefined || latest.value === command.value;
  }

  /** @param {wire.Command} command @param {() => void} then */
  #whenThere(command, then) {
    this.#done.add(command.id);
    const finish = () => {
      this.#done.delete(command.id);
      stop();
      clearTimeout(timer);
      then();
    };
    const stop = this.#store.watch(pointKey(command), () => this.#isThere(command) && finish());
    const timer = setTimeout(finish, VALUE_FOLLOWS_MS);
  }

  /** @param {string | null} id @param {wire.Problem} problem */
  refused(id, problem) {
    const { code = null, detail, title } = problem;
    this.#change(id, (asking) => ({ ...asking, outcome: "rejected", code, message: detail ?? title ?? null }));
  }

  /** After a gap in the link: what became of the commands whose end we may have missed. */
  async catchUp() {
    for (const asking of [...this.#byPoint.values()].filter(unresolved)) {
      const answer = await fetch(`/api/v1/commands/${asking.id}`).catch(() => null);
      if (answer?.ok) this.heard((await answer.json()).command);
    }
  }

  /** @param {string | null} id @param {(asking: Asking) => Asking} step */
  #change(id, step) {
    const asking = [...this.#byPoint.values()].find((one) => one.id === id);
    if (!asking) return;
    const next = step(asking);
    if (next === asking) return;
    this.#put(next);
    if (next.outcome === "confirmed") setTimeout(() => this.forget(next), CONFIRMED_SHOWN_MS);
  }

  /** @param {Asking} asking */
  #put(asking) {
    const key = pointKey(asking.target);
    this.#byPoint.delete(key); // so that the newest comes last
    this.#byPoint.set(key, asking);
    this.#tell(key);
  }

  /** @param {string} key */
  #tell(key) {
    this.#store.tell(key);
    this.#store.tell(ASKED);
  }
}
