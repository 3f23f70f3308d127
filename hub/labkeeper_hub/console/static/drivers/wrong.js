/** A mistake in the reader's words; what has none is told as the node said it. Pure. */

/** @param {import("../text.js").Text} words @param {wire.DriverMistake} mistake @returns {string} */
export function wrongWords(words, { code, problem, limits }) {
  const said = words.word("driverswrong", code);
  return said ? words.t(`driverswrong.${code}`, limits) : problem;
}
