import i18next from "i18next";
import { beforeAll, expect, test } from "vitest";
import en from "../locales/en.json";
import fr from "../locales/fr.json";
import sv from "../locales/sv.json";
import type { Where } from "./condition";
import { say, sayWhole } from "./say";

beforeAll(() =>
  i18next.init({
    resources: { en: { translation: en }, sv: { translation: sv }, fr: { translation: fr } } as never,
    interpolation: { escapeValue: false },
  }),
);

const WHERE: Where = {
  all: [
    { field: "profile.country", in: ["SE", "NO"] },
    {
      any: [
        { event: "Order", at_least: 3, within: "30d" },
        { event: "Visit", at_most: 0 },
      ],
    },
    { not: { audience: "staff" } },
    { field: "profile.age", between: [18, 65] },
    { field: "profile.since", within_last: "1d" },
    { field: "profile.vip", is: true },
  ],
};

test.each([
  [
    "en",
    "country is one of SE, NO and (did “Order” at least 3 times in the last 30 days or never did “Visit”) and does not belong to staff and age is between 18–65 and since is within the last 1 day and vip is Yes",
  ],
  [
    "sv",
    "country är någon av SE, NO och (har gjort ”Order” minst 3 gånger under de senaste 30 dagarna eller har aldrig gjort ”Visit”) och hör inte till staff och age är mellan 18–65 och since är inom de senaste 1 dag och vip är Ja",
  ],
  [
    "fr",
    "country est l'un de SE, NO et (a fait « Order » au moins 3 fois ces 30 derniers jours ou n'a jamais fait « Visit ») et ne fait pas partie de staff et age est entre 18–65 et since date des derniers 1 jour et vip est Oui",
  ],
])("a condition is a sentence in %s", (language, sentence) => {
  expect(say(i18next.getFixedT(language) as never, WHERE)).toBe(sentence);
});

test("what rows cannot say is said as far as it goes", () => {
  const t = i18next.getFixedT("en") as never;
  expect(say(t, { event: "Order", at_least: 1, when: { field: "event.total", gt: 5 } })).toBe(
    "did “Order” where total is more than 5",
  );
  expect(say(t, { time: { weekdays: ["mon"] } })).toBe("what the text says");
  expect(say(t, { field: "profile.plan", matches: "^p" })).toBe("plan matches ^p");
});

test("a part that has no words keeps the whole from being said", async () => {
  await i18next.changeLanguage("sv");
  const known: Where = { field: "event.value_eur", gte: 60 };
  expect(sayWhole(i18next.t, known)).toBe("value_eur är minst 60");
  expect(sayWhole(i18next.t, { all: [known, { time: { weekdays: ["mon"] } }] })).toBeUndefined();
});
