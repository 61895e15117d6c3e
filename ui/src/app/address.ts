/** Filters in the address of a page: read from whatever stands there, written without what says nothing. */

type Reading<T> = (value: unknown) => T | undefined;

/** Text as it was typed: an address makes a number of 42, and a truth of `true`. */
export const text: Reading<string> = (value) =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value) || undefined
    : undefined;

export const flag: Reading<boolean> = (value) =>
  value === true || value === "true" || value === 1 ? true : undefined;

/** One of some words; any other word is none. */
export function oneOf<const Word extends string>(words: readonly Word[]): Reading<Word> {
  return (value) => words.find((one) => one === value);
}

/** Several texts: a list, or one text with commas. */
export const texts: Reading<string[]> = (value) => {
  const found = (Array.isArray(value) ? value : (text(value)?.split(",") ?? [])).flatMap(
    (one) => text(one) ?? [],
  );
  return found.length > 0 ? [...new Set(found)] : undefined;
};

/** Several of some words, in the order of the words. */
export function someOf<const Word extends string>(words: readonly Word[]): Reading<Word[]> {
  return (value) => {
    const found = texts(value) ?? [];
    const known = words.filter((one) => found.includes(one));
    return known.length > 0 ? known : undefined;
  };
}

/** Several texts or words as one text with commas. */
export function joined(reading: Reading<string[]>): Reading<string> {
  return (value) => reading(value)?.join(",");
}

type Readings<T> = { [Name in keyof T]-?: Reading<Exclude<T[Name], undefined>> };

/**
 * Read the filters of a page. What cannot be read is named as undefined: the router keeps what stands in the address
 * where nothing else is said.
 */
export function reading<T extends object>(readings: Readings<T>): (search: Record<string, unknown>) => T {
  const names = Object.keys(readings) as (keyof T & string)[];
  return (search) => Object.fromEntries(names.map((name) => [name, readings[name](search[name])])) as T;
}

/** Filters without those that say nothing, so that an address shows what is filtered and no more. */
export function written<T extends object>(filters: T): T {
  const says = (value: unknown) =>
    value !== undefined &&
    value !== null &&
    value !== "" &&
    value !== false &&
    !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => says(value))) as T;
}
