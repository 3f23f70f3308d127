/** Which elements are on the screen or about to be: two hundred cards cost what twenty do. And whether a finger is. */

/** @type {WeakMap<Element, () => void>} */
const waiting = new WeakMap();
const watch = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => tell(target)), {
  rootMargin: "100% 0px", // one screen ahead, so that neither a scroll nor the tab key meets an empty card
});

/** @param {Element} element */
function tell(element) {
  waiting.get(element)?.();
  notNear(element);
}

/** Call `come` once, when the element is at most a screen away. @param {Element} element @param {() => void} come */
export function whenNear(element, come) {
  waiting.set(element, come);
  watch.observe(element);
}

/** @param {Element} element */
export function notNear(element) {
  waiting.delete(element);
  watch.unobserve(element);
}

const CALM_MS = 3_000;
let touched_ms = -Infinity;
for (const kind of ["pointerdown", "pointermove", "pointerup", "pointercancel", "keydown"]) addEventListener(kind, () => (touched_ms = kind === "pointerdown" ? Infinity : performance.now()), true);

/** Whether nobody is touching the page, nor has just now. */
export const calm = () => performance.now() - touched_ms > CALM_MS;
