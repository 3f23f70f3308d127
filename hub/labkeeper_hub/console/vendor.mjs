// Copies the page's third-party files and their licences from node_modules into static/vendor/.
// The browser gets them as they are, but for bare import names, which it could not resolve without an import map
// (an inline import map needs a hash in the content security policy; a relative path needs nothing).
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "static", "vendor");
const root = join(dirname(createRequire(import.meta.url).resolve("lit")), "..");

const modules = {
  "css-tag.js": "@lit/reactive-element/css-tag.js",
  "reactive-element.js": "@lit/reactive-element/reactive-element.js",
  "lit-html.js": "lit-html/lit-html.js",
  "lit-element.js": "lit-element/lit-element.js",
  "directive.js": "lit-html/directive.js",
  "directive-helpers.js": "lit-html/directive-helpers.js",
  "repeat.js": "lit-html/directives/repeat.js",
};
const bareNames = { "@lit/reactive-element": "./reactive-element.js", "lit-html": "./lit-html.js" };
const licences = { "lit.LICENSE": "lit/LICENSE", "uplot.LICENSE": "uplot/LICENSE" };
const litIndex = `export { html, nothing, svg } from "./lit-html.js";
export { LitElement } from "./lit-element.js";
export { repeat } from "./repeat.js";
`;
const types = {
  "lit.d.ts": `export { html, LitElement, nothing, svg } from "lit";\nexport { repeat } from "lit/directives/repeat.js";\n`,
  "uplot.d.ts": `export { default } from "uplot";\n`,
};

/** @param {string} path */
const read = (path) => readFile(join(root, path), "utf8");
/** @param {string} name @param {string} text */
const write = (name, text) => writeFile(join(target, name), text);

/** @param {string} source */
function relative(source) {
  return source
    .replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n")
    .replace(/(from|import)"([^"]+)"/g, (_, word, name) => `${word}"${resolved(name)}"`);
}

/** @param {string} name */
function resolved(name) {
  const found = bareNames[name] ?? name.replace(/^\.\.\//, "./");
  if (!found.startsWith("./")) throw new Error(`no vendored file for import "${name}"`);
  return found;
}

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
for (const [name, path] of Object.entries(modules)) await write(name, relative(await read(path)));
for (const [name, path] of Object.entries(licences)) await write(name, await read(path));
await write("lit.js", litIndex);
for (const [name, text] of Object.entries(types)) await write(name, text); // for `npm run check`; no browser asks for them
// uPlot's own ES module is three times the size of its minified script, which needs only its name exported.
await write("uplot.js", `${await read("uplot/dist/uPlot.iife.min.js")}\nexport default uPlot;\n`);
await write("uplot.css", await read("uplot/dist/uPlot.min.css"));
console.log(`${Object.keys(modules).length + 3} files and ${Object.keys(licences).length} licences in ${target}`);
