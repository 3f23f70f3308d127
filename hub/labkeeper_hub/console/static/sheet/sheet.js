/** Sheets lie over the page and under the bar: STOP stays where it always is and takes a press whatever is open. So none
 * is modal, for a browser puts everything beside a modal dialog out of reach. */
import { styled } from "../styled.js";

const REACHABLE = "button:not(:disabled), a[href], input:not(:disabled), select, summary";

/** Show a `<dialog class="sheet">`; Escape and a tap beside it close it, and whatever is pressed in the bar. @param {HTMLDialogElement} dialog */
export function openSheet(dialog) {
  const over = new AbortController();
  const { signal } = over;
  const stop = /** @type {HTMLElement | null} */ (document.querySelector("lk-stop"));
  /** @param {string} type @param {(event: Event, within: boolean) => void} heard */
  const listen = (type, heard) => document.addEventListener(type, (event) => {
    if (dialog.open && dialog.isConnected) heard(event, dialog.contains(/** @type {Node} */ (event.target)));
    else over.abort(); // its element is gone without having closed it
  }, { signal, capture: true });
  listen("keydown", (event) => { if (/** @type {KeyboardEvent} */ (event).key === "Escape") dialog.close(); });
  listen("pointerdown", (_, within) => { if (!within) dialog.close(); });
  listen("click", (event, within) => { if (event.target === dialog || !within) dialog.close(); });
  let inside = true; // where the focus is: the tab key goes round the sheet and STOP
  listen("focusin", (event, within) => {
    const goes = within || Boolean(stop?.contains(/** @type {Node} */ (event.target)));
    if (!goes) /** @type {HTMLElement | null | undefined} */ ((inside ? stop : dialog)?.querySelector(REACHABLE))?.focus();
    else inside = within;
  });
  dialog.addEventListener("close", () => over.abort(), { signal });
  dialog.show();
}

await styled("sheet/sheet");
