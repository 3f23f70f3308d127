/** Words, numbers and times in the language of the reader. Catalogues are i18n/zh.json and i18n/en.json, equal in keys. */

/** @typedef {import("./preferences.js").Language} Language */

const locales = { zh: "zh-CN", en: "en-GB" };

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const spans = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1_000]];

export class Text {
  #words;
  #ago;
  #clock;
  #moment;
  /** Formats by decimals: making one costs more than using it a hundred times. @type {Map<number, Intl.NumberFormat>} */
  #numbers = new Map();

  /** @param {Language} language @param {Record<string, string>} words */
  constructor(language, words) {
    const locale = locales[language];
    this.language = language;
    this.locale = locale;
    this.#words = words;
    this.#ago = new Intl.RelativeTimeFormat(locale, { numeric: "always", style: "short" });
    this.#clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
    this.#moment = new Intl.DateTimeFormat(locale, {
      month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    });
  }

  /** The text of `key`, `{name}` filled from `values`. @param {string} key @param {Record<string, string | number>} [values] */
  t(key, values = {}) {
    const text = this.#words[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
  }

  /** The word of a family for an id that comes from the wire, or undefined. @param {string} family @param {string} id */
  word(family, id) {
    return this.#words[`${family}.${id}`];
  }

  /** @param {wire.Title | null | undefined} title @param {string} fallback */
  title(title, fallback) {
    const other = this.language === "zh" ? "en" : "zh";
    return title?.[this.language] || title?.[other] || fallback;
  }

  /** @param {number} value @param {number} decimals */
  number(value, decimals) {
    let format = this.#numbers.get(decimals);
    if (!format) {
      const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
      format = new Intl.NumberFormat(this.locale, { ...digits, useGrouping: false });
      this.#numbers.set(decimals, format);
    }
    return format.format(Math.abs(value) < 0.5 * 10 ** -decimals ? 0 : value); // never "-0"
  }

  /** How many, with the digits in groups. @param {number} many */
  count(many) {
    return many.toLocaleString(this.locale);
  }

  /** How long ago, in the largest whole unit. @param {number} age_ms */
  ago(age_ms) {
    const [unit, size] = spans.find(([, span]) => age_ms >= span) ?? spans[3];
    return this.#ago.format(-Math.max(0, Math.floor(age_ms / size)), unit);
  }

  /** @param {number} time_ms */
  clock(time_ms) {
    return this.#clock.format(time_ms);
  }

  /** @param {number} time_ms */
  moment(time_ms) {
    return this.#moment.format(time_ms);
  }
}

/** @param {Language} language @param {Promise<Response>} [asked] where the words have been asked for already @returns {Promise<Text>} */
export async function openText(language, asked) {
  const answer = await (asked ?? fetch(new URL(`./i18n/${language}.json`, import.meta.url)));
  return new Text(language, await answer.json());
}
