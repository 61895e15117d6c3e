const UNITS = { w: "week", d: "day", h: "hour", m: "minute", s: "second" } as const;

/** A duration of a file, such as `1d12h`, in words; what is none stays as it is. */
export function duration(text: string, language: string): string {
  if (!/^(\d+[wdhms])+$/.test(text)) return text;
  return [...text.matchAll(/(\d+)([wdhms])/g)]
    .map(([, number, unit]) =>
      new Intl.NumberFormat(language, {
        style: "unit",
        unit: UNITS[unit as keyof typeof UNITS],
        unitDisplay: "long",
      }).format(Number(number)),
    )
    .join(" ");
}
