/** The board of a PE class: a tile a band in the order of numbers, the class as a whole, and what to do. Nobody is ranked. */
import { html, nothing, repeat } from "../vendor/lit.js";
import { icon } from "../icons.js";

/** @typedef {import("./api.js").Board} Board */
/** @typedef {import("./api.js").Tile} Tile */
/** @typedef {import("../text.js").Text} Text */

const ZONES = ["rest", "light", "moderate", "vigorous", "highest"];
const BARS = [1, 2, 3, 4, 5];
const ARROWS = /** @type {Record<string, string>} */ ({ "1": "↑", "0": "→", "-1": "↓" });
const TARGETS = { low: 140, high: 160, group: 0.75, each: 0.5 };

/** @param {Board} board @param {Text} words @param {boolean} stale @param {(number: number) => void} seen */
export function boardOf(board, words, stale, seen) {
  return html`
    <div class="pe-board ${stale ? "is-stale" : ""}">
      ${stale ? html`<p class="pe-stale" role="status">${icon("warning")}${words.t("pe.stale")}</p>` : nothing}
      ${figures(board, words)}
      ${advice(board, words, seen)}
      <ul class="pe-tiles" aria-label=${words.t("pe.bands")}>${repeat(board.tiles, (one) => one.number, (one) => tile(one, words))}
        ${board.waiting.map((number) => html`<li class="pe-tile is-waiting"><b>${number}</b><span>${words.t("pe.no_consent")}</span></li>`)}</ul>
    </div>`;
}

/** @param {Tile} one @param {Text} words */
function tile(one, words) {
  const level = one.zone ? ZONES.indexOf(one.zone) + 1 : 0;
  const state = one.lost ? words.t("pe.lost") : one.zone ? words.t(`pe.zone.${one.zone}`) : words.t("pe.unknown");
  return html`
    <li class="pe-tile zone-${one.zone ?? "none"} advice-${one.advice} ${one.lost ? "is-lost" : ""}">
      <span class="pe-number"><b>${one.number}</b>${one.advice === "none" ? nothing : icon("warning")}
        ${one.rate === null ? nothing : html`<span class="pe-trend" role="img" aria-label=${words.t(`pe.trend.${one.trend}`)}>${ARROWS[one.trend]}</span>`}</span>
      <span class="pe-rate">${one.rate ?? "–"}</span>
      <span class="pe-zone"><span class="pe-bars" aria-hidden="true">${BARS.map((bar) => html`<i class=${bar <= level ? "on" : ""}></i>`)}</span>${state}</span>
    </li>`;
}

/** @param {Board} board @param {Text} words */
function figures({ figures: now, tiles, started_ms, now_ms }, words) {
  const percent = (/** @type {number | null} */ share) => (share === null ? "–" : `${words.number(share * 100, 0)} %`);
  const rate = (/** @type {number | null} */ mean) => (mean === null ? "–" : words.number(mean, 0));
  const figure = (/** @type {string} */ key, /** @type {string} */ value, /** @type {string} */ target = "") => html`
    <div><dt>${words.t(`pe.${key}`)}</dt><dd>${value}</dd><dd class="pe-target">${target}</dd></div>`;
  return html`
    <dl class="pe-figures">
      ${figure("elapsed", words.t("pe.minutes", { minutes: Math.floor((now_ms - started_ms) / 60_000) }))}
      ${figure("heard", `${now.heard} / ${tiles.length}`)}
      ${figure("mean", rate(now.mean), words.t("pe.mean_target", { low: TARGETS.low, high: TARGETS.high }))}
      ${figure("mean_so_far", rate(now.mean_so_far), words.t("pe.mean_target", { low: TARGETS.low, high: TARGETS.high }))}
      ${figure("group", percent(now.group_density), words.t("pe.target", { share: TARGETS.group * 100 }))}
      ${figure("each", percent(now.each_density), words.t("pe.target", { share: TARGETS.each * 100 }))}
    </dl>`;
}

/** @param {Board} board @param {Text} words @param {(number: number) => void} seen */
function advice({ tiles }, words, seen) {
  const [look, ease, lost] = [tiles.filter((one) => one.advice === "look"), tiles.filter((one) => one.advice === "ease"), tiles.filter((one) => one.lost && one.advice === "none")];
  const quiet = look.length + ease.length + lost.length === 0;
  return html`
    <section class="pe-advice" aria-labelledby="pe-advice-title" tabindex="0">
      <h3 id="pe-advice-title">${words.t("pe.advice")}</h3>
      <p class="unseen" role="status">${look.length ? words.t("pe.look_all", { numbers: numbers(look, words) }) : ""}</p>
      ${quiet ? html`<p class="quiet">${words.t("pe.quiet")}</p>` : nothing}
      <ul>
        ${repeat([...look, ...ease], (one) => one.number, (one) => html`
          <li class="advice-${one.advice}">${icon("warning")}<span><b>${words.t("pe.band", { number: one.number })}</b> ${words.t(`pe.do.${one.advice}`)}</span>
            <button class="segment" ?disabled=${one.seen} @click=${() => seen(one.number)}>${one.seen ? words.t("pe.is_seen") : words.t("pe.see")}<span class="unseen"> ${words.t("pe.band", { number: one.number })}</span></button></li>`)}
        ${lost.length ? html`<li>${icon("clock")}<span><b>${words.t("pe.lost_all", { numbers: numbers(lost, words) })}</b> ${words.t("pe.do.lost")}</span></li>` : nothing}
      </ul>
    </section>`;
}

/** @param {Tile[]} tiles @param {Text} words */
const numbers = (tiles, words) => tiles.map((one) => one.number).join(words.language === "zh" ? "、" : ", ");
