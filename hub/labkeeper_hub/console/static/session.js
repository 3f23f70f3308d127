/** Who is looking: a one-time link in the address, the owner's secret in a form, a cookie the page never sees. */

export const SESSION = "/api/v1/session";
/** @typedef {"in" | "out" | "unreachable"} Standing */

/** @typedef {({link: string} | {secret: string} | {name: string, password: string} | {invitation: string, password: string} | {floor: string}) & {code?: string}} Proof */

/** The token of a sign-in link, taken out of the address bar at once so that it is neither seen nor bookmarked. */
export function takeLinkToken() {
  return takeToken(/^#sign-in=(.+)$/);
}

/** The token of an invitation, taken out of the address bar likewise. */
export function takeInvitation() {
  return takeToken(/^#invitation=(.+)$/);
}

/** @param {RegExp} form */
function takeToken(form) {
  const token = form.exec(location.hash)?.[1];
  if (token === undefined) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return decodeURIComponent(token);
}

export async function signOut() {
  await fetch(SESSION, { method: "DELETE" }).catch(() => null);
}

/** Who is signed in here, and what they may do: a pseudonym and names of actions. @param {Promise<Response | null>} [asked] where the hub has been asked already
 * @returns {Promise<{standing: Standing, name: string, actions: string[]}>} */
export async function whoIsHere(asked) {
  const answer = await (asked ?? fetch(SESSION).catch(() => null));
  if (!answer || answer.status >= 500) return { standing: "unreachable", name: "", actions: [] };
  return answer.ok ? { standing: "in", ...(await answer.json()) } : { standing: "out", name: "", actions: [] };
}
