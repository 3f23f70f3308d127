/** The fields of a driver, made of its schema: text, number, choice, secret, list, table and map, each with its mistake. */
import { html, nothing, repeat } from "../vendor/lit.js";
import { fieldOf, fieldsOf, fresh, isSealed, itemOf, pointer, read, renamed, shown } from "./model.js";
import { wrongWords } from "./wrong.js";

/** @typedef {import("./model.js").Field} Field */
/** @typedef {import("./model.js").Json} Json */
/** @typedef {import("./model.js").Path} Path */
/** @typedef {import("./model.js").Table} Table */

/**
 * What a form needs to know besides the values. `change` puts another value at a place, undefined takes it away.
 * @typedef {object} Sheet
 * @property {import("../text.js").Text} words
 * @property {import("../text.js").Text} text
 * @property {string} prefix of every id in the page
 * @property {import("./model.js").Schema} root
 * @property {wire.DriverMistake[]} mistakes
 * @property {Map<string, Set<string>>} said which keys each table had when it was first shown
 * @property {Set<string>} opened which folds are open
 * @property {(key: string, open: boolean) => void} toggled
 * @property {(path: Path, value: Json | undefined) => void} change
 */

/** The fields of a table. @param {Sheet} sheet @param {import("./model.js").Schema} schema @param {Path} path @param {Json | undefined} value @returns {unknown} */
export function tableForm(sheet, schema, path, value) {
  const held = /** @type {Table} */ (value ?? {});
  const fields = fieldsOf(sheet.root, schema);
  const said = sheet.said.get(pointer(path)) ?? new Set(Object.keys(held));
  sheet.said.set(pointer(path), said); // what is shown at once must not change under a finger
  const often = fields.filter((field) => field.required || said.has(field.name) || needed(field));
  const seldom = fields.filter((field) => !often.includes(field));
  return html`${often.map((field) => fieldForm(sheet, field, [...path, field.name], held[field.name]))}
    ${seldom.length === 0 ? nothing : fold(sheet, { mark: "drivers-more", key: `${pointer(path)}#more`, wrong: seldom.some(({ name }) => wrongUnder(sheet, [...path, name])), title: sheet.words.t("drivers.more", { count: seldom.length }) },
      () => html`${seldom.map((field) => fieldForm(sheet, field, [...path, field.name], held[field.name]))}`)}`;
}

/** What can be opened; what is in it is made when it is open, so that nothing hidden can be met. @param {Pick<Sheet, "opened" | "toggled">} sheet @param {{mark: string, key: string, wrong: boolean, title: unknown}} shape @param {() => unknown} content */
export function fold({ opened, toggled }, { mark, key, wrong, title }, content) {
  const open = wrong || opened.has(key);
  /** @param {Event} event */
  const toggle = (event) => toggled(key, /** @type {HTMLDetailsElement} */ (event.target).open);
  return html`<details class=${mark} .open=${open} @toggle=${toggle}><summary>${title}</summary>${open ? content() : nothing}</details>`;
}

/** Keys that everybody wants to see though they may be left out. @param {Field} field */
const needed = ({ kind }) => kind === "secret" || kind === "map";

/** @param {Sheet} sheet @param {Field} field @param {Path} path @param {Json | undefined} value @returns {unknown} */
function fieldForm(sheet, field, path, value) {
  const { kind, schema } = field;
  if (kind === "list") return listForm(sheet, field, path, /** @type {Json[] | undefined} */ (value));
  if (kind === "map") return mapForm(sheet, field, path, /** @type {Table | undefined} */ (value));
  if (kind === "table") return group(sheet, field, path, tableForm(sheet, schema, path, value));
  return leafForm(sheet, field, path, value);
}

/** @param {Sheet} sheet @param {Field} field @param {Path} path @param {Json | undefined} value */
function leafForm(sheet, field, path, value) {
  const id = idOf(sheet, path);
  const wrong = wrongAt(sheet, path);
  return html`<div class="drivers-field">
    <label for=${id}>${titleOf(sheet, field)}${field.required ? html`<span class="drivers-must" aria-hidden="true"> *</span>` : nothing}</label>
    ${inputOf(sheet, field, path, value, { id, wrong: wrong !== "" })}
    ${helpOf(sheet, field, value, id)}
    <p class="drivers-wrong" id="${id}-wrong" role="status">${wrong}</p></div>`;
}

/** @param {Sheet} sheet @param {Field} field @param {Path} path @param {Json | undefined} value @param {{id: string, wrong: boolean}} shape */
function inputOf(sheet, field, path, value, { id, wrong }) {
  const described = `${id}-help ${id}-wrong`;
  /** @param {Event} event */
  const typed = (event) => sheet.change(path, read(field, /** @type {HTMLInputElement} */ (event.target).value));
  if (field.kind === "flag") {
    const on = value ?? field.fallback ?? false;
    return html`<input type="checkbox" class="drivers-flag" id=${id} aria-describedby=${described} .checked=${on === true}
      @change=${(/** @type {Event} */ event) => sheet.change(path, /** @type {HTMLInputElement} */ (event.target).checked)}>`;
  }
  if (field.kind === "choice") {
    return html`<select id=${id} aria-describedby=${described} aria-invalid=${wrong} @change=${typed}>
      ${field.required ? nothing : html`<option value="" ?selected=${value === undefined || value === null}>${sheet.words.t("drivers.by_itself", { value: shown(field.fallback) || "–" })}</option>`}
      ${field.required && value === undefined ? html`<option value="" selected disabled></option>` : nothing}
      ${field.choices.map((one) => html`<option value=${String(one)} ?selected=${one === value}>${String(one)}</option>`)}</select>`;
  }
  const number = field.kind === "number" || field.kind === "integer";
  const secret = field.kind === "secret";
  return html`<input id=${id} type=${secret ? "password" : "text"} inputmode=${number ? "decimal" : nothing} autocomplete=${secret ? "new-password" : "off"}
    spellcheck="false" autocapitalize="off" aria-describedby=${described} aria-invalid=${wrong} aria-required=${field.required}
    placeholder=${secret && isSealed(value) ? sheet.words.t("drivers.secret_kept") : shown(field.fallback)} .value=${shown(value)} @input=${typed}>`;
}

/** @param {Sheet} sheet @param {Field} field @param {Path} path @param {Json[] | undefined} value */
function listForm(sheet, field, path, value) {
  const items = value ?? (Array.isArray(field.fallback) ? field.fallback : []);
  const { words } = sheet;
  const inner = itemOf(field);
  return group(sheet, field, path, html`
    ${items.map((one, at) => html`<div class="drivers-item">${fieldForm(sheet, { ...fieldOf(sheet.root, inner, ""), title: { zh: `${at + 1}`, en: `${at + 1}` } }, [...path, at], one)}
      <button type="button" class="segment" @click=${() => sheet.change(path, items.filter((_, other) => other !== at))}>${words.t("drivers.take_away", { name: String(at + 1) })}</button></div>`)}
    <button type="button" class="do" @click=${() => sheet.change(path, [...items, fresh(sheet.root, inner)])}>${words.t("drivers.add_item")}</button>`);
}

/** @param {Sheet} sheet @param {Field} field @param {Path} path @param {Table | undefined} value */
function mapForm(sheet, field, path, value) {
  const held = value ?? {};
  const { words } = sheet;
  const inner = itemOf(field);
  const id = idOf(sheet, path);
  /** @param {string} name @param {Event} event */
  const rename = (name, event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const after = input.value.trim();
    if (after === "" || after in held) input.value = name;
    else {
      sheet.toggled(pointer([...path, after]), true);
      sheet.change(path, renamed(held, name, after));
    }
  };
  const add = () => {
    let number = 1;
    while (`new-${number}` in held) number += 1;
    sheet.toggled(pointer([...path, `new-${number}`]), true);
    sheet.change(path, { ...held, [`new-${number}`]: fresh(sheet.root, inner) });
  };
  return group(sheet, field, path, html`
    ${repeat(Object.entries(held), (_, at) => at, ([name, one], at) => fold(sheet, { mark: "drivers-entry", key: pointer([...path, name]), wrong: wrongUnder(sheet, [...path, name]), title: name }, () => html`<div class="drivers-field"><label for="${id}-name-${at}">${words.t("drivers.entry_name")}</label><input id="${id}-name-${at}" .value=${name} autocomplete="off" spellcheck="false" @change=${(/** @type {Event} */ event) => rename(name, event)}></div>
      ${entryForm(sheet, inner, [...path, name], one)}
      <button type="button" class="segment" @click=${() => sheet.change([...path, name], undefined)}>${words.t("drivers.take_away", { name })}</button>`))}
    <button type="button" class="do" @click=${add}>${words.t("drivers.add_item")}</button>`);
}

/** @param {Sheet} sheet @param {import("./model.js").Schema} schema @param {Path} path @param {Json} value */
function entryForm(sheet, schema, path, value) {
  const field = fieldOf(sheet.root, schema, "");
  if (field.kind === "table") return tableForm(sheet, field.schema, path, value);
  return fieldForm(sheet, { ...field, title: { zh: sheet.words.t("drivers.value"), en: sheet.words.t("drivers.value") }, help: {}, required: true }, path, value);
}

/** @param {Sheet} sheet @param {Field} field @param {Path} path @param {unknown} content */
function group(sheet, field, path, content) {
  const wrong = wrongAt(sheet, path);
  return html`<fieldset class="drivers-group"><legend>${titleOf(sheet, field)}</legend>${helpOf(sheet, field, undefined, idOf(sheet, path))}
    ${wrong ? html`<p class="drivers-wrong" role="status">${wrong}</p>` : nothing}${content}</fieldset>`;
}

/** @param {Sheet} sheet @param {Field} field */
const titleOf = ({ text, words }, { name, title }) => text.title({ zh: title.zh ?? "", en: title.en ?? "" }, words.word("driverskey", name) ?? name);

/** @param {Sheet} sheet @param {Field} field @param {Json | undefined} value @param {string} id */
function helpOf({ text, words }, { help, kind, least, most, between }, value, id) {
  const limits = least !== undefined && most !== undefined ? words.t(between ? "drivers.between" : "drivers.from_to", { least, most }) : least !== undefined ? words.t("drivers.from", { least }) : most !== undefined ? words.t("drivers.to", { most }) : "";
  const kept = kind === "secret" ? words.t(isSealed(value) ? "drivers.secret_replace" : "drivers.secret_once") : "";
  const own = help[text.language];
  const said = own ?? help.en ?? "";
  return html`<p class="quiet small" id="${id}-help">${said ? html`<span lang=${own || text.language === "en" ? nothing : "en"}>${said}</span>` : nothing}${[limits, kept].filter((one) => one).map((one, at) => `${at > 0 || said ? " · " : ""}${one}`)}</p>`;
}

/** @param {Sheet} sheet @param {Path} path */
const idOf = ({ prefix }, path) => `${prefix}${pointer(path)}`.replace(/[^\w-]/g, (mark) => `_${mark.codePointAt(0)}`);

/** @param {Sheet} sheet @param {Path} path */
const wrongAt = ({ mistakes, words }, path) => mistakes.filter((one) => one.pointer === pointer(path)).map((one) => wrongWords(words, one)).join(" ");

/** @param {Sheet} sheet @param {Path} path */
const wrongUnder = ({ mistakes }, path) => mistakes.some((one) => `${one.pointer}/`.startsWith(`${pointer(path)}/`));
