/** Telling people at the hub: channels without their secrets, the plan, what became of messages. */
import { Refused } from "../alarms/api.js";

const ALL = "/api/v1/telling";

/** @param {string} path @param {RequestInit} [request] @returns {Promise<any>} */
async function ask(path, request) {
  const answer = await fetch(`${ALL}${path}`, request).catch(() => null);
  if (!answer) throw new Refused("unreachable");
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(said.code ?? String(answer.status));
  return said;
}

/** @returns {Promise<{channels: wire.Channel[], kinds: wire.ChannelKind[]}>} */
export const channels = () => ask("/channels");

/** @returns {Promise<wire.TellingPlan>} */
export const plan = () => ask("/plan");

/** Put a plan in the place of the one that was shown; one that somebody else changed meanwhile stays. @param {wire.TellingPlan} shown @param {wire.TellingPlan} wanted @returns {Promise<wire.TellingPlan>} */
export async function replan(shown, wanted) {
  if (JSON.stringify(await plan()) !== JSON.stringify(shown)) throw new Refused("changed_meanwhile");
  return ask("/plan", { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wanted) });
}

/** @param {number} limit @returns {Promise<wire.Told[]>} the newest first */
export const messages = async (limit) => (await ask(`/messages?limit=${limit}`)).messages;

/** @param {string} name @returns {Promise<wire.Told>} what became of it */
export const test = (name) => ask(`/channels/${encodeURIComponent(name)}/test`, { method: "POST" });

/** @param {string} name */
export const remove = (name) => ask(`/channels/${encodeURIComponent(name)}`, { method: "DELETE" });

/** @param {{name: string, kind: string, language: string, configuration: Record<string, string>}} channel */
export const add = (channel) =>
  ask("/channels", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(channel) });
