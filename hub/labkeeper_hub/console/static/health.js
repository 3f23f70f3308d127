/** How the hub itself is doing, asked now and then while somebody looks. */
const EVERY_MS = 10_000;

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
    this.#timer = setInterval(() => void this.ask(), EVERY_MS);
    void this.ask();
  }

  stop() {
    clearInterval(this.#timer);
  }

  async ask() {
    if (document.hidden || this.#store.link !== "up") return;
    const answer = await fetch("/api/v1/status").catch(() => null);
    if (!answer?.ok) return;
    const status = /** @type {wire.Status} */ (await answer.json());
    this.#store.influx = status.influx;
    this.#store.setStoring(status.journal.failing === null);
  }
}
