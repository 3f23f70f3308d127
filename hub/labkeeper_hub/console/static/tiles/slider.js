/** The slider: its thumb is what you ask for, its filled track is what is. Only your own finger moves the thumb under your finger. */
import { html, LitElement } from "../vendor/lit.js";

const EVERY_MS = 200; // at most five commands a second while moving
const KEYS_REST_MS = 800; // after the last key the thumb belongs to the hub again

/** Lets a value through at once, then at most one every `every_ms`, the last one always. */
export class Limiter {
  #every_ms;
  #send;
  #last_ms = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {number | undefined} */
  #sent;

  /** @param {number} every_ms @param {(value: number) => void} send */
  constructor(every_ms, send) {
    this.#every_ms = every_ms;
    this.#send = send;
  }

  /** @param {number} value */
  offer(value) {
    clearTimeout(this.#timer);
    const wait_ms = this.#last_ms + this.#every_ms - performance.now();
    if (wait_ms <= 0) this.now(value);
    else this.#timer = setTimeout(() => this.now(value), wait_ms);
  }

  /** @param {number} value */
  now(value) {
    clearTimeout(this.#timer);
    if (value === this.#sent) return;
    this.#sent = value;
    this.#last_ms = performance.now();
    this.#send(value);
  }

  /** A new gesture may ask for the same value again. */
  rest() {
    this.#sent = undefined;
  }
}

/** Where the middle of the thumb is. @param {number} share 0..1 */
const along = (share) => `calc(14px + (100% - 28px) * ${share})`;

class LkSlider extends LitElement {
  static properties = {
    limits: { attribute: false }, is: { attribute: false }, asked: { attribute: false }, label: { attribute: false },
    off: { attribute: false }, words: { attribute: false }, ask: { attribute: false }, mine: { state: true },
  };

  #limiter = new Limiter(EVERY_MS, (value) => this.ask(value));
  #finger = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #rest;

  constructor() {
    super();
    this.limits = { minimum: 0, maximum: 1, step: 1 };
    /** @type {number | null} */
    this.is = null;
    /** @type {number | null} */
    this.asked = null;
    this.label = "";
    this.off = false;
    this.words = String;
    /** @type {(value: number) => void} */
    this.ask = () => {};
    /** What the finger or the keys say, while they do. @type {number | null} */
    this.mine = null;
  }

  createRenderRoot() {
    return this;
  }

  render() {
    const { minimum, maximum, step } = this.limits;
    const target = this.mine ?? this.asked;
    return html`
      <input type="range" min=${minimum} max=${maximum} step=${step} aria-label=${this.label} ?disabled=${this.off}
        @pointerdown=${this.#down} @pointerup=${this.#up} @pointercancel=${this.#end} @input=${this.#moved} @change=${this.#released}
        aria-valuetext=${this.words(target ?? this.is ?? minimum)}>
      <span class="ends"><span>${this.words(minimum)}</span><span class="target">${target === null ? "" : `→ ${this.words(target)}`}</span><span>${this.words(maximum)}</span></span>`;
  }

  updated() {
    const { minimum, maximum } = this.limits;
    const input = this.#input;
    const thumb = this.mine ?? this.asked ?? this.is ?? minimum;
    if (input.valueAsNumber !== thumb) input.valueAsNumber = thumb;
    const share = (/** @type {number} */ value) => Math.min(1, Math.max(0, (value - minimum) / (maximum - minimum || 1)));
    const zero = share(0);
    const is = this.is === null ? zero : share(this.is);
    input.style.setProperty("--from", minimum < 0 ? along(Math.min(zero, is)) : "0px"); // what turns backwards is filled from zero, not from full reverse
    input.style.setProperty("--to", along(Math.max(zero, is)));
  }

  get #input() {
    return /** @type {HTMLInputElement} */ (this.querySelector("input"));
  }

  #down() {
    this.#finger = true;
    this.mine = this.#input.valueAsNumber;
  }

  #moved() {
    this.mine = this.#input.valueAsNumber;
    this.#limiter.offer(this.mine);
    clearTimeout(this.#rest);
    if (!this.#finger) this.#rest = setTimeout(() => this.#end(), KEYS_REST_MS);
  }

  // The browser says "change" when the finger lets go, and also after every key: keys stay under the limit.
  #released() {
    if (!this.#finger) return;
    this.#limiter.now(this.#input.valueAsNumber);
    this.#end();
  }

  // A finger that leaves without having moved brings no "change"; where there is one, it comes right after this.
  #up() {
    setTimeout(() => this.#finger && this.#end());
  }

  #end() {
    this.#finger = false;
    this.mine = null;
    this.#limiter.rest();
  }
}

customElements.define("lk-slider", LkSlider);
