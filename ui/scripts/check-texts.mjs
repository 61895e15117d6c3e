// Every language has every text: the same keys, the plural forms that it needs, the same places for values.
import { readFileSync } from "node:fs";

const FORMS = { en: ["one", "other"], sv: ["one", "other"], fr: ["one", "many", "other"] };
const PLURAL = /_(zero|one|two|few|many|other)$/;

const flat = (value, path = "") =>
  Object.entries(value).flatMap(([name, one]) => {
    const place = path ? `${path}.${name}` : name;
    return typeof one === "string" ? [[place, one]] : flat(one, place);
  });
const read = (language) =>
  new Map(
    flat(JSON.parse(readFileSync(new URL(`../src/locales/${language}.json`, import.meta.url), "utf8"))),
  );
const values = (text) =>
  [...text.matchAll(/{{\s*(\w+)/g)]
    .map((found) => found[1])
    .sort()
    .join(" ");

const problems = [];
const english = read("en");
const stems = new Map(
  [...english].map(([key, text]) => [key.replace(PLURAL, ""), { plural: PLURAL.test(key), text }]),
);
for (const language of Object.keys(FORMS)) {
  const texts = read(language);
  const wanted = new Set();
  for (const [stem, { plural }] of stems) {
    for (const key of plural ? FORMS[language].map((form) => `${stem}_${form}`) : [stem]) {
      wanted.add(key);
      const text = texts.get(key);
      if (!text?.trim()) problems.push(`${language}: ${key} is missing`);
      else if (values(text) !== values(stems.get(stem).text))
        problems.push(`${language}: ${key} has other values`);
    }
  }
  for (const key of texts.keys())
    if (!wanted.has(key)) problems.push(`${language}: ${key} is not in English`);
}
if (problems.length) {
  console.error(problems.join("\n"));
  process.exit(1);
}
console.log(`${stems.size} texts in ${Object.keys(FORMS).length} languages`);
