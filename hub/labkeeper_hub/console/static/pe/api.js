/** PE classes at the hub: who is in them, beginning and ending one, and the board as it is told. */

/** @typedef {{number: number, consent_by: "guardian" | "pupil" | null, cap: number | null}} Band */
/** @typedef {{code: string, years: number, bands: Band[]}} Roster */
/** @typedef {"rest" | "light" | "moderate" | "vigorous" | "highest"} Zone */
/** @typedef {{number: number, rate: number | null, zone: Zone | null, trend: number, lost: boolean, advice: "none" | "ease" | "look", seen: boolean}} Tile */
/** @typedef {{heard: number, mean: number | null, mean_so_far: number | null, group_density: number | null, each_density: number | null}} Figures */
/** @typedef {{id: string, code: string, started_ms: number, now_ms: number, highest: number, tiles: Tile[], waiting: number[], figures: Figures}} Board */
/** @typedef {{school: string, lab: string}} Place */

const AGAIN_MS = 2_000;

/** @param {Place} place */
const of = ({ school, lab }) => `/api/v1/labs/${encodeURIComponent(school)}/${encodeURIComponent(lab)}`;

/** @param {string} path @param {string} [method] @param {object} [body] @returns {Promise<any>} rejects with an Error whose message is the hub's code */
async function ask(path, method = "GET", body) {
  const request = body ? { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : { method };
  const answer = await fetch(path, request).catch(() => null);
  if (!answer) throw new Error("unreachable");
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.code ?? String(answer.status));
  return said;
}

/** @param {Place} place @returns {Promise<Roster[]>} */
export const classes = async (place) => (await ask(`${of(place)}/pe-classes`)).classes;

/** @param {Place} place @param {Roster} roster @returns {Promise<Roster>} */
export const write = (place, { code, years, bands }) => ask(`${of(place)}/pe-classes/${code}`, "PUT", { years, bands: bands.map(({ number, consent_by, cap }) => ({ number, consent_by, cap })) });

/** @param {Place} place @param {string} code */
export const remove = (place, code) => ask(`${of(place)}/pe-classes/${code}`, "DELETE");

/** @param {Place} place @param {string} code */
export const start = (place, code) => ask(`${of(place)}/pe-class`, "POST", { code });

/** @param {Place} place */
export const end = (place) => ask(`${of(place)}/pe-class/end`, "POST");

/** @param {Place} place @param {number} number */
export const seen = (place, number) => ask(`${of(place)}/pe-class/seen`, "POST", { number });

/** Hear the board until the returned function is called; it is tried again for ever. @param {Place} place @param {(board: Board | null) => void} hear @returns {() => void} */
export function listen(place, hear) {
  /** @type {WebSocket | undefined} */
  let socket;
  let over = false;
  const open = () => {
    if (over) return;
    socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${of(place)}/pe-class/live`);
    socket.onmessage = (event) => hear(JSON.parse(event.data).board);
    socket.onclose = () => setTimeout(open, AGAIN_MS);
  };
  open();
  return () => {
    over = true;
    socket?.close();
  };
}
