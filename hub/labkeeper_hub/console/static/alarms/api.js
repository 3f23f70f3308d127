/** Alarms at the hub: what rules say, what happened, how much it was, and what people do. */

const ALL = "/api/v1/alarms";

/** Why the hub refused; `code` is short and stable. */
export class Refused extends Error {
  /** @param {string} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** @param {string} path @param {RequestInit} [request] @returns {Promise<any>} */
async function ask(path, request) {
  const answer = await fetch(`${ALL}${path}`, request).catch(() => null);
  if (!answer) throw new Refused("unreachable");
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status === 403 ? "forbidden" : said.code ?? String(answer.status));
  return said;
}

/** @param {string} path @param {object} body @returns {Promise<any>} */
const post = (path, body) => ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** @type {Promise<{rules: wire.AlarmRule[], settable: wire.AlarmPlace[]}> | null} */
let opened = null;

/** Asked for once, and again after a failure. */
function told() {
  opened ??= ask("/rules");
  opened.catch(() => (opened = null));
  return opened;
}

/** Every rule by its id. @returns {Promise<Map<string, wire.AlarmRule>>} */
export const rules = async () => new Map((await told()).rules.map((rule) => [rule.id, rule]));

/** Where one may set limits. @returns {Promise<wire.AlarmPlace[]>} */
export const settable = async () => (await told()).settable ?? [];

/** Ask for the rules again, once they may be others. */
export function forgetRules() {
  opened = null;
}

/** @param {string} rule */
const limitsOf = (rule) => `/rules/${encodeURIComponent(rule)}/limits`;

/** @param {string} rule @param {wire.AlarmPlace & {off: boolean, limits: Record<string, number>, on_delay_ms: Record<string, number>, off_delay_ms: Record<string, number>, deadband: Record<string, number>, why: string}} said */
export const setLimit = (rule, said) => ask(limitsOf(rule), { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(said) });

/** @param {string} rule @param {wire.AlarmPlace} place */
export const removeLimit = (rule, { school, lab }) => ask(`${limitsOf(rule)}?${new URLSearchParams({ school, ...(lab === null ? {} : { lab }) })}`, { method: "DELETE" });

/** The points here that a rule watches. @param {string} rule @returns {Promise<(wire.PointId & {lab: string})[]>} */
export const watched = async (rule) => (await ask(`/rules/${encodeURIComponent(rule)}/points`)).points;

/** @param {wire.AlarmId} one */
const address = ({ rule, school, node, device, point }) => ({ rule, school, node, device, point });

/** @param {"acknowledge" | "reset" | "unshelve" | "put-back"} what @param {wire.AlarmId[]} alarms */
export const act = (what, alarms) => post(`/${what}`, { alarms: alarms.map(address) });

/** @param {wire.AlarmId} alarm @param {string} why @param {number} until_ms */
export const shelve = (alarm, why, until_ms) => post("/shelve", { alarms: [address(alarm)], why, until_ms: Math.round(until_ms) });

/** @param {wire.AlarmId} alarm @param {string} order */
export const takeOut = (alarm, order) => post("/take-out", { alarm: address(alarm), order });

/** Lines of the history, the newest first, and where the older ones begin. @param {number} limit @param {number | null} before @returns {Promise<{entries: wire.AlarmEntry[], next: number | null}>} */
export const history = (limit, before) => ask(`/history?limit=${limit}${before === null ? "" : `&before=${before}`}`);

/** @param {number} from_ms @returns {Promise<wire.AlarmKpis[]>} */
export const kpis = async (from_ms) => (await ask(`/kpis?from=${Math.round(from_ms)}`)).groups;

/** @param {wire.AlarmId} alarm @param {number} from_ms @param {number} to_ms @param {Record<string, number>} limits @returns {Promise<wire.Trial>} */
export const attempt = (alarm, from_ms, to_ms, limits) =>
  post("/try", { alarm: address(alarm), from: Math.round(from_ms), to: Math.round(to_ms), limits });
