/** The data catalogue: every point, since when it is recorded, how complete each day is; and from here, files. */
import { html, nothing, svg } from "../vendor/lit.js";
import { Download, exportAddress } from "./download.js";
import { DeskElement } from "../element.js";
import { pageIcon } from "../signs.js";
import { deviceName, pointName } from "../names.js";
import { SHAPE } from "../store.js";
import { styled } from "../styled.js";
import { sign } from "../units.js";
import { bothOf } from "../words.js";

const said = await bothOf("catalogue");

const DAY_MS = 86_400_000;
const ranges = /** @type {const} */ ([1, 7, 31]);
const shown = 7; // days of which there is room for a bar

class LkCatalogue extends DeskElement {
  static properties = { found: { state: true }, failed: { state: true }, days: { state: true }, chosen: { state: true }, download: { state: true } };

  /** @type {AbortController | undefined} */
  #asking;

  constructor() {
    super();
    /** @type {wire.Catalogue | null} */
    this.found = null;
    this.failed = false;
    this.days = 7;
    /** Addresses of points. @type {ReadonlySet<string>} */
    this.chosen = new Set();
    /** @type {Download | null} */
    this.download = null;
  }

  watched() {
    return [SHAPE];
  }

  firstUpdated() {
    void this.#ask();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#asking?.abort();
    this.download?.forget();
  }

  async #ask() {
    this.#asking?.abort();
    const { signal } = (this.#asking = new AbortController());
    const offset_h = Math.floor(-new Date().getTimezoneOffset() / 60);
    try {
      const answer = await fetch(`/api/v1/catalogue?${new URLSearchParams({ days: String(this.days), offset_h: String(offset_h) })}`, { signal });
      if (!answer.ok) throw new Error(String(answer.status));
      this.found = await answer.json();
      this.failed = false;
    } catch (error) {
      if (!signal.aborted) this.failed = true;
    }
  }

  render() {
    const { text } = this.desk;
    return html`
      <section class="catalogue" aria-labelledby="catalogue-title">
        <header>
          <a class="round" href="#/" aria-label=${text.t("chart.back")}>${pageIcon("back")}</a>
          <h2 id="catalogue-title">${said(text).t("catalogue.title")}</h2>
        </header>
        <p class="quiet small">${said(text).t("catalogue.meaning")}</p>
        ${this.#tools()}
        ${this.failed ? html`<p role="status">${said(text).t("catalogue.failed")}</p>` : nothing}
        ${this.found?.pending ? html`<p role="status">${said(text).t("catalogue.pending", { count: text.count(this.found.pending) })}</p>` : nothing}
        ${this.found ? this.#devices(this.found) : html`<p class="quiet" role="status">${said(text).t("catalogue.reading")}</p>`}
      </section>`;
  }

  #tools() {
    const { text } = this.desk;
    const { download } = this;
    const busy = download?.state === "running";
    return html`
      <div class="catalogue-tools">
        <div role="group" aria-label=${said(text).t("catalogue.range")} class="segments">
          ${ranges.map((days) => html`<button class="segment" aria-pressed=${this.days === days} @click=${() => this.#range(days)}>${said(text).t("catalogue.days", { count: days })}</button>`)}
        </div>
        <button class="segment" ?disabled=${busy || !this.found} @click=${() => this.#save("csv")}>${pageIcon("download")}CSV</button>
        <button class="segment" ?disabled=${busy || !this.found} @click=${() => this.#save("parquet")}>${pageIcon("download")}Parquet</button>
        <span class="quiet small">${this.chosen.size ? said(text).t("catalogue.chosen", { count: this.chosen.size }) : said(text).t("catalogue.all")}</span>
      </div>
      <div class="catalogue-progress" role="status">${download ? this.#progress(download) : nothing}</div>`;
  }

  /** @param {Download} download */
  #progress(download) {
    const { text } = this.desk;
    const { state, done, total } = download;
    const words = { done: text.count(done), total: text.count(total) };
    if (state === "running") return html`<progress max=${Math.max(1, total)} .value=${done} aria-label=${said(text).t("catalogue.progress")}></progress> ${said(text).t("catalogue.running", words)}`;
    const away = download.reason !== null && download.reason !== "retired";
    const failed = away ? "catalogue.failed_influx" : "catalogue.failed";
    const ended = said(text).t({ done: "catalogue.done", ended: "catalogue.ended", failed }[state], words);
    if (state !== "done" || download.incomplete_before_ms === null) return ended;
    const incomplete = away ? "catalogue.incomplete_influx" : "catalogue.incomplete";
    return html`${ended} ${said(text).t(incomplete, { time: text.moment(download.incomplete_before_ms) })}`;
  }

  /** @param {number} days */
  #range(days) {
    this.days = days;
    void this.#ask();
  }

  /** @param {"csv" | "parquet"} format */
  #save(format) {
    if (!this.found) return;
    this.download?.forget();
    this.download = new Download(() => this.requestUpdate());
    const { from_ms, to_ms } = this.found;
    const until = Math.min(to_ms, this.desk.store.now() + DAY_MS);
    this.download.start(exportAddress(format, from_ms, until, [...this.chosen], this.download.id));
  }

