/** Drivers of nodes, as the hub keeps them. */

const ALL = "/api/v1/drivers";

export class Refused extends Error {
  /** @param {string} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** @param {string} path @param {RequestInit} [asked] */
async function ask(path, asked) {
  const answer = await fetch(path, { cache: "no-store", ...asked }).catch(() => null);
  if (!answer) throw new Refused("unreachable");
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(said.code ?? String(answer.status));
  return said;
}

/** @param {string} what @param {object} body @returns {Promise<wire.DriversOutcome>} */
const post = (what, body) => ask(`${ALL}/${what}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** @returns {Promise<wire.NodeDrivers[]>} */
export const nodes = async () => (await ask(ALL)).nodes;

/** @param {wire.NodeId} node @returns {Promise<wire.DriverOffer>} */
export const offer = ({ school, node }) => ask(`${ALL}/offer?${new URLSearchParams({ school, node })}`);

/** @param {wire.NodeId} node @param {wire.DriverInstances} instances */
export const tryOut = ({ school, node }, instances) => post("try", { school, node, instances });

/** @param {wire.NodeDrivers} node @param {wire.DriverInstances} instances @param {boolean} during_lesson */
export const apply = ({ school, node, number }, instances, during_lesson) => post("apply", { school, node, number, instances, during_lesson });

/** @param {wire.NodeDrivers} node @param {boolean} during_lesson */
export const back = ({ school, node, number }, during_lesson) => post("back", { school, node, number, during_lesson });
