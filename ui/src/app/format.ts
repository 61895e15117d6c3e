import { useTranslation } from "react-i18next";

export interface Format {
  number: (value: number) => string;
  percent: (share: number | null | undefined) => string;
  instant: (iso: string | null | undefined) => string;
  day: (iso: string) => string;
  ago: (iso: string, now?: number) => string;
  /** A sentence of the server, with a capital letter and its instants as people write them. */
  said: (sentence: string | null | undefined) => string;
}

const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z/g;

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** Numbers, days and times as a language writes them; `zone` is the time zone in which instants are shown. */
export function format(language: string, zone?: string): Format {
  const numbers = new Intl.NumberFormat(language);
  const shares = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const instants = new Intl.DateTimeFormat(language, {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone: zone,
  });
  const days = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
  const distances = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  return {
    number: (value) => numbers.format(value),
    percent: (share) => (share === null || share === undefined ? "–" : shares.format(share)),
    instant: (iso) => (iso ? instants.format(new Date(iso)) : "–"),
    day: (iso) => days.format(new Date(`${iso.slice(0, 10)}T00:00:00Z`)),
    ago: (iso, now = Date.now()) => {
      const seconds = (Date.parse(iso) - now) / 1000;
      for (const [unit, length] of UNITS) {
        if (Math.abs(seconds) >= length) return distances.format(Math.round(seconds / length), unit);
      }
      return distances.format(Math.round(seconds), "second");
    },
    said: (sentence) => {
      const text = (sentence ?? "").replace(INSTANT, (iso) => instants.format(new Date(iso)));
      return text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
    },
  };
}

export function useFormat(zone?: string): Format {
  const { i18n } = useTranslation();
  return format(i18n.language, zone);
}