  /** @param {wire.Catalogue} found */
  #devices(found) {
    const { store } = this.desk;
    /** @type {Map<string, wire.CataloguePoint[]>} */
    const groups = new Map();
    for (const one of found.points) {
      const key = `${one.school}/${one.node}/${one.device}`;
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
    return [...groups].map(([key, points]) => this.#device(key, store.devices.get(key), points));
  }

  /** @param {string} key @param {wire.Device | undefined} device none: nobody describes it any more @param {wire.CataloguePoint[]} points */
  #device(key, device, points) {
    const { text } = this.desk;
    const name = device ? deviceName(text, device) : key;
    const days = (points[0]?.days ?? []).slice(-shown).reverse();
    return html`
      <article class="card">
        <h3>${name}</h3>
        <div class="catalogue-scroll" role="region" tabindex="0" aria-label=${name}>
          <table>
            <thead><tr>
              <th scope="col">${said(text).t("catalogue.point")}</th><th scope="col">${said(text).t("catalogue.limits")}</th>
              <th scope="col" class="right">${text.t("chart.count")}</th><th scope="col">${said(text).t("catalogue.recorded")}</th>
              ${days.map((day) => html`<th scope="col" class="right">${dayWord(text, day.day)}</th>`)}
              <th scope="col">${said(text).t("catalogue.gaps")}</th>
            </tr></thead>
            <tbody>${points.map((one) => this.#point(device, one))}</tbody>
          </table>
        </div>
      </article>`;
  }

  /** @param {wire.Device | undefined} device @param {wire.CataloguePoint} one */
  #point(device, one) {
    const { text } = this.desk;
    const address = `${one.school}/${one.node}/${one.device}/${one.point}`;
    const known = device?.points.find((point) => point.point === one.point);
    const name = device && known ? pointName(text, device, known) : html`${one.point}${one.described ? nothing : html` <span class="quiet small">${said(text).t("catalogue.undescribed")}</span>`}`;
    return html`<tr>
      <th scope="row"><label class="catalogue-pick"><input type="checkbox" .checked=${this.chosen.has(address)} @change=${() => this.#choose(address)}>${name}</label></th>
      <td>${this.#limits(one)}</td>
      <td class="right">${text.count(one.readings)}${one.removed ? html` <span class="quiet small">${said(text).t("catalogue.removed", { count: text.count(one.removed) })}</span>` : nothing}</td>
      <td>${one.first_ms === null || one.last_ms === null ? "—" : `${text.moment(one.first_ms)} – ${text.moment(one.last_ms)}`}</td>
      ${one.days.slice(-shown).reverse().map((day) => html`<td class="right">${this.#day(day)}</td>`)}
      <td>${this.#gaps(one)}</td>
    </tr>`;
  }

  /** @param {wire.CataloguePoint} one */
  #limits(one) {
    const { text } = this.desk;
    const unit = sign(one.unit);
    if (typeof one.minimum !== "number" || typeof one.maximum !== "number") return unit || "—";
    return `${text.number(one.minimum, 0)} … ${text.number(one.maximum, 0)} ${unit}`;
  }

  /** A day as a bar and a number; a day without slots as its count of readings. @param {wire.CatalogueDay} day */
  #day(day) {
    const { text } = this.desk;
    const doubtful = day.stale + day.bad + day.no_value;
    const beside = doubtful ? html`<span class="quiet small" title=${said(text).t("catalogue.doubtful")}>+${text.count(doubtful)}</span>` : nothing;
    if (day.completeness === null) return html`${text.count(day.good)} ${beside}`;
    const percent = Math.floor(day.completeness * 100);
    const bar = svg`<rect width="24" height="6" class="under"/><rect width=${(24 * percent) / 100} height="6" class="over"/>`;
    return html`<svg class="catalogue-bar ${percent < 95 ? "lacking" : ""}" viewBox="0 0 24 6" aria-hidden="true">${bar}</svg> ${percent} % ${beside}`;
  }

  /** @param {wire.CataloguePoint} one */
  #gaps(one) {
    const { text } = this.desk;
    const last = one.gaps.at(-1);
    if (!last) return one.slot_ms === null ? "" : said(text).t("catalogue.no_gaps");
    const more = one.gaps.length - 1 + one.gaps_left_out;
    const named = `${text.moment(last[0])} – ${text.moment(last[1])}`;
    return more ? said(text).t("catalogue.more_gaps", { gap: named, count: more }) : named;
  }

  /** @param {string} address */
  #choose(address) {
    const chosen = new Set(this.chosen);
    if (!chosen.delete(address)) chosen.add(address);
    this.chosen = chosen;
  }
}

/** As the reader writes a day: 27/11 or 11/27. @param {import("../text.js").Text} text @param {string} day a date of the school's calendar */
const dayWord = ({ locale }, day) => new Date(`${day}T12:00`).toLocaleDateString(locale, { day: "numeric", month: "numeric" });

await styled("catalogue/catalogue");
customElements.define("lk-catalogue", LkCatalogue);
