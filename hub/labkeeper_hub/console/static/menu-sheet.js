/** Language, theme, the pages and leaving: what the menu opens. */
import { html, nothing } from "./vendor/lit.js";
import { icon } from "./icons.js";
import { pagesFor, say } from "./pages.js";
import { setTheme, theme } from "./preferences.js";
import { styled } from "./styled.js";

/** @typedef {import("./menu.js").LkMenu} LkMenu */

/** @param {LkMenu} menu */
export function menuSheet(menu) {
  const text = say(menu.desk.text);
  return html`
    <div class="menu-sheet">
      <div role="group" aria-label=${text.t("menu.language")} class="segments">
        ${segment("中文", text.language === "zh", () => menu.deeds.speak("zh"), "zh-CN")}
        ${segment("English", text.language === "en", () => menu.deeds.speak("en"), "en")}
      </div>
      <div role="group" aria-label=${text.t("menu.theme")} class="segments">
        ${themed(menu, "auto", text.t("theme.auto"))} ${themed(menu, "light", text.t("theme.light"))}
        ${themed(menu, "dark", text.t("theme.dark"))}
      </div>
      ${menu.signedIn ? signedIn(menu) : nothing}
    </div>`;
}

/** @param {LkMenu} menu */
const signedIn = (menu) => html`
  ${pagesFor(menu.desk).map(([page, word]) => html`<a class="plain" href="#/${page}" @click=${() => menu.close()}>${word}</a>`)}
  <button class="plain" @click=${() => menu.deeds.leave()}>${say(menu.desk.text).t("menu.sign_out")}</button>`;

/** @param {LkMenu} menu @param {import("./preferences.js").Theme} which @param {string} word */
function themed(menu, which, word) {
  const choose = () => {
    setTheme(which);
    menu.requestUpdate();
  };
  return segment(word, theme() === which, choose);
}

/** @param {string} word @param {boolean} chosen @param {() => void} choose @param {string} [language] */
const segment = (word, chosen, choose, language) =>
  html`<button class="segment" aria-pressed=${chosen} lang=${language ?? nothing} @click=${choose}>${chosen ? icon("check") : nothing}${word}</button>`;

await styled("menu");
