export const KINDS = ["text", "number", "boolean"] as const;
export type Kind = (typeof KINDS)[number];

/** What becomes of a column: the person's id, an attribute of a name and kind, or nothing. */
export interface Column {
  name: string;
  use: "person" | "attribute" | "none";
  trait: string;
  kind: Kind;
}

const PERSON = [
  "userid",
  "user_id",
  "user id",
  "id",
  "kundnummer",
  "customer_id",
  "customerid",
  "external_id",
];
const BOOLEANS = ["true", "false", "yes", "no"];

/** The header and the first rows of a table; the separator is what its first line has most of. */
export function readHead(text: string, rows = 5): { header: string[]; rows: string[][] } {
  const plain = text.replace(/^\ufeff/, "");
  const first = plain.slice(0, plain.search(/\r?\n/) < 0 ? undefined : plain.search(/\r?\n/));
  const separator = [",", ";", "\t", "|"].reduce((best, one) =>
    first.split(one).length > first.split(best).length ? one : best,
  );
  const found: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < plain.length && found.length <= rows; at += 1) {
    const sign = plain.charAt(at);
    if (quoted) {
      if (sign === '"' && plain.charAt(at + 1) === '"') {
        cell += '"';
        at += 1;
      } else if (sign === '"') quoted = false;
      else cell += sign;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === separator) {
      row.push(cell.trim());
      cell = "";
    } else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && plain.charAt(at + 1) === "\n") at += 1;
      row.push(cell.trim());
      if (row.some(Boolean)) found.push(row);
      row = [];
      cell = "";
    } else cell += sign;
  }
  if (cell || row.length) {
    row.push(cell.trim());
    if (found.length <= rows && row.some(Boolean)) found.push(row);
  }
  const [header = [], ...rest] = found;
  return { header, rows: rest };
}

/** What the columns most likely are; the person is the first that is called like an id. */
export function guess(header: string[], rows: string[][]): Column[] {
  const lower = header.map((name) => name.toLowerCase());
  const person = PERSON.map((name) => lower.indexOf(name)).find((at) => at >= 0) ?? -1;
  return header.map((name, at) => {
    if (at === person) return { name, use: "person", trait: "", kind: "text" };
    const cells = rows.map((row) => row[at] ?? "").filter(Boolean);
    return { name, use: name ? "attribute" : "none", trait: traitOf(name), kind: kindOf(cells) };
  });
}

/** Numbers are numbers unless they are written as codes are: with leading zeros or a plus. */
function kindOf(cells: string[]): Kind {
  if (cells.length === 0) return "text";
  if (cells.every((cell) => BOOLEANS.includes(cell.toLowerCase()))) return "boolean";
  if (cells.every((cell) => /^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(cell))) return "number";
  return "text";
}

/** The name of an attribute as templates can write it. */
function traitOf(name: string): string {
  const known: Record<string, string> = {
    "e-mail": "email",
    "e-post": "email",
    epost: "email",
    "e-mail address": "email",
    mail: "email",
  };
  const lower = name.toLowerCase();
  return (
    known[lower] ??
    lower
      .normalize("NFKD")
      .replace(/[\u0300-\u036f]/g, "")
      .replace(/[^a-z0-9_]+/g, "_")
      .replace(/^_+|_+$/g, "")
  );
}

/** The mapping as the API takes it, and what is still missing of it. */
export function mapping(columns: Column[]): {
  column: string[];
  problem: "person" | "trait" | "twice" | null;
} {
  const people = columns.filter((one) => one.use === "person");
  const used = columns.filter((one) => one.use === "attribute");
  const traits = used.map((one) => one.trait);
  const column = [
    ...people.map((one) => `${one.name}=userId`),
    ...used.map((one) => `${one.name}=${one.trait}:${one.kind}`),
  ];
  if (people.length !== 1) return { column, problem: "person" };
  if (traits.some((one) => !one)) return { column, problem: "trait" };
  if (new Set(traits).size < traits.length) return { column, problem: "twice" };
  return { column, problem: null };
}

/** Whether a file is a table; else it is lines of JSON. */
export function isTable(name: string, start: string): boolean {
  if (/\.(csv|tsv|txt)$/i.test(name)) return true;
  if (/\.(jsonl|ndjson|json)$/i.test(name)) return false;
  return !start.trimStart().startsWith("{");
}

/** Where a line was left out: its number, and the column or field where one is named. */
export function lineOf(place: string): { line: number | null; field: string } {
  const found = /:(\d+)(?:\s+(.*))?$/.exec(place);
  return found ? { line: Number(found[1]), field: found[2] ?? "" } : { line: null, field: place };
}
