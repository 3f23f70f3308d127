/** People: one's own account, and for whoever may manage them everybody's. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { pageIcon } from "../signs.js";
import { said } from "./words.js";
import { SHAPE, WORDS } from "../store.js";
import { styled } from "../styled.js";
import "./account.js";
import "./staff.js";
import "./tokens.js";

class LkPeople extends DeskElement {
  static properties = { deeds: { attribute: false } };

  constructor() {
    super();
    this.deeds = /** @type {import("../app.js").Deeds} */ (/** @type {unknown} */ (undefined));
  }

  watched() {
    return [SHAPE, WORDS];
  }

  render() {
    const { text, store } = this.desk;
    return html`
      <section class="people" aria-labelledby="people-title">
        <header>
          <a class="round" href="#/" aria-label=${text.t("chart.back")}>${pageIcon("back")}</a>
          <h2 id="people-title">${said(text).t("people.title")}</h2>
        </header>
        <lk-account .desk=${this.desk} .deeds=${this.deeds}></lk-account>
        <lk-tokens .desk=${this.desk}></lk-tokens>
        ${store.may("manage_people") ? html`<lk-staff .desk=${this.desk}></lk-staff>` : nothing}
      </section>`;
  }
}

await styled("people/people");
customElements.define("lk-people", LkPeople);
