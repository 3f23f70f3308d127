/** Style sheets of what most visits do not need; they come with the module that needs them. */

/** Add a style sheet of this folder; resolves when it applies, or cannot be had. @param {string} name without its ending @returns {Promise<void>} */
export function styled(name) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(`./${name}.css`, import.meta.url).href;
  return new Promise((applied) => {
    link.onload = link.onerror = () => applied();
    document.head.append(link);
  });
}
