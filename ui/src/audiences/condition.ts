/** A condition as the API takes it. */
export type Where = { [key: string]: unknown };

export type ValueKind = "text" | "number" | "boolean" | "date" | "days" | "list" | "range" | "none";
export const FIELD_OPS = {
  is: "text",
  is_not: "text",
  in: "list",
  not_in: "list",
  contains: "text",
  not_contains: "text",
  starts_with: "text",
  ends_with: "text",
  gt: "number",
  gte: "number",
  lt: "number",
  lte: "number",
  between: "range",
  before: "date",
  after: "date",
  within_last: "days",
  within_next: "days",
  known: "none",
  missing: "none",
} as const satisfies Record<string, ValueKind>;
export type FieldOp = keyof typeof FIELD_OPS;
export const COUNTS = ["at_least", "at_most", "exactly", "never"] as const;
export type CountWord = (typeof COUNTS)[number];

/** A comparison of one field; values are kept as they are typed, and become numbers when the condition is made. */
export interface Comparison {
  field: string;
  op: FieldOp;
  value: string;
  values: string[];
  to: string;
}
export interface FieldRow extends Comparison {
  kind: "field";
  id: number;
}
export interface EventRow {
  kind: "event";
  id: number;
  event: string;
  count: CountWord;
  times: number;
  days: number | null;
  when: Comparison | null;
}
export interface AudienceRow {
  kind: "audience";
  id: number;
  audience: string;
  member: boolean;
}
export type Row = FieldRow | EventRow | AudienceRow;
export interface Friendly {
  join: "all" | "any";
  rows: Row[];
}
/** The types of JSON that were seen, by the name of a field. */
export type Types = ReadonlyMap<string, readonly string[]>;

let last = 0;
const number = () => ++last;
const blank = { op: "is" as const, value: "", values: [], to: "" };

export function newRow(kind: Row["kind"]): Row {
  if (kind === "event")
    return { kind, id: number(), event: "", count: "at_least", times: 1, days: 30, when: null };
  if (kind === "audience") return { kind, id: number(), audience: "", member: true };
  return { kind, id: number(), field: "", ...blank };
}

export function newComparison(): Comparison {
  return { field: "", ...blank };
}

/** Whether a field has only ever had values of one type. */
export function only(types: readonly string[] | undefined, type: string): boolean {
  const known = (types ?? []).filter((one) => one !== "null");
  return known.length > 0 && known.every((one) => one === type);
}

/** The comparisons that make sense for a field of these types, the usual ones first; all where nothing is known. */
export function opsFor(types: readonly string[] | undefined): FieldOp[] {
  const all = Object.keys(FIELD_OPS) as FieldOp[];
  if (only(types, "number"))
    return ["is", "is_not", "gt", "gte", "lt", "lte", "between", "in", "not_in", "known", "missing"];
  if (only(types, "boolean")) return ["is", "known", "missing"];
  if (only(types, "string")) return all.filter((op) => !["gt", "gte", "lt", "lte", "between"].includes(op));
  if (only(types, "array")) return ["contains", "not_contains", "known", "missing"];
  return all;
}

/** The condition of the rows; null while something is still missing in one of them. */
export function toWhere(
  friendly: Friendly,
  fields: Types,
  properties: (event: string) => Types,
): Where | null {
  if (friendly.rows.length === 0) return null;
  const items: Where[] = [];
  for (const row of friendly.rows) {
    const one = rowWhere(row, fields, properties);
    if (one === null) return null;
    items.push(one);
  }
  return items.length === 1 && items[0] ? items[0] : { [friendly.join]: items };
}

function rowWhere(row: Row, fields: Types, properties: (event: string) => Types): Where | null {
  switch (row.kind) {
    case "audience": {
      if (!row.audience) return null;
      const inside = { audience: row.audience };
      return row.member ? inside : { not: inside };
    }
    case "event": {
      if (!row.event) return null;
      const found: Where = { event: row.event };
      if (row.count === "never") found.at_most = 0;
      else found[row.count] = row.times;
      if (row.days !== null) {
        if (!(row.days > 0)) return null;
        found.within = `${row.days}d`;
      }
      if (row.when !== null) {
        const when = compare(row.when, "event.", properties(row.event));
        if (when === null) return null;
        found.when = when;
      }
      return found;
    }
    default:
      return compare(row, "profile.", fields);
  }
}

