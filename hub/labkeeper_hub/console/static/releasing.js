/** The other way to release a stop, for whoever cannot hold a button: a tap leads here, and a second step releases. */
import { html } from "./vendor/lit.js";
import { DeskElement } from "./element.js";
import { WORDS } from "./store.js";
import { openSheet } from "./sheet/sheet.js";
import { bothOf } from "./words.js";

const say = await bothOf("stopped");

class LkReleasing extends DeskElement {
  watched() {
    return [WORDS];
  }

  firstUpdated() {
    openSheet(this.#dialog);
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
  }

  /** The focus is on what changes nothing: a key that is pressed twice leaves the stop as it is. */
  render() {
    const words = say(this.desk.text);
    return html`
      <dialog class="sheet release-sheet" aria-labelledby="release-title" aria-describedby="release-how" @close=${this.#closed}>
        <div>
          <h2 id="release-title">${words.t("stop.ask_release")}</h2>
          <p id="release-how">${words.t("stop.how")}</p>
          <p>${words.t("stop.look_first")}</p>
          <div class="release-steps">
            <button class="do" autofocus @click=${() => this.#dialog.close()}>${words.t("stop.keep")}</button>
            <button class="release" @click=${this.#release}>${words.t("stop.release_now")}</button>
          </div>
        </div>
      </dialog>`;
  }

  /** The second of two quick taps is no second step. @param {MouseEvent} event */
  #release({ detail }) {
    if (detail > 1) return;
    this.dispatchEvent(new CustomEvent("released"));
    this.#dialog.close();
  }

  #closed() {
    this.dispatchEvent(new CustomEvent("closed"));
  }
}

customElements.define("lk-releasing", LkReleasing);
