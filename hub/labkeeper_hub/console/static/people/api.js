/** What the people page asks of the hub: an answer's body, or the code of a refusal. */

/** @typedef {{ok: true, body: any} | {ok: false, code: string}} Outcome */

/** @param {string} method @param {string} path @param {object} [body] @returns {Promise<Outcome>} */
export async function ask(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`/api/v1/${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) }).catch(() => null);
  if (!answer) return { ok: false, code: "unreachable" };
  const told = answer.status === 204 ? null : await answer.json().catch(() => null);
  return answer.ok ? { ok: true, body: told } : { ok: false, code: told?.code ?? "unreachable" };
}

/** @typedef {{role: string, school: string | null, lab: string | null, bench: string | null, node: string | null, device: string | null, point: string | null, until_ms: number | null}} Grant */
/** @typedef {{name: string, login: string, title: string, grants: Grant[], enters: boolean, second_factor: boolean, school_account: boolean}} Person */
/** @typedef {{name: string, login: string, title: string, has_password: boolean, proved_by: "password" | "secret" | "sign_in", second_factor: boolean, school_account: boolean, required: boolean, recovery_left: number}} Account */
/** @typedef {{id: string, title: string, actions: string[], labs: {school: string, lab: string}[], expires_ms: number, used_ms: number | null}} Token */
/** @typedef {{opened_ms: number, seen_ms: number, here: boolean}} Signed */
