/** The chart of one point: live or any time in the past, with the same content in words. */
import { html, nothing } from "../vendor/lit.js";
import { joined, readGivenUp, readingsAddress, readTrace, summaryOf } from "./history.js";
import { icon } from "../icons.js";
import { pageIcon } from "../signs.js";
import { deviceKey, pointKey } from "../keys.js";
import { deviceName, pointName, valueWithUnit, valueWord } from "../names.js";
import { axisNumber, PlottedElement } from "./plotted.js";
import { chartAddress, clampRange, DEFAULT_RANGE_MS } from "../route.js";
import { TICK, WORDS } from "../store.js";
import { styled } from "../styled.js";
import { LONG_AGO_MS } from "../tiles/shown.js";
import { bothOf } from "../words.js";

const said = await bothOf("chart");

/** @typedef {import("./history.js").Trace} Trace */
/** @typedef {import("../route.js").Span} Span */

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const FRESHEN_AT_LEAST_MS = 10_000;

class LkChart extends PlottedElement {
  static properties = { target: { attribute: false }, span: { attribute: false }, trace: { state: true }, givenUp: { state: true }, failed: { state: true } };

  #read_ms = 0;
  #shown = "";
  /** Where the zoom came from. @type {Span[]} */
  #before = [];

  constructor() {
    super();
    /** @type {wire.PointId} */
    this.target = { school: "", node: "", device: "", point: "" };
    /** @type {Span} */
    this.span = { range_ms: DEFAULT_RANGE_MS, until_ms: null };
    /** @type {Trace | null} */
    this.trace = null;
    /** What the node gave up in this time. @type {wire.GivenUp[]} */
    this.givenUp = [];
    this.failed = false;
  }

  watched() {
    return [pointKey(this.target), deviceKey(this.target), TICK, WORDS];
  }

