import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type en from "../locales/en.json";

/** The languages of the application; each is a file of its own, loaded when it is shown. */
export const LANGUAGES = { en: "English", sv: "Svenska", fr: "Français" } as const;
export type Language = keyof typeof LANGUAGES;

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

const KEPT = "parcours.language";
const loaders: Record<Language, () => Promise<{ default: unknown }>> = {
  en: () => import("../locales/en.json"),
  sv: () => import("../locales/sv.json"),
  fr: () => import("../locales/fr.json"),
};

export function isLanguage(value: string | null | undefined): value is Language {
  return value === "en" || value === "sv" || value === "fr";
}

function preferred(): Language {
  const kept = localStorage.getItem(KEPT);
  if (isLanguage(kept)) return kept;
  const found = navigator.languages.map((name) => name.slice(0, 2)).find(isLanguage);
  return found ?? "en";
}

async function load(language: Language): Promise<void> {
  if (i18next.hasResourceBundle(language, "translation")) return;
  i18next.addResourceBundle(language, "translation", (await loaders[language]()).default);
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
  });
  await load(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

/** Show everything in another language from now on. */
export async function speak(language: Language): Promise<void> {
  await load(language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
  localStorage.setItem(KEPT, language);
}