function compare(one: Comparison, root: string, types: Types): Where | null {
  if (!one.field) return null;
  const field = root + one.field;
  const known = types.get(one.field);
  const value = (text: string) => typed(text, known);
  switch (FIELD_OPS[one.op]) {
    case "none":
      return { field, exists: one.op === "known" };
    case "list":
      return one.values.length ? { field, [one.op]: one.values.map(value) } : null;
    case "range": {
      const from = Number(one.value);
      const to = Number(one.to);
      return one.value.trim() && one.to.trim() && !Number.isNaN(from + to)
        ? { field, between: [from, to] }
        : null;
    }
    case "number": {
      const limit = Number(one.value);
      return one.value.trim() && !Number.isNaN(limit) ? { field, [one.op]: limit } : null;
    }
    case "days": {
      const days = Number(one.value);
      return Number.isInteger(days) && days > 0 ? { field, [one.op]: `${days}d` } : null;
    }
    case "date":
      return /^\d{4}-\d\d-\d\d$/.test(one.value) ? { field, [one.op]: `${one.value}T00:00:00Z` } : null;
    default:
      return one.value === "" ? null : { field, [one.op]: value(one.value) };
  }
}

/** A typed value as the people have it: nothing is converted when it is compared, so `10` must be a number here. */
function typed(text: string, types: readonly string[] | undefined): string | number | boolean {
  if (only(types, "boolean")) return text === "true";
  if (only(types, "number") && text.trim() !== "" && !Number.isNaN(Number(text))) return Number(text);
  return text;
}

/** The rows of a condition; null where it says more than rows can, which is for the text then. */
export function fromWhere(where: Where): Friendly | null {
  const keys = Object.keys(where);
  for (const join of ["all", "any"] as const) {
    if (keys.length === 1 && keys[0] === join && Array.isArray(where[join])) {
      const rows = (where[join] as Where[]).map(fromRow);
      return rows.every((row) => row !== null) && rows.length > 0 ? { join, rows: rows as Row[] } : null;
    }
  }
  const row = fromRow(where);
  return row === null ? null : { join: "all", rows: [row] };
}

function fromRow(where: Where): Row | null {
  if (typeof where.audience === "string")
    return { kind: "audience", id: number(), audience: where.audience, member: true };
  const not = where.not as Where | undefined;
  if (not && Object.keys(where).length === 1 && typeof not.audience === "string")
    return { kind: "audience", id: number(), audience: not.audience, member: false };
  if (typeof where.event === "string") return fromEvent(where);
  if (typeof where.field === "string") {
    const one = fromComparison(where, "profile.");
    return one && { kind: "field", id: number(), ...one };
  }
  return null;
}

function fromEvent(where: Where): EventRow | null {
  const days = where.within === undefined ? null : daysOf(where.within);
  if (days === undefined) return null;
  let when: Comparison | null = null;
  if (where.when !== undefined) {
    when = fromComparison(where.when as Where, "event.");
    if (when === null) return null;
  }
  const row: EventRow = {
    kind: "event",
    id: number(),
    event: where.event as string,
    count: "at_least",
    times: 1,
    days,
    when,
  };
  for (const count of ["at_least", "at_most", "exactly"] as const) {
    const times = where[count];
    if (typeof times === "number") {
      row.count = count === "at_most" && times === 0 ? "never" : count;
      row.times = times;
    }
  }
  return row;
}

