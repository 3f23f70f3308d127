/** What this browser remembers: language and theme. The first values were set by boot.js before the first paint. */

/** @typedef {"zh" | "en"} Language */
/** @typedef {"auto" | "light" | "dark"} Theme */

const root = document.documentElement;

/** @param {string} key @param {string} value */
function keep(key, value) {
  try {
    localStorage.setItem(`labkeeper.${key}`, value);
  } catch {
    // storage may be forbidden; then the choice lasts as long as the page
  }
}

/** @returns {Language} */
export const language = () => (root.lang === "en" ? "en" : "zh");

/** @param {Language} chosen */
export function setLanguage(chosen) {
  root.lang = chosen === "zh" ? "zh-CN" : "en";
  keep("language", chosen);
}

/** @returns {Theme} */
export function theme() {
  const chosen = root.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : "auto";
}

/** @param {Theme} chosen */
export function setTheme(chosen) {
  if (chosen === "auto") delete root.dataset.theme;
  else root.dataset.theme = chosen;
  keep("theme", chosen);
}
