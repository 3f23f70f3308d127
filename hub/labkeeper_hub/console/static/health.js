/** How the hub itself is doing, asked now and then while somebody looks. */
const EVERY_MS = 30_000;

export class Health {
  #store;
  /** @type {number | undefined} */
  #timer;

  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.#store = store;
  }

  start() {
    this.stop();
    this.#timer = setInterval(() => document.hidden || void this.#ask(), EVERY_MS);
    void this.#ask();
  }

  stop() {
    clearInterval(this.#timer);
  }

  async #ask() {
    const answer = await fetch("/api/v1/status").catch(() => null);
    if (answer?.ok) this.#store.influx = /** @type {wire.Status} */ (await answer.json()).influx;
  }
}
