/** More icons: those of the pages that most visits do not open. */
import { svg } from "./vendor/lit.js";
import { drawn } from "./icons.js";

const shapes = {
  back: svg`<path d="m14.5 5-7 7 7 7"/>`,
  forward: svg`<path d="m9.5 5 7 7-7 7"/>`,
  nearer: svg`<circle cx="10.5" cy="10.5" r="6.5"/><path d="m20 20-4.8-4.8M10.5 7.5v6M7.5 10.5h6"/>`,
  farther: svg`<circle cx="10.5" cy="10.5" r="6.5"/><path d="m20 20-4.8-4.8M7.5 10.5h6"/>`,
  download: svg`<path d="M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14"/>`,
};

/** @param {keyof typeof shapes} name */
export const pageIcon = (name) => drawn(name, shapes[name]);
