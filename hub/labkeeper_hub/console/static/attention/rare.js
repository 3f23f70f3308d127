/** What seldom needs attention: a colleague who asks for the lab, alarms, nodes not to be trusted. Comes when there is some. */
import { html, nothing } from "../vendor/lit.js";
import { icon } from "../icons.js";
import { nodeKey } from "../keys.js";
import { devicesOf } from "../labs.js";
import { ALARMS, LEASES } from "../store.js";
import { styled } from "../styled.js";
import { bothOf } from "../words.js";

/** @typedef {import("../element.js").Desk} Desk */
/** @typedef {import("../labs.js").LabView} LabView */
/** @typedef {{key: string, chip: unknown}} Item */

const [say] = await Promise.all([bothOf("attention"), styled("attention/attention")]);

/** Whoever asks first of all, for somebody waits; null: there is none yet, but what would tell of more is still to come. @param {Desk} desk @param {LabView | null} lab @returns {Item[] | null} */
export function chips(desk, lab) {
  const [alarmed, late] = [alarms(desk, lab), influx(desk)];
  const known = [...asks(desk), ...unrecorded(desk, lab), ...(alarmed ?? []), ...unguarded(desk, lab), ...twins(desk, lab), ...bare(desk, lab), ...(late ?? [])];
  return known.length === 0 && !(alarmed && late) ? null : known;
}

/** @type {{strip?: typeof import("../alarms/strip.js"), storing?: typeof import("../storing.js")}} */
const more = {};

/** @param {Desk} desk @param {LabView | null} lab */
function alarms(desk, lab) {
  if (desk.store.alarms.size === 0) return [];
  if (!more.strip) void import("../alarms/strip.js").then((found) => { more.strip = found; desk.store.tell(ALARMS); }, () => {});
  return more.strip?.chips(desk, lab) ?? null;
}

/** What a facility manager should know wherever they look: the copy for charts is late or lacks something. @param {Desk} desk */
function influx(desk) {
  const lacks = desk.store.influx;
  if (!lacks?.attention) return [];
  if (!more.storing) void import("../storing.js").then((found) => { more.storing = found; desk.store.tell(ALARMS); }, () => {});
  return more.storing ? [{ key: "influx", chip: more.storing.chip(desk.text, lacks) }] : null;
}

/** The nodes of a lab: those that say so or say none, and those that something of it hangs on. @param {import("../store.js").Store} store @param {LabView | null} lab @returns {wire.Node[]} */
function nodesOf(store, lab) {
  if (!lab) return [];
  const carry = new Set(devicesOf(store, lab).map(nodeKey));
  return [...store.nodes.values()].filter((one) => carry.has(nodeKey(one)) || (one.school === lab.school && (one.lab || lab.lab) === lab.lab));
}

/** Lost nodes that nothing of the lab hangs on: the devices of others tell of theirs. @param {Desk} desk @param {LabView | null} lab @returns {Item[]} */
function bare({ store, text }, lab) {
  const carry = new Set(lab ? devicesOf(store, lab).map(nodeKey) : []);
  return nodesOf(store, lab).filter((one) => !one.online && !carry.has(nodeKey(one))).map((one) => ({
    key: nodeKey(one),
    chip: html`<div class="chip chip-main">${icon("warning")}<span><strong>${text.t("attention.node", { node: one.node, count: 0 })}</strong><span>${text.t("device.offline")} <span class="age">${text.ago(store.now() - one.since_ms)}</span></span></span></div>`,
  }));
}

/** Nodes that more than one machine passes for: neither can be trusted. @param {Desk} desk @param {LabView | null} lab */
function twins(desk, lab) {
  const words = say(desk.text);
  return nodesOf(desk.store, lab).filter((one) => one.twin).map((one) => ({
    key: `twin/${nodeKey(one)}`,
    chip: html`<div class="chip"><div class="chip-main">${icon("warning")}<span><strong>${words.t("rare.twin", { node: one.node })}</strong><span>${words.t("rare.twin_why")}</span></span></div></div>`,
  }));
}

/** A lesson of which no record is kept: whoever wants its readings must know before it is over. @param {Desk} desk @param {LabView | null} lab */
function unrecorded({ store, text }, lab) {
  const words = say(text);
  return store.lessons.filter((one) => one.recorded === false && one.school === lab?.school && one.lab === lab.lab).map((one) => ({
    key: `unrecorded/${one.name}`,
    chip: html`<div class="chip"><div class="chip-main">${icon("warning")}<span><strong>${words.t("rare.unrecorded")}</strong><span>${words.t("rare.unrecorded_why")}</span></span></div></div>`,
  }));
}

/** Nodes that do not run the interlocks that two persons agreed on. @param {Desk} desk @param {LabView | null} lab */
function unguarded(desk, lab) {
  const words = say(desk.text);
  const mine = desk.store.may("change_interlocks");
  return nodesOf(desk.store, lab).filter((one) => one.interlocks_differ).map((one) => {
    const said = html`${icon("warning")}<span><strong>${words.t("rare.unguarded", { node: one.node })}</strong><span>${words.t(mine ? "rare.unguarded_look" : "rare.unguarded_tell")}</span></span>`;
    return { key: `unguarded/${nodeKey(one)}`, chip: mine ? html`<a class="chip chip-main" href="#/interlocks">${said}</a>` : html`<div class="chip chip-main">${said}</div>` };
  });
}

/** Who asks for a lab that one has, whichever lab one looks at. @param {Desk} desk @returns {Item[]} */
function asks(desk) {
  const { store } = desk;
  const mine = store.leases.filter((one) => one.holder === store.person);
  return mine.flatMap((lease) => lease.asks.filter((one) => one.state === "open").map((one) => ({ key: `ask/${lease.fence}/${one.by}`, chip: asking(desk, lease, one) })));
}

/** @param {Desk} desk @param {wire.Lease} lease @param {wire.Ask} ask */
function asking(desk, lease, ask) {
  const words = say(desk.text);
  const left = Math.max(0, Math.ceil((ask.until_ms - desk.store.now()) / 1_000));
  const known = desk.store.labs.find((one) => one.school === lease.school && one.lab === lease.lab);
  const press = (/** @type {boolean} */ give) => () => void reply(desk, lease, ask.by, give);
  return html`
    <div class="chip" role="group" aria-label=${words.t("rare.asks", { who: desk.store.who(ask.by) })}>
      <div class="chip-main" role="status">${icon("waiting")}<span><strong>${words.t("rare.asks", { who: desk.store.who(ask.by) })}</strong><span>${desk.text.title(known?.title, lease.lab)} · ${words.t("rare.left", { left })}</span></span></div>
      <button class="chip-word" @click=${press(true)}>${words.t("rare.give")}</button>
      <button class="chip-word" @click=${press(false)}>${words.t("rare.keep")}</button>
      ${failed.has(lease.fence) ? html`<span role="status">${words.t("rare.failed")}</span>` : nothing}
    </div>`;
}

/** Leases of which an answer could not be given. @type {Set<number>} */
const failed = new Set();

/** @param {Desk} desk @param {wire.Lease} lease @param {string} by @param {boolean} give */
async function reply({ store }, lease, by, give) {
  const address = `/api/v1/labs/${encodeURIComponent(lease.school)}/${encodeURIComponent(lease.lab)}/lesson/reply`;
  const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ by, give }) }).catch(() => null);
  if (answer?.ok) failed.delete(lease.fence);
  else failed.add(lease.fence);
  store.tell(LEASES);
}
