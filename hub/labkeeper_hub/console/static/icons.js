/** Signs beside words: never the only carrier of a meaning, so hidden from screen readers. */
import { svg, html } from "./vendor/lit.js";

const shapes = {
  warning: svg`<path d="M12 4 2.8 19.5h18.4L12 4Z"/><path d="M12 10v4.5M12 17v.2"/>`,
  check: svg`<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
  clock: svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/>`,
  waiting: svg`<path d="M12 3.5a8.5 8.5 0 1 1-8.5 8.5"/>`,
  retry: svg`<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3M19.5 3.5v4.2h-4.2"/>`,
  close: svg`<path d="m6 6 12 12M18 6 6 18"/>`,
  on: svg`<circle cx="12" cy="12" r="6.5" fill="currentColor"/>`,
  off: svg`<circle cx="12" cy="12" r="6.5"/>`,
  power: svg`<path d="M12 3.5v8M17.5 6.8a7.8 7.8 0 1 1-11 0"/>`,
  linked: svg`<path d="M4.5 12.5a10.6 10.6 0 0 1 15 0M7.8 15.8a6 6 0 0 1 8.4 0M12 19.2v.1"/>`,
  menu: svg`<circle cx="12" cy="5.5" r="1"/><circle cx="12" cy="12" r="1"/><circle cx="12" cy="18.5" r="1"/>`,
  halt: svg`<path d="M8 3.5h8l4.5 4.5v8L16 20.5H8L3.5 16V8L8 3.5Z"/><path d="M8.5 12h7"/>`,
};

/** @param {keyof typeof shapes} name */
export const icon = (name) => drawn(name, shapes[name]);

/** @param {string} name @param {unknown} shape */
export const drawn = (name, shape) => html`<svg class="icon icon-${name}" viewBox="0 0 24 24" aria-hidden="true">${shape}</svg>`;
