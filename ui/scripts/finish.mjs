// After the build: what the first screen loads is held to its budget, every package that is bundled is named with its
// licence, and files lie there compressed as well, since the server sends them as they are.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { isPermissive, namesOf, textOf } from "./licences.mjs";

const BUILT = new URL("../../src/parcours/static/", import.meta.url).pathname;
const BUDGET = 250_000; // bytes of JavaScript, compressed by gzip
const LANGUAGES = ["en", "sv", "fr"];
const FIRST = ["index.html", "src/home/Home.tsx"]; // what whoever opens the application gets to see
const COMPRESSED = /\.(js|css|svg|html|txt)$/;

const manifest = JSON.parse(readFileSync(join(BUILT, ".vite/manifest.json"), "utf8"));

/** The files that an entry loads before it runs: its own, and those of everything that it imports statically. */
function closure(names, seen = new Set()) {
  for (const name of names) {
    if (seen.has(name)) continue;
    const chunk = manifest[name];
    if (chunk === undefined) throw new Error(`the build has no ${name}: ui/scripts/finish.mjs names it`);
    seen.add(name);
    closure(chunk.imports ?? [], seen);
  }
  return seen;
}

/** The texts that the first screen waits for. */
function textsOf(language) {
  const found = Object.keys(manifest).filter((name) => name.includes(`virtual:texts/${language}/first`));
  if (found.length !== 1)
    throw new Error(`the build has ${found.length} first parts of the texts in ${language}`);
  return found[0];
}

const gzip = (text) => gzipSync(text, { level: 9 });
const brotli = (text) =>
  brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } });
const kilo = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

function budget() {
  const sizes = LANGUAGES.map((language) => {
    const chunks = [...closure([...FIRST, textsOf(language)])].map((name) => manifest[name]);
    const scripts = [...new Set(chunks.map((chunk) => chunk.file))].filter((file) => file.endsWith(".js"));
    const styles = [...new Set(chunks.flatMap((chunk) => chunk.css ?? []))];
    const read = (file) => readFileSync(join(BUILT, file));
    return {
      language,
      gzip: sum(scripts.map((file) => gzip(read(file)).length)),
      brotli: sum(scripts.map((file) => brotli(read(file)).length)),
      styles: sum(styles.map((file) => gzip(read(file)).length)),
      scripts,
    };
  });
  const most = sizes.reduce((one, other) => (other.gzip > one.gzip ? other : one));
  console.error(
    `First screen (${most.language}): ${kilo(most.gzip)} of JavaScript by gzip, ${kilo(most.brotli)} by brotli, ` +
      `and ${kilo(most.styles)} of styles; the budget is ${kilo(BUDGET)}`,
  );
  if (most.gzip <= BUDGET) return;
  const parts = most.scripts.map((file) => [gzip(readFileSync(join(BUILT, file))).length, file]);
  for (const [size, file] of parts.sort((one, other) => other[0] - one[0]))
    console.error(`  ${kilo(size)}  ${file}`);
  throw new Error("the first screen loads too much: let what it does not show come later, by import()");
}

function licences() {
  const bundled = JSON.parse(readFileSync(join(BUILT, ".vite/packages.json"), "utf8"));
  const packages = namesOf(bundled);
  const bad = packages.filter((one) => !isPermissive(one.licence) || one.text === "");
  if (bad.length > 0) {
    const told = bad.map(
      (one) => `${one.name}: ${one.licence || "no licence"}${one.text ? "" : ", without its text"}`,
    );
    throw new Error(`bundled without a licence that is known to be permissive: ${told.join("; ")}`);
  }
  writeFileSync(join(BUILT, "licences.txt"), textOf(packages));
  console.error(`${packages.length} packages are bundled, each with its licence in licences.txt`);
}

function compress(folder) {
  for (const one of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, one.name);
    if (one.isDirectory()) compress(path);
    else if (COMPRESSED.test(one.name)) {
      const text = readFileSync(path);
      if (text.length < 1000) continue;
      writeFileSync(`${path}.br`, brotli(text));
      writeFileSync(`${path}.gz`, gzip(text));
    }
  }
}

try {
  budget();
  licences();
  rmSync(join(BUILT, ".vite"), { recursive: true });
  compress(BUILT);
} catch (error) {
  // What is over its budget is not kept: nobody shall take it for built.
  if (existsSync(BUILT)) rmSync(BUILT, { recursive: true });
  console.error(String(error instanceof Error ? error.message : error));
  process.exit(1);
}
