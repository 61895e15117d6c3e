// Which packages ended up in the bundle, and under which licences they may be given away.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

// They ask for nothing but to be named.
const PERMISSIVE = new Set(["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "0BSD", "Unlicense"]);

/** Tell whether a package may be given away under what it says: `MIT`, `(MIT OR GPL-2.0)`, `MIT AND ISC`. */
export function isPermissive(licence) {
  const words = licence.replace(/[()]/g, "");
  return words.split(" OR ").some((one) => one.split(" AND ").every((name) => PERMISSIVE.has(name.trim())));
}

const FILE = /^(licen[cs]e|copying)([.-].*)?$/i;

/** A plugin of the bundler that writes down from which packages modules were taken. */
export function packages() {
  return {
    name: "packages",
    generateBundle(_options, bundle) {
      const found = new Set();
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === "chunk") {
          for (const [id, module] of Object.entries(chunk.modules))
            if (module.renderedLength > 0) add(found, id);
        }
      }
      // Styles are no modules of a chunk any more; they are counted wherever they were imported.
      for (const id of this.getModuleIds()) if (/\.css(\?|$)/.test(id)) add(found, id);
      this.emitFile({
        type: "asset",
        fileName: ".vite/packages.json",
        source: JSON.stringify([...found].sort()),
      });
    },
  };
}

function add(found, id) {
  const at = id.lastIndexOf("/node_modules/");
  if (at < 0) return;
  const clean = id.replace(/^\0/, "").replace(/\?.*$/, "");
  let folder = dirname(clean);
  while (folder.includes("/node_modules/")) {
    const file = join(folder, "package.json");
    // Folders of some packages carry a package.json of two lines that only says which modules these are.
    const about = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
    if (about.name && about.version) {
      found.add(folder);
      return;
    }
    folder = dirname(folder);
  }
}

/** Name, version, licence and its text of packages, by their folders. */
export function namesOf(folders) {
  return folders
    .map((folder) => {
      const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const files = readdirSync(folder).filter((name) => FILE.test(name));
      const text = files.map((name) => readFileSync(join(folder, name), "utf8").trim()).join("\n\n");
      return {
        name: about.name,
        version: about.version,
        licence: about.license ?? "",
        text: text || textFor(about),
      };
    })
    .sort((one, other) => one.name.localeCompare(other.name) || one.version.localeCompare(other.version));
}

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** Some packages say MIT and carry no text: then it is the usual one, with the author whom they name. */
function textFor(about) {
  const author = typeof about.author === "string" ? about.author : about.author?.name;
  const people = author || `the authors of ${about.name}`;
  return about.license === "MIT" ? `MIT License\n\nCopyright (c) ${people}\n\n${MIT}` : "";
}

/** The file that is shipped: each licence text once, with the packages that are under it. */
export function textOf(packages) {
  const byText = new Map();
  for (const one of packages) byText.set(one.text, [...(byText.get(one.text) ?? []), one]);
  const head =
    "Parcours is under the Apache License 2.0. The web application carries parts of these packages, each under the\n" +
    "licence that follows it.\n";
  const parts = [...byText].map(
    ([text, under]) =>
      `${under.map((one) => `${one.name} ${one.version} (${one.licence})`).join("\n")}\n\n${text}\n`,
  );
  return [head, ...parts].join(`\n${"-".repeat(80)}\n\n`);
}