  /** @returns {[number, number]} */
  get #window() {
    const until_ms = this.span.until_ms ?? this.desk.store.now();
    return [until_ms - this.span.range_ms, until_ms];
  }

  get #point() {
    return this.desk.store.devices.get(deviceKey(this.target))?.points.find((one) => one.point === this.target.point);
  }

  willUpdate() {
    const wanted = chartAddress(this.target, this.span);
    if (wanted !== this.#shown) {
      this.#shown = wanted;
      this.trace = null;
      this.givenUp = [];
      void this.#read();
    } else if (this.#isDue()) void this.#read();
    else this.#join();
  }

  /** Steps that follow the present are read again when a new one may be there. */
  #isDue() {
    const every_ms = this.trace?.every_ms ?? null;
    const following = this.span.until_ms === null && this.desk.store.link === "up";
    const wait_ms = this.failed ? FRESHEN_AT_LEAST_MS : every_ms === null ? Infinity : Math.max(every_ms, FRESHEN_AT_LEAST_MS);
    return following && performance.now() - this.#read_ms > wait_ms;
  }

  #join() {
    const latest = this.desk.store.latest.get(pointKey(this.target));
    if (!this.trace || this.trace.every_ms !== null || this.span.until_ms !== null) return;
    if (latest?.time_ms && !latest.stale) this.trace = joined(this.trace, latest.time_ms, latest.value, this.#window[0]);
  }

  async #read() {
    const signal = this.beginReading();
    this.#read_ms = performance.now();
    try {
      this.trace = await readTrace(this.target, ...this.#window, signal);
      void readGivenUp(this.target, ...this.#window, signal).then((found) => { if (!signal.aborted) this.givenUp = found; });
      this.failed = false;
    } catch {
      this.failed = !signal.aborted;
    }
  }

  render() {
    const { text, store } = this.desk;
    const device = store.devices.get(deviceKey(this.target));
    const point = this.#point;
    if (!device || !point) return store.filled ? html`<p class="nothing">${said(text).t("chart.unknown")}</p>` : nothing;
    const latest = store.latest.get(pointKey(this.target));
    const age_ms = latest?.time_ms ? store.now() - latest.time_ms : 0;
    return html`
      <section class="chart card" aria-labelledby="chart-title">
        <header>
          <a class="round" href="#/" aria-label=${text.t("chart.back")} @click=${this.#back}>${pageIcon("back")}</a>
          <div class="said"><h2 id="chart-title">${pointName(text, device, point)}</h2><span class="make">${deviceName(text, device)}</span></div>
          <div class="chart-now"><span class="make">${age_ms < LONG_AGO_MS ? said(text).t("chart.now") : text.ago(age_ms)}</span><strong>${valueWithUnit(text, point, latest?.value)}</strong></div>
        </header>
        ${this.#ranges()}
        <div class="plot-frame"><div class="plot" role="img" aria-label=${this.#spoken(device, point)}></div>${this.#instead()}</div>
        ${this.#missing()} ${this.#givenUp()}
        ${this.#summary(point)}
        ${this.#footer()}
      </section>`;
  }

  #ranges() {
    const { text } = this.desk;
    const choices = /** @type {const} */ ([
      [10 * MINUTE_MS, said(text).t("chart.10m")], [60 * MINUTE_MS, said(text).t("chart.1h")], [DAY_MS, said(text).t("chart.24h")], [7 * DAY_MS, said(text).t("chart.7d")],
      [30 * DAY_MS, said(text).t("chart.30d")],
    ]);
    return html`<div class="segments" role="group" aria-label=${said(text).t("chart.range")}>${choices.map(([range_ms, word]) => html`
      <button class="segment" aria-pressed=${range_ms === this.span.range_ms} @click=${() => this.#go(range_ms, this.span.until_ms)}>${word}</button>`)}</div>`;
  }

  #footer() {
    const { text } = this.desk;
    const { range_ms, until_ms } = this.span;
    const [from_ms, to_ms] = this.#window;
    const middle = (from_ms + to_ms) / 2;
    const shift = (/** @type {number} */ by) => () => this.#go(range_ms, to_ms + by * range_ms);
    const scale = (/** @type {number} */ by) => () => this.#go(range_ms * by, until_ms === null ? null : middle + (range_ms * by) / 2);
    return html`
      <div class="chart-tools">
        ${this.#tool("back", said(text).t("chart.earlier"), shift(-0.5))} ${this.#tool("forward", said(text).t("chart.later"), shift(0.5))}
        ${this.#tool("nearer", said(text).t("chart.nearer"), scale(0.5))} ${this.#tool("farther", said(text).t("chart.farther"), scale(2))}
        <button class="segment live" aria-pressed=${until_ms === null} @click=${() => this.#go(range_ms, null)}>${until_ms === null ? icon("check") : nothing}${said(text).t("chart.live")}</button>
        <a class="round" download href=${readingsAddress(this.target, from_ms, to_ms, { format: "csv" })} aria-label=${said(text).t("chart.download")} title=${said(text).t("chart.download")}>${pageIcon("download")}</a>
        <p class="make">${this.trace?.every_ms ? said(text).t("chart.band") : nothing}<span class="for-mouse"> ${said(text).t("chart.hint")}</span></p>
      </div>`;
  }

  /** @param {"back" | "forward" | "nearer" | "farther"} sign @param {string} word @param {() => void} press */
  #tool(sign, word, press) {
    return html`<button class="round" aria-label=${word} title=${word} @click=${press}>${pageIcon(sign)}</button>`;
  }

  #instead() {
    const { text } = this.desk;
    if (this.failed) return html`<p class="instead" role="status">${said(text).t("chart.failed")}</p>`;
    return this.trace && !summaryOf(this.trace) && this.trace.missing.length === 0 ? html`<p class="instead" role="status">${said(text).t("chart.nothing")}</p>` : nothing;
  }

  /** What is shaded in the chart, in words. */
  #missing() {
    const { text } = this.desk;
    const missing = this.trace?.missing ?? [];
    if (missing.length === 0) return nothing;
    const [from_ms] = this.#window;
    const spans = missing.map((one) => `${text.moment(Math.max(from_ms, one.from_ms))} – ${text.moment(one.to_ms)}`).join(", ");
    const why = missing.every((one) => one.reason === "retired") ? "chart.retired" : "chart.missing";
    return html`<p class="chart-missing" role="status">${icon("warning")}${said(text).t(why, { spans })}</p>`;
  }

  /** The node's gap records, in words: how many readings, when, and why. */
  #givenUp() {
    if (this.givenUp.length === 0) return nothing;
    const { text } = this.desk;
    const spans = this.givenUp.map((one) => `${text.moment(one.from_ms)} – ${text.moment(one.to_ms)}`).join(", ");
    const n = this.givenUp.reduce((sum, one) => sum + one.readings, 0);
    return html`<p class="chart-missing is-given-up" role="status">${icon("warning")}${said(text).t("chart.given_up", { n, spans })}</p>`;
  }

  /** @param {wire.Point} point */
  #summary(point) {
    const { text } = this.desk;
    const summary = this.trace && summaryOf(this.trace);
    const words = (/** @type {number | undefined} */ value) => valueWithUnit(text, fine(point), value);
    const sizes = [[said(text).t("chart.minimum"), words(summary?.minimum)], [said(text).t("chart.mean"), words(summary?.mean)], [said(text).t("chart.maximum"), words(summary?.maximum)]];
    const pairs = [...(point.type === "bool" ? [] : sizes), [text.t("chart.count"), summary ? String(summary.count) : "—"]];
    return html`<dl class="summary">${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
  }

  /** @param {wire.Device} device @param {wire.Point} point */
  #spoken(device, point) {
    const { text } = this.desk;
    const summary = this.trace && summaryOf(this.trace);
    if (!summary) return pointName(text, device, point);
    const words = (/** @type {number} */ value) => valueWithUnit(text, fine(point), value);
    const [from_ms, to_ms] = this.#window;
    return said(text).t("chart.spoken", { name: pointName(text, device, point), from: text.moment(from_ms), until: text.moment(to_ms), minimum: words(summary.minimum),
      mean: words(summary.mean), maximum: words(summary.maximum), count: summary.count });
  }

  updated() {
    super.updated();
    const point = this.#point;
    const plot = point && this.plotIn(() => this.#drawn(point));
    if (plot && this.trace) plot.show(this.trace, ...this.#window, [], { spans: [], levels: [], givenUp: this.givenUp });
  }

  /** @param {wire.Point} point @returns {import("./plotted.js").Drawn} */
  #drawn(point) {
    const { text } = this.desk;
    return {
      stepped: point.type === "bool",
      words: (value) => (point.type === "bool" ? axisTruth(text, point, value) : axisNumber(text, value)),
      zoomed: (from_ms, to_ms) => this.#go(to_ms - from_ms, to_ms),
      reset: () => this.#undo(),
    };
  }

  /** @param {number} range_ms @param {number | null} until_ms the future is the present */
  #go(range_ms, until_ms) {
    this.#before.push(this.span);
    const past = until_ms !== null && until_ms < this.desk.store.now();
    location.hash = chartAddress(this.target, { range_ms: clampRange(range_ms), until_ms: past ? until_ms : null });
  }

  #undo() {
    const span = this.#before.pop();
    if (span) location.hash = chartAddress(this.target, span);
  }

  /** @param {Event} event */
  #back(event) {
    event.preventDefault();
    location.hash = "#/";
  }
}

/** A mean of whole numbers is seldom whole. @param {wire.Point} point @returns {wire.Point} */
const fine = (point) => (point.type === "int" ? { ...point, step: 0.1, type: "float" } : point);

/** @param {import("../text.js").Text} text @param {wire.Point} point @param {number} value */
const axisTruth = (text, point, value) => (value === 0 || value === 1 ? valueWord(text, point, value === 1) : "");

await Promise.all([styled("vendor/uplot"), styled("chart/chart")]);
customElements.define("lk-chart", LkChart);
