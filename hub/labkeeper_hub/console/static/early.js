/** What every visit needs, asked for before the rest of the page has arrived: this module imports nothing. */
const language = document.documentElement.lang === "en" ? "en" : "zh";

export const words = fetch(new URL(`./i18n/${language}.json`, import.meta.url));
/** Null where a sign-in link is about to make a session. */
export const session = location.hash.startsWith("#sign-in=") ? null : fetch("/api/v1/session").catch(() => null);
