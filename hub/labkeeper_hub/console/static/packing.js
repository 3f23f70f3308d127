/** Packs a grid of unequal children without holes: each spans as many fine rows as it is high, in the order they come. */

export const ROW_PX = 4; // `grid-auto-rows` of a packed grid

/** @param {Element} child @param {number} height_px */
export function rowsOf(child, height_px) {
  const { marginTop, marginBottom } = getComputedStyle(child);
  return Math.max(1, Math.ceil((height_px + parseFloat(marginTop) + parseFloat(marginBottom)) / ROW_PX));
}

export class Packing {
  /** @type {WeakSet<Element>} */
  #watched = new WeakSet();
  #sizes = new ResizeObserver((entries) => this.#place(entries));

  /** Place these from now on, however high they become. @param {Iterable<Element>} children */
  watch(children) {
    for (const child of children) {
      if (this.#watched.has(child)) continue;
      this.#watched.add(child);
      this.#sizes.observe(child, { box: "border-box" });
    }
  }

  /** All is read before anything is written: one layout for two hundred cards, not two hundred. @param {ResizeObserverEntry[]} entries */
  #place(entries) {
    const seen = entries.filter(({ borderBoxSize: [size] }) => size.blockSize > 0); // 0: the page shows something else
    const rows = seen.map(({ target, borderBoxSize: [size] }) => rowsOf(target, size.blockSize));
    seen.forEach(({ target }, index) => (/** @type {HTMLElement} */ (target).style.gridRowEnd = `span ${rows[index]}`));
  }
}
