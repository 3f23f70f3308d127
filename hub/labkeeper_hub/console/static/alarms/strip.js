/** Alarms where everybody looks: their number in the bar, those of this lab first in the strip. Comes with the first. */
import { html, nothing } from "../vendor/lit.js";
import { rules } from "./api.js";
import { byUrgency, place, placeInSchool, sign, stateWord } from "./names.js";
import { ring } from "./sound.js";
import { DeskElement } from "../element.js";
import { alarmKey } from "../keys.js";
import { ALARMS, WORDS } from "../store.js";
import { styled } from "../styled.js";
import { wordsOf } from "../words.js";

/** @typedef {import("../element.js").Desk} Desk */
/** @typedef {Map<string, wire.AlarmRule>} Rules */

const MOST = 6;
const [zh, en, known] = await Promise.all([wordsOf("alarms", "zh"), wordsOf("alarms", "en"), rules().catch(() => new Map()), styled("alarms/alarms")]);

/** @param {Desk} desk */
const wordsIn = (desk) => (desk.text.language === "zh" ? zh : en);

/** @param {Desk} desk @param {wire.AlarmId} one */
const titleOf = (desk, one) => desk.text.title(known.get(one.rule)?.title, one.rule);

/** Alarms of a lab, and of what is in none; what is suppressed asks for nothing. @param {Desk} desk @param {import("../labs.js").LabView | null} lab */
export function chips(desk, lab) {
  const here = [...desk.store.alarms.values()].filter((one) => one.suppression === "not_suppressed" && (!one.lab || (one.school === lab?.school && one.lab === lab.lab)));
  const shown = here.sort(byUrgency).slice(0, MOST).map((one) => ({ key: `alarm/${alarmKey(one)}`, chip: chip(desk, one) }));
  return here.length > MOST ? [...shown, { key: "alarm/more", chip: more(desk, here.length - MOST) }] : shown;
}

/** @param {Desk} desk @param {wire.Alarm} one */
const chip = (desk, one) => html`
  <a class="chip chip-main alarm-chip ${one.annunciated ? "calls" : ""}" href="#/alarms">${sign(one.priority)}
    <span><strong>${titleOf(desk, one)}</strong><span>${place(desk, wordsIn(desk), one)} · ${stateWord(wordsIn(desk), one)}</span></span></a>`;

/** @param {Desk} desk @param {number} count */
const more = (desk, count) => html`<a class="chip chip-main alarm-chip" href="#/alarms"><span>${wordsIn(desk).t("alarm.more", { count })}</span></a>`;

/** How many ask for somebody; sounds, and is told at once, when one is new. */
class LkAlarmBell extends DeskElement {
  /** @type {Set<string>} */
  #heard = new Set();

  watched() {
    return [ALARMS, WORDS];
  }

  get #calling() {
    return [...this.desk.store.alarms.values()].filter((one) => one.annunciated).sort(byUrgency);
  }

  render() {
    const words = wordsIn(this.desk);
    const calling = this.#calling;
    const standing = [...this.desk.store.alarms.values()].filter((one) => one.suppression === "not_suppressed").length;
    return html`
      <a class="alarm-bell ${calling.length > 0 ? "calls" : ""}" href="#/alarms" aria-label=${words.t("alarm.bell", { count: standing, calling: calling.length })}>
        ${sign(calling[0]?.priority ?? "low")}<span aria-hidden="true">${standing}</span></a>
      <span class="unseen" role="alert" aria-live="assertive">${calling.length > 0 ? `${titleOf(this.desk, calling[0])} · ${placeInSchool(this.desk, words, calling[0])}` : nothing}</span>`;
  }

  updated() {
    super.updated();
    const calling = new Map(this.#calling.map((one) => [`${alarmKey(one)} ${one.raised_ms} ${one.priority} ${one.level}`, one]));
    const fresh = [...calling].filter(([key]) => !this.#heard.has(key)).map(([, one]) => one);
    this.#heard = new Set(calling.keys());
    if (fresh.length > 0) ring(fresh[0].priority);
  }
}

customElements.define("lk-alarm-bell", LkAlarmBell);
