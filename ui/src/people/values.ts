/** Attributes and properties as names and values that can be read: what is nested is named by its path. */
export function flat(data: Record<string, unknown>, path = ""): [string, unknown][] {
  return Object.entries(data).flatMap(([name, value]): [string, unknown][] => {
    const place = path ? `${path}.${name}` : name;
    if (Array.isArray(value) && value.every((one) => typeof one !== "object" || one === null))
      return [[place, value.join(", ")]];
    if (typeof value === "object" && value !== null) {
      const inside = Array.isArray(value)
        ? Object.fromEntries(value.map((one, n) => [String(n + 1), one]))
        : (value as Record<string, unknown>);
      return flat(inside, place);
    }
    return [[place, value]];
  });
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/** A value in words of the language; instants in its form. */
export function valueText(
  value: unknown,
  words: { yes: string; no: string; instant: (iso: string) => string; number: (n: number) => string },
): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? words.yes : words.no;
  if (typeof value === "number") return words.number(value);
  const text = String(value);
  return INSTANT.test(text) ? words.instant(text) : text;
}

export function emailOf(attributes: Record<string, unknown>): string {
  return typeof attributes.email === "string" ? attributes.email : "";
}
