/** The one WebSocket: opened again whenever it is lost, watched for silence, resumed where it stopped. */

export const PING_EVERY_MS = 1_000;
export const SILENCE_MS = 2_400; // no word for this long: the link is lost, whatever the socket believes
const CONNECT_MS = 1_800;
const FIRST_WAIT_MS = 150;
const LONGEST_WAIT_MS = 1_400; // back in less than two seconds once the hub answers
const CHECK_EVERY_MS = 200;

/** How long to wait before attempt `attempt` (0 first): doubling, halved at random so that thirty tablets do not come at once. @param {number} attempt @param {number} luck 0..1 */
export const backOff = (attempt, luck) => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + luck / 2);

/**
 * @typedef {object} Listener
 * @property {(message: wire.Message) => void} message
 * @property {() => void} up the page is current again
 * @property {() => void} lost
 */

export class LiveLink {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {string | null} */
  #stream = null;
  /** @type {number | null} */
  #at = null;
  #up = false;
  #stopped = true;
  #attempt = 0;
  #heard_ms = 0;
  #pinged_ms = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #checks;
  #listener;

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
    document.addEventListener("visibilitychange", () => this.#seenAgain());
    addEventListener("online", () => this.#seenAgain());
  }

  start() {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#checks = setInterval(() => this.#check(), CHECK_EVERY_MS);
    this.#open();
  }

  stop() {
    this.#stopped = true;
    clearInterval(this.#checks);
    this.#drop();
  }

  /** @param {object} message @returns {boolean} false: not sent, and it will not be */
  send(message) {
    if (!this.#up || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #open() {
    if (this.#stopped || this.#socket) return;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/live`);
    this.#socket = socket;
    this.#heard_ms = performance.now();
    socket.onopen = () => socket.send(JSON.stringify({ type: "resume", stream: this.#stream, since: this.#at }));
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = () => this.#lose();
  }

  /** @param {wire.Message} message */
  #receive(message) {
    this.#heard_ms = performance.now();
    const resumed = message.type === "hello" && message.stream === this.#stream;
    if (message.type === "hello") this.#stream = message.stream;
    if (message.type === "snapshot" || message.type === "changes") this.#at = message.at;
    this.#listener.message(message);
    if (resumed || message.type === "snapshot" || message.type === "changes") this.#isUp();
  }

  #isUp() {
    this.#attempt = 0;
    if (this.#up) return;
    this.#up = true;
    this.#listener.up();
  }

  #check() {
    if (document.hidden || !this.#socket) return; // a hidden page's timers are slowed down: its silence says nothing
    const now = performance.now();
    if (now - this.#heard_ms > (this.#up ? SILENCE_MS : CONNECT_MS)) this.#lose();
    else if (this.#up && now - this.#pinged_ms >= PING_EVERY_MS) this.#ping(now);
  }

  /** @param {number} now */
  #ping(now) {
    this.#pinged_ms = now;
    this.send({ type: "ping" });
  }

  #seenAgain() {
    if (document.hidden || this.#stopped) return;
    this.#heard_ms = performance.now();
    this.#attempt = 0;
    if (this.#up) this.#ping(this.#heard_ms);
    else this.#open();
  }

  #lose() {
    this.#drop();
    this.#listener.lost();
    setTimeout(() => this.#open(), backOff(this.#attempt, Math.random()));
    this.#attempt += 1;
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#up = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
