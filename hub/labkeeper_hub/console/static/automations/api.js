/** Automations at the hub: what there is, what they did and why, and what one would have done. */

const ALL = "/api/v1/automations";

/** Why the hub refused: a short code, or what is wrong with a text and where. */
export class Refused extends Error {
  /** @param {string} code @param {string} [detail] */
  constructor(code, detail = "") {
    super(detail || code);
    this.code = code;
    this.detail = detail;
  }
}

/** @param {string} path @param {string} [method] @param {object} [body] @returns {Promise<any>} */
async function ask(path, method = "GET", body) {
  const request = body ? { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : { method };
  const answer = await fetch(`${ALL}${path}`, request).catch(() => null);
  if (!answer) throw new Refused("unreachable");
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  const [wrong] = said.errors ?? [];
  throw new Refused(answer.status === 403 ? "forbidden" : said.code ?? String(answer.status), wrong?.message);
}

/** @returns {Promise<wire.Automation[]>} */
export const list = async () => (await ask("")).automations;

/** @param {number} limit @returns {Promise<wire.AutomationRun[]>} the newest first */
export const runs = async (limit) => (await ask(`/runs?limit=${limit}`)).runs;

/** @returns {Promise<{id: string, title: wire.Title, text: string}[]>} */
export const supplied = async () => (await ask("/supplied")).supplied;

/** @param {string} text */
export const put = (text) => ask("", "PUT", { text });

/** @param {string} id @param {boolean} on */
export const turn = (id, on) => ask(`/${id}/switch`, "POST", { on });

/** @param {string} id */
export const remove = (id) => ask(`/${id}`, "DELETE");

/** @param {string} text @param {number} from_ms @param {number} to_ms @returns {Promise<{readings: number, known_ms: number | null, runs: wire.AutomationRun[]}>} */
export const attempt = (text, from_ms, to_ms) => ask("/try", "POST", { text, from: Math.round(from_ms), to: Math.round(to_ms) });
