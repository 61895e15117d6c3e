/** A part of a language's texts; made by scripts/texts.mjs from src/locales. */
declare module "virtual:texts/*" {
  const texts: unknown;
  export default texts;
}
