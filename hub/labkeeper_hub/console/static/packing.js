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
    span(seen.map(({ target, borderBoxSize: [size] }) => [target, size.blockSize]));
    const outer = new Set(seen.flatMap(({ target }) => target.parentElement?.closest(".room") ?? []));
    span([...outer].map((one) => [one, one.getBoundingClientRect().height])); // of it the browser tells a frame too late
  }
}

/** @param {[Element, number][]} heights_px */
function span(heights_px) {
  const rows = heights_px.map(([child, height_px]) => rowsOf(child, height_px));
  heights_px.forEach(([child], index) => (/** @type {HTMLElement} */ (child).style.gridRowEnd = `span ${rows[index]}`));
}
