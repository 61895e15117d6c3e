// The texts of a language in two parts: those of the first screen, and all others, which come right behind it. Each
// language stays one file to write in.
import { readFileSync } from "node:fs";

const NAME = "virtual:texts/";
const FIRST = new Set([
  "app",
  "bringIn",
  "bulk",
  "cause",
  "home",
  "number",
  "sending",
  "signIn",
  "status",
  "switch",
  "trigger",
  "trouble",
]);
const FILES = new URL("../src/locales/", import.meta.url).pathname;

function part(language, which) {
  const all = JSON.parse(readFileSync(`${FILES}${language}.json`, "utf8"));
  const sections = Object.entries(all).filter(([name]) => FIRST.has(name) === (which === "first"));
  const found = Object.fromEntries(sections);
  if (which === "first") {
    // Of the commands the list shows their names; what they do is told by their dialogs.
    const names = Object.entries(all.command).map(([command, texts]) => [command, { label: texts.label }]);
    found.command = Object.fromEntries(names);
  }
  return found;
}

/** A plugin of the bundler: `virtual:texts/sv/first` and `virtual:texts/sv/rest`. */
export function texts() {
  return {
    name: "texts",
    resolveId: (id) => (id.startsWith(NAME) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${NAME}`)) return null;
      const [language, which] = id.slice(NAME.length + 1).split("/");
      this.addWatchFile(`${FILES}${language}.json`);
      return `export default ${JSON.stringify(part(language, which))}`;
    },
  };
}
