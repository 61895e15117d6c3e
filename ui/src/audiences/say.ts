import type { TFunction } from "i18next";
import { FIELD_OPS, type FieldOp, fromWhere, type Where } from "./condition";

const SHOWN = 5;

/** A condition as a sentence of the language that is spoken. */
export function say(t: TFunction, where: Where, deep = false): string {
  for (const join of ["all", "any"] as const) {
    const items = where[join];
    if (Array.isArray(items)) {
      const said = (items as Where[])
        .map((one) => say(t, one, true))
        .join(` ${t(`condition.joined.${join}`)} `);
      return deep && items.length > 1 ? `(${said})` : said;
    }
  }
  if (where.not !== undefined) {
    const not = where.not as Where;
    if (typeof not.audience === "string") return t("condition.said.notMember", { audience: not.audience });
    return t("condition.said.not", { what: say(t, not, true) });
  }
  if (typeof where.audience === "string") return t("condition.said.member", { audience: where.audience });
  if (typeof where.event === "string") return event(t, where);
  if (typeof where.field === "string") return field(t, where);
  return t("condition.said.other");
}

/** The same, or nothing where the sentence would leave a part to the text of the condition. */
export function sayWhole(t: TFunction, where: Where): string | undefined {
  const said = say(t, where);
  return said.includes(t("condition.said.other")) ? undefined : said;
}

function event(t: TFunction, where: Where): string {
  const name = where.event as string;
  const count = (["at_least", "at_most", "exactly"] as const).find((one) => where[one] !== undefined);
  const n = Number(count === undefined ? 1 : where[count]);
  const often =
    n === 0 && count === "at_most"
      ? t("condition.said.never", { name })
      : n === 1
        ? t(`condition.said.once.${count ?? "at_least"}`, { name })
        : t(`condition.said.${count ?? "at_least"}`, { name, n });
  const days = Number(/^(\d+)d$/.exec(String(where.within ?? ""))?.[1] ?? 0);
  const within =
    where.within === undefined
      ? ""
      : days === 1
        ? t("condition.said.lastDay")
        : days
          ? t("condition.said.days", { n: days })
          : t("condition.said.within", { time: String(where.within) });
  const when =
    where.when === undefined ? "" : t("condition.said.when", { what: say(t, where.when as Where, true) });
  return [often, within, when].filter(Boolean).join(" ");
}

function field(t: TFunction, where: Where): string {
  const name = String(where.field).replace(/^(profile|event)\./, "");
  const known = fromWhere(where)?.rows[0] ?? fromWhere({ ...where, field: `profile.${name}` })?.rows[0];
  const [op, value] = Object.entries(where).find(([key]) => key !== "field") ?? ["is", ""];
  if (known?.kind === "field") {
    const kind = FIELD_OPS[known.op];
    const operator = t(`condition.op.${known.op}`);
    if (kind === "none") return `${name} ${operator}`;
    if (kind === "range") return `${name} ${operator} ${known.value}–${known.to}`;
    if (kind === "days") return `${name} ${operator} ${t("condition.days", { count: Number(known.value) })}`;
    if (kind === "list") {
      const more = known.values.length > SHOWN ? ` … (${known.values.length})` : "";
      return `${name} ${operator} ${known.values.slice(0, SHOWN).join(", ")}${more}`;
    }
    if (typeof value === "boolean") return `${name} ${operator} ${t(value ? "why.yes" : "why.no")}`;
    return `${name} ${operator} ${known.value}`;
  }
  const operator = op in FIELD_OPS ? t(`condition.op.${op as FieldOp}`) : op;
  return `${name} ${operator} ${Array.isArray(value) ? value.join(", ") : String(value)}`;
}
