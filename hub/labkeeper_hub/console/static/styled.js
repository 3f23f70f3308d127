/** Style sheets of what most visits do not need; they come with the module that needs them. */

/** @type {Map<string, Promise<void>>} */
const added = new Map();

/** Add a style sheet of this folder; resolves when it applies, or cannot be had; once, whoever asks. @param {string} name without its ending @returns {Promise<void>} */
export function styled(name) {
  const applies = added.get(name) ?? add(name);
  added.set(name, applies);
  return applies;
}

/** @param {string} name @returns {Promise<void>} */
function add(name) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(`./${name}.css`, import.meta.url).href;
  return new Promise((applied) => {
    link.onload = link.onerror = () => applied();
    document.head.append(link);
  });
}
