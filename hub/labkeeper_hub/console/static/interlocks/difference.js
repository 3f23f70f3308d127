/** What a proposed text changes in the one that was approved, line by line: the longest that both have in common stays. */

/** @typedef {{kind: "kept" | "gone" | "new", line: string}} Line */

const MOST = 2_000_000; // cells: two texts of more than 1,400 lines each are shown one after the other

/** @param {string} before @param {string} after @returns {Line[]} */
export function difference(before, after) {
  const [a, b] = [before, after].map((text) => text.replace(/\n$/, "").split("\n"));
  if (a.length * b.length > MOST) return [...a.map((line) => of("gone", line)), ...b.map((line) => of("new", line))];
  const common = lengths(a, b);
  /** @type {Line[]} */
  const found = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && a[i] === b[j]) {
      found.push(of("kept", a[i]));
      [i, j] = [i + 1, j + 1];
    } else if (j === b.length || (i < a.length && common[i + 1][j] >= common[i][j + 1])) found.push(of("gone", a[i++]));
    else found.push(of("new", b[j++]));
  }
  return found;
}

/** How many lines the ends of both from i and j have in common. @param {string[]} a @param {string[]} b */
function lengths(a, b) {
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
  return table;
}

/** @param {Line["kind"]} kind @param {string} line @returns {Line} */
const of = (kind, line) => ({ kind, line });
