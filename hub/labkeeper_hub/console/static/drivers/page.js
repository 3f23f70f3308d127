/** Which drivers run at each node, and the form with which they are added, changed and removed from here. */
import { html, nothing, repeat } from "../vendor/lit.js";
import * as api from "./api.js";
import "./node.js";
import { DeskElement } from "../element.js";
import { pageIcon } from "../signs.js";
import { WORDS } from "../store.js";
import { styled } from "../styled.js";
import { bothOf } from "../words.js";

const REFRESH_MS = 5_000; // a node may go back by itself
const say = await bothOf("drivers");

class LkDrivers extends DeskElement {
  static properties = { nodes: { state: true }, trouble: { state: true } };

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  constructor() {
    super();
    /** @type {wire.NodeDrivers[] | null} */
    this.nodes = null;
    this.trouble = "";
  }

  watched() {
    return [WORDS];
  }

  connectedCallback() {
    super.connectedCallback();
    void this.#look();
    this.#timer = setInterval(() => document.hidden || void this.#look(), REFRESH_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  render() {
    const words = say(this.desk.text);
    return html`
      <section class="drivers" aria-labelledby="drivers-title">
        <header><a class="round" href="#/" aria-label=${this.desk.text.t("chart.back")}>${pageIcon("back")}</a>
          <h2 id="drivers-title">${words.t("drivers.title")}</h2></header>
        <p class="quiet">${words.t("drivers.meaning")}</p>
        <p role="status" class="drivers-trouble">${this.trouble}</p>
        ${this.nodes?.length === 0 ? html`<p class="quiet">${words.t("drivers.no_node")}</p>` : nothing}
        ${repeat(this.nodes ?? [], ({ school, node }) => `${school}/${node}`, (node) => html`<lk-node-drivers .desk=${this.desk} .words=${words} .node=${node} @changed=${this.#look}></lk-node-drivers>`)}
      </section>`;
  }

  async #look() {
    const found = await api.nodes().catch((/** @type {api.Refused} */ refused) => refused);
    if (Array.isArray(found)) [this.nodes, this.trouble] = [found, ""];
    else this.trouble = say(this.desk.text).word("driversrefused", found.code) ?? say(this.desk.text).t("driversrefused.unreachable");
  }
}

await styled("drivers/drivers");
customElements.define("lk-drivers", LkDrivers);
