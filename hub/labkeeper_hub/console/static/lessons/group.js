/** A bench's switches as one: on, off or something between, in numbers; for whoever has the lab. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { pointKey } from "../keys.js";
import { act, said } from "./api.js";
import { LINK, SHAPE, WORDS } from "../store.js";
import { styled } from "../styled.js";
import { pressed, stateOf, switchesOf } from "./switches.js";

class LkGroup extends DeskElement {
  static properties = { devices: { attribute: false }, benchName: { attribute: false }, busy: { state: true } };

  constructor() {
    super();
    /** @type {wire.Device[]} */
    this.devices = [];
    this.benchName = "";
    this.busy = false;
  }

  watched() {
    return [LINK, SHAPE, WORDS, ...switchesOf(this.desk.store, this.devices).targets.map((one) => pointKey(one.target))];
  }

  render() {
    const { store, text } = this.desk;
    const switches = switchesOf(store, this.devices);
    if (switches.total === 0) return nothing;
    const { on, total, unknown } = switches;
    const words = said(text).t(unknown ? "lessons.group_unknown" : "lessons.group", { bench: this.benchName, on, total, unknown });
    const off = store.link !== "up" || pressed(switches).length === 0;
    return html`
      <button class="group" role="checkbox" aria-checked=${stateOf(switches)} aria-busy=${this.busy} aria-label=${words} title=${words} ?disabled=${off} @click=${() => this.#press(switches)}>
        <span class="group-track"><span class="group-thumb"></span></span><span class="group-count">${on}/${total}${unknown ? icon("warning") : nothing}</span></button>`;
  }

  /** @param {import("./switches.js").Switches} switches */
  async #press(switches) {
    if (this.busy) return;
    this.busy = true;
    const outcome = await act("/api/v1/actions", { wishes: pressed(switches) });
    this.busy = false;
    this.dispatchEvent(new CustomEvent("acted", { bubbles: true, detail: { title: this.benchName, outcome } }));
  }
}

await styled("lessons/lessons");
customElements.define("lk-group", LkGroup);
