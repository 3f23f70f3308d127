/** An attempt to sign in: with a one-time link, the owner's secret, a name and a password, or an invitation. */
import { SESSION } from "../session.js";

/** @typedef {"ok" | "code" | "refused" | "throttled" | "weak" | "unreachable"} Attempt */

/** @param {import("../session.js").Proof} proof @returns {Promise<Attempt>} */
export async function signIn(proof) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(SESSION, { method: "POST", headers, body: JSON.stringify(proof) }).catch(() => null);
  if (!answer || answer.status >= 500) return "unreachable";
  if (answer.ok) return "ok";
  if (answer.status === 429) return "throttled";
  if (answer.status === 401 && (await answer.json()).code === "second_factor_needed") return "code";
  return answer.status === 422 && "invitation" in proof ? "weak" : "refused";
}
