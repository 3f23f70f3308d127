// Runs before the first paint, so that neither language nor theme flashes; a plain script because modules run too late.
(() => {
  /** @param {string} key */
  const kept = (key) => {
    try {
      return localStorage.getItem(`labkeeper.${key}`);
    } catch {
      return null; // storage may be forbidden; the page works without
    }
  };
  const root = document.documentElement;
  const language = kept("language") ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
  root.lang = language === "zh" ? "zh-CN" : "en";
  const theme = kept("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
})();
