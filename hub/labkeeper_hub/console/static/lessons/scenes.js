/** A lab's scenes, one press each, for whoever has the lab. Those of the lesson's beginning and end are the lesson's own. */
import { html } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { lessonOf } from "../labs.js";
import { act, at, OF_THE_LESSON, said, scenesOf } from "./api.js";
import { ASKED, LEASES, LINK, WORDS } from "../store.js";
import { styled } from "../styled.js";
import "./result.js";

class LkScenes extends DeskElement {
  static properties = { lab: { attribute: false }, scenes: { state: true }, running: { state: true } };

  #of = "";

  constructor() {
    super();
    this.lab = /** @type {import("../labs.js").LabView} */ (/** @type {unknown} */ (undefined)); // set by the lab
    /** @type {wire.Scene[]} */
    this.scenes = [];
    this.running = "";
  }

  watched() {
    return [ASKED, LEASES, LINK, WORDS];
  }

  willUpdate() {
    if (this.lab.key === this.#of) return;
    this.#of = this.lab.key;
    void scenesOf(this.lab).then((found) => { this.scenes = found.filter(({ name }) => !OF_THE_LESSON.includes(name)); });
  }

  render() {
    const ending = lessonOf(this.desk.store, this.lab)?.phase === "ending";
    return html`
      <div class="scenes" role="group" aria-label=${said(this.desk.text).t("lessons.scenes")}>
        ${this.scenes.map((scene) => this.#button(scene, ending))}
      </div>`;
  }

  /** @param {wire.Scene} scene @param {boolean} ending */
  #button(scene, ending) {
    const busy = this.running === scene.name;
    const off = ending || this.running !== "" || scene.wishes.length === 0 || this.desk.store.link !== "up";
    return html`<button class="segment" aria-busy=${busy} ?disabled=${off} @click=${() => this.#run(scene)}>${this.desk.text.title(scene.title, scene.name)}</button>`;
  }

  /** @param {wire.Scene} scene */
  async #run(scene) {
    this.running = scene.name;
    const outcome = await act(at(this.lab, `/scenes/${scene.name}`));
    this.running = "";
    this.dispatchEvent(new CustomEvent("acted", { bubbles: true, detail: { title: this.desk.text.title(scene.title, scene.name), outcome } }));
  }
}

await styled("lessons/lessons");
customElements.define("lk-scenes", LkScenes);
