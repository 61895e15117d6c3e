import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { patiently } from "../api/connection";
import type en from "../locales/en.json";

/** The languages of the application; each is a file of its own, loaded when it is spoken: in two parts, what the first screen shows before. */
export const LANGUAGES = { en: "English", sv: "Svenska", fr: "Français" } as const;
export type Language = keyof typeof LANGUAGES;

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

const KEPT = "parcours.language";
type Part = () => Promise<{ default: unknown }>;
const first: Record<Language, Part> = {
  en: () => import("virtual:texts/en/first"),
  sv: () => import("virtual:texts/sv/first"),
  fr: () => import("virtual:texts/fr/first"),
};
const rest: Record<Language, Part> = {
  en: () => import("virtual:texts/en/rest"),
  sv: () => import("virtual:texts/sv/rest"),
  fr: () => import("virtual:texts/fr/rest"),
};
const loaded = new Set<Part>();

export function isLanguage(value: string | null | undefined): value is Language {
  return value === "en" || value === "sv" || value === "fr";
}

function preferred(): Language {
  const kept = localStorage.getItem(KEPT);
  if (isLanguage(kept)) return kept;
  const found = navigator.languages.map((name) => name.slice(0, 2)).find(isLanguage);
  return found ?? "en";
}

async function load(language: Language, part: Part): Promise<void> {
  if (loaded.has(part)) return;
  const texts = (await patiently(part)).default;
  i18next.addResourceBundle(language, "translation", texts, true, true);
  loaded.add(part);
}

/** Resolves when every text of the language that is spoken is there, not only those of the first screen. */
export async function allTexts(): Promise<void> {
  const language = i18next.language;
  if (isLanguage(language)) await load(language, rest[language]);
}

/** Load the language that was chosen here before, or the browser's. */
export async function startTexts(): Promise<void> {
  const language = preferred();
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: "en",
    resources: {},
    interpolation: { escapeValue: false },
    partialBundledLanguages: true,
    react: { bindI18nStore: "added" },
  });
  await load(language, first[language]);
  await i18next.changeLanguage(language);
  void allTexts();
  document.documentElement.lang = language;
}

/** Show everything in another language from now on. */
export async function speak(language: Language): Promise<void> {
  await Promise.all([load(language, first[language]), load(language, rest[language])]);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
  localStorage.setItem(KEPT, language);
}
