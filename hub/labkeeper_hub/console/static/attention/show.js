/** The way from an entry to what it tells of. */
import { labAddress } from "../route.js";

/** Lead to a device where it is: on its lab's page. @param {import("../labs.js").LabView | null} lab @param {string} key */
export function show(lab, key) {
  const card = document.getElementById(`device/${key}`);
  const look = () => {
    card?.scrollIntoView({ block: "center" });
    card?.focus({ preventScroll: true });
  };
  if (!card?.closest("[hidden]") || !lab) return look();
  addEventListener("hashchange", () => requestAnimationFrame(look), { once: true }); // the lab comes before the frame
  location.hash = labAddress(lab.school, lab.lab);
}