function fromComparison(where: Where, root: string): Comparison | null {
  const { field, ...rest } = where;
  const [given] = Object.entries(rest);
  if (typeof field !== "string" || !field.startsWith(root) || !given || Object.keys(rest).length !== 1)
    return null;
  const [op, value] = given;
  const one: Comparison = { ...blank, field: field.slice(root.length) };
  if (op === "exists") return { ...one, op: value ? "known" : "missing" };
  if (!(op in FIELD_OPS)) return null;
  const known = op as FieldOp;
  switch (FIELD_OPS[known]) {
    case "list":
      return Array.isArray(value) ? { ...one, op: known, values: value.map(String) } : null;
    case "range":
      return Array.isArray(value) && typeof value[0] === "number"
        ? { ...one, op: known, value: String(value[0]), to: String(value[1]) }
        : null;
    case "number":
      return typeof value === "number" ? { ...one, op: known, value: String(value) } : null;
    case "days": {
      const days = daysOf(value);
      return typeof days === "number" ? { ...one, op: known, value: String(days) } : null;
    }
    case "date": {
      const found = /^(\d{4}-\d\d-\d\d)T00:00:00(\.0+)?Z$/.exec(String(value));
      return found?.[1] ? { ...one, op: known, value: found[1] } : null;
    }
    default:
      return { ...one, op: known, value: String(value) };
  }
}

function daysOf(value: unknown): number | undefined {
  const found = /^(\d+)(d|w)$/.exec(String(value));
  return found ? Number(found[1]) * (found[2] === "w" ? 7 : 1) : undefined;
}

/** A condition as YAML that people can read and change. */
export function toYaml(value: unknown, depth = 0): string {
  const pad = "  ".repeat(depth);
  if (Array.isArray(value)) {
    if (value.every((one) => typeof one !== "object" || one === null))
      return `[${value.map(scalar).join(", ")}]`;
    return value.map((one) => `\n${pad}- ${toYaml(one, depth + 1).replace(/^\n\s*/, "")}`).join("");
  }
  if (typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(([key, one]) => {
        const text = toYaml(one, depth + 1);
        return `\n${pad}${key}:${text.startsWith("\n") ? text : ` ${text}`}`;
      })
      .join("");
  return scalar(value);
}

function scalar(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  if (/^\d+[smhdw]$/.test(value)) return value;
  return /^[\p{L}][\p{L}\d _.@/+-]*$/u.test(value) &&
    !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value) &&
    value.trim() === value
    ? value
    : JSON.stringify(value);
}

/** A key for a name: what a key may consist of, and nothing else. */
export function keyOf(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64);
}

/** User ids that were pasted or stand in a file: one a line, a CSV with a column of that name, or lines of JSON. */
export function readIds(text: string): { ids: string[]; repeated: number; bad: number } {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  const first = lines.find((line) => line.trim()) ?? "";
  const separator = [",", ";", "\t"].find((one) => first.includes(one));
  const head = cells(first, separator).map((cell) => cell.toLowerCase());
  const column = head.findIndex((cell) => ["userid", "user_id", "id"].includes(cell));
  const found: string[] = [];
  let bad = 0;
  let isHead = column >= 0;
  for (const line of lines) {
    if (!line.trim()) continue;
    if (isHead) {
      isHead = false;
      continue;
    }
    if (line.trimStart().startsWith("{")) {
      const id = jsonId(line);
      if (id) found.push(id);
      else bad += 1;
    } else if (column >= 0) {
      const id = cells(line, separator)[column];
      if (id) found.push(id);
      else bad += 1;
    } else
      found.push(
        ...line
          .split(/[,;\t]/)
          .map((id) => id.trim().replace(/^"(.*)"$/, "$1"))
          .filter(Boolean),
      );
  }
  const ids = [...new Set(found)];
  return { ids, repeated: found.length - ids.length, bad };
}

function jsonId(line: string): string | null {
  try {
    const one = JSON.parse(line) as Record<string, unknown>;
    const id = one.userId ?? one.user_id;
    return typeof id === "string" && id ? id : null;
  } catch {
    return null;
  }
}

function cells(line: string, separator: string | undefined): string[] {
  const parts = separator ? line.split(separator) : [line];
  return parts.map((part) => part.trim().replace(/^"(.*)"$/, "$1"));
}
