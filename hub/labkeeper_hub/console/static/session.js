/** Who is looking: a one-time link in the address, the owner's secret in a form, a cookie the page never sees. */

const SESSION = "/api/v1/session";
/** @typedef {"in" | "out" | "unreachable"} Standing */
/** @typedef {"ok" | "refused" | "throttled" | "unreachable"} Attempt */

/** The token of a sign-in link, taken out of the address bar at once so that it is neither seen nor bookmarked. */
export function takeLinkToken() {
  const token = /^#sign-in=(.+)$/.exec(location.hash)?.[1];
  if (token === undefined) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return decodeURIComponent(token);
}

/** @param {{link: string} | {secret: string}} proof @returns {Promise<Attempt>} */
export async function signIn(proof) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(SESSION, { method: "POST", headers, body: JSON.stringify(proof) }).catch(() => null);
  if (!answer || answer.status >= 500) return "unreachable";
  if (answer.ok) return "ok";
  return answer.status === 429 ? "throttled" : "refused";
}

export async function signOut() {
  await fetch(SESSION, { method: "DELETE" }).catch(() => null);
}

/** @param {Promise<Response | null>} [asked] where the hub has been asked already @returns {Promise<Standing>} */
export async function standing(asked) {
  const answer = await (asked ?? fetch(SESSION).catch(() => null));
  if (!answer || answer.status >= 500) return "unreachable";
  if (!answer.ok) return "out";
  return (await answer.json()).signed_in === false ? "out" : "in";
}
