/** The class and the course in the bar: of the lesson that is on, else of what a press would start. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { lessonOf } from "../labs.js";
import { TICK } from "../store.js";

const MINUTE_MS = 60_000;
const SOON_MS = 1_000;

/** What the timetable has in a lab now, and what one taught there last; null: one may not see it, or nobody answers. @param {{key: string}} lab @returns {Promise<wire.Near | null>} */
export async function nearOf(lab) {
  const answer = await fetch(`/api/v1/labs/${lab.key}/now`).catch(() => null);
  return answer?.ok ? answer.json() : null;
}

let filings = 0;

/** A class was filed from here: what was asked before is out of date. */
export const filed = () => (filings += 1);

/** Asked for once a minute. */
class LkNear extends DeskElement {
  static properties = { lab: { attribute: false }, near: { state: true } };

  #asked = "";

  constructor() {
    super();
    this.lab = /** @type {import("../labs.js").LabView} */ (/** @type {unknown} */ (undefined)); // set by the bar
    /** @type {wire.Near | null} */
    this.near = null;
  }

  watched() {
    return [TICK];
  }

  updated() {
    super.updated();
    const every_ms = this.#lesson && this.near?.lesson === null ? SOON_MS : MINUTE_MS; // it has begun just now
    const asked = [this.lab.key, this.#lesson?.name, filings, Math.floor(this.desk.store.now() / every_ms)].join(" ");
    if (asked === this.#asked) return;
    this.#asked = asked;
    void nearOf(this.lab).then((near) => { this.near = near; });
  }

  get #lesson() {
    return lessonOf(this.desk.store, this.lab);
  }

  render() {
    if (this.#lesson) return this.#taught();
    const now = this.near?.now;
    return now ? html` <strong>${[now.class_name, now.course].filter(Boolean).join(" ")}</strong>` : nothing;
  }

  /** Before the teacher's name: the class always, the course where there is room. */
  #taught() {
    const { class_name = "", course = "" } = this.near?.lesson ?? {};
    if (!class_name && !course) return nothing;
    return html`${class_name}<span class=${class_name ? "near-course" : ""}>${class_name && course ? " " : ""}${course}</span> · `;
  }
}

customElements.define("lk-near", LkNear);
