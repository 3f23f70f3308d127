/** How the hub, the nodes and their drivers are, in words and with what to do. Asked every ten seconds while it is open. */
import { html, nothing, repeat } from "../vendor/lit.js";
import { driversOf, findings, refusedBy } from "./checks.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { pageIcon } from "../signs.js";
import { nodeKey } from "../keys.js";
import { LINK, SHAPE, TICK, WORDS } from "../store.js";
import { styled } from "../styled.js";
import { wordsOf } from "../words.js";

const EVERY_MS = 10_000;
const RUNNING = new Set(["connected", "starting"]);

class LkCondition extends DeskElement {
  static properties = { words: { state: true }, status: { state: true }, ledger: { state: true }, trouble: { state: true } };

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  constructor() {
    super();
    /** @type {import("../text.js").Text | null} */
    this.words = null;
    /** @type {wire.Condition | null} */
    this.status = null;
    /** @type {wire.LedgerEntry[]} */
    this.ledger = [];
    this.trouble = false;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#timer = setInterval(() => void this.#ask(), EVERY_MS);
    void this.#ask();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  watched() {
    return [SHAPE, LINK, TICK, WORDS];
  }

  willUpdate() {
    const { language } = this.desk.text;
    if (this.words?.language !== language) void wordsOf("condition", language).then((words) => (this.words = words), () => {});
  }

  async #ask() {
    if (document.hidden) return;
    const [status, ledger] = await Promise.all(["status", "ledger"].map((path) => fetch(`/api/v1/${path}`).catch(() => null)));
    this.trouble = !status?.ok || !ledger?.ok;
    if (!status?.ok || !ledger?.ok) return;
    [this.status, this.ledger] = [await status.json(), (await ledger.json()).nodes];
  }

  render() {
    const { words, status, desk: { store, text } } = this;
    if (!words) return nothing;
    const told = [...store.latest.values()].filter(({ device }) => device === ""); // nodes of themselves
    const nodes = [...store.nodes.values()].sort((one, other) => nodeKey(one).localeCompare(nodeKey(other)));
    return html`
      <section class="condition" aria-labelledby="condition-title">
        <header><a class="round" href="#/facility" aria-label=${text.t("chart.back")}>${pageIcon("back")}</a>
          <h2 id="condition-title">${words.t("condition.title")}</h2>
          ${status ? html`<p class="quiet small">Labkeeper ${status.version} · ${words.t("condition.since", { time: text.moment(status.started_ms) })}</p>` : nothing}</header>
        <p role="status" class="condition-trouble">${this.trouble ? words.t("condition.trouble") : nothing}</p>
        <h3>${words.t("condition.hub")}</h3>
        <ul class="condition-list">${status ? findings(status).map((one) => this.#finding(words, one)) : nothing}</ul>
        ${status ? this.#refusals(words, Object.entries(status.refusals).map(([reason, count]) => ({ reason, count }))) : nothing}
        <h3>${words.t("condition.nodes")}</h3>
        <ul class="condition-list">${repeat(nodes, nodeKey, (node) => this.#node(words, node, told))}</ul>
      </section>`;
  }

  /** @param {import("../text.js").Text} words @param {import("./checks.js").Finding} one */
  #finding(words, { name, well, values, why }) {
    const said = (well ? words.word("well", name) : words.word("ill", name)) ?? name;
    return html`
      <li class="condition-item ${well ? "" : "ill"}">${icon(well ? "check" : "warning")}
        <div><strong>${words.word("part", name)}</strong> <span>${filled(this.desk.text, said, values)}</span>
          ${well ? nothing : html`<p>${words.word("remedy", name)}</p>`}
          ${why ? html`<p class="quiet small">${why}</p>` : nothing}</div></li>`;
  }

  /** @param {import("../text.js").Text} words @param {{reason: string, count: number}[]} refused */
  #refusals(words, refused) {
    const some = refused.filter(({ count }) => count > 0);
    if (some.length === 0) return nothing;
    return html`<details class="condition-refused"><summary>${words.t("condition.refused", { count: some.reduce((sum, one) => sum + one.count, 0) })}</summary>
      <ul>${some.map(({ reason, count }) => html`<li><code>${reason}</code> ${this.desk.text.count(count)}</li>`)}</ul></details>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.Node} node @param {wire.Latest[]} told */
  #node(words, node, told) {
    const { store, text } = this.desk;
    const drivers = driversOf(told, node);
    const well = node.online && !node.twin && !node.interlocks_differ;
    const seen = node.online ? words.t("condition.heard") : words.t("condition.silent", { ago: text.ago(store.now() - (node.last_seen_ms ?? node.since_ms)) });
    return html`
      <li class="condition-item ${well ? "" : "ill"}">${icon(well ? "check" : "warning")}
        <div><strong>${node.node}</strong> <span>${seen}</span>
          ${node.online ? nothing : html`<p>${words.t("condition.silent_do")}</p>`}
          ${node.twin ? html`<p class="ill">${words.t("condition.twin")}</p>` : nothing}
          ${node.interlocks_differ ? html`<p class="ill">${words.t("condition.unguarded")}</p>` : nothing}
          ${this.#account(words, node)}
          <ul class="condition-drivers">${drivers.map((one) => this.#driver(words, node, one))}</ul>
          ${this.#refusals(words, refusedBy(told, node))}</div></li>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.Node} node */
  #account(words, node) {
    const { text } = this.desk;
    const [entry] = this.ledger.filter((one) => nodeKey(one) === nodeKey(node) && one.epoch !== null).slice(-1);
    if (!entry) return nothing;
    const said = words.t("condition.account", { stored: text.count(entry.stored), pending: text.count(entry.pending) });
    return html`<p class="quiet small">${said}${entry.gaps > 0 ? html` · <span class="ill">${words.t("condition.gaps", { count: text.count(entry.gaps) })}</span>` : nothing}</p>`;
  }

  /** A node that is silent says nothing of its drivers: what it said last is old. @param {import("../text.js").Text} words @param {wire.Node} node @param {import("./checks.js").DriverState} driver */
  #driver(words, node, { instance, state, why }) {
    const well = RUNNING.has(state) && node.online;
    const known = words.word("driverstate", state) ?? state;
    return html`
      <li class=${well ? "" : "ill"}>${icon(well ? "check" : "warning")}<div><strong>${instance}</strong> ${node.online ? known : words.t("condition.was", { state: known })}
        ${well ? nothing : html`<span class="condition-do">${words.word("driverremedy", state)}</span>`}
        ${why ? html`<span class="quiet small">${why}</span>` : nothing}</div></li>`;
  }
}

/** @param {import("../text.js").Text} text @param {string} words @param {Record<string, string | number>} values */
const filled = (text, words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => (typeof values[name] === "number" ? text.count(values[name]) : values[name] ?? whole));

await styled("condition/condition");
customElements.define("lk-condition", LkCondition);
