/** What a change says, apart from its language: a screen makes a sentence of it. */

import { type Way, wayOf } from "../journey/model";
import type { Change } from "./difference";

export type Where = { step: string } | { section: "entry" | "email" | "goal" | "exit" | "journey" };

export type Said =
  | { is: "added" | "removed"; kind: string }
  | { is: "kind"; before: string; after: string }
  | { is: "first" | "next"; before: string | null; after: string | null }
  | { is: "branch"; way: Way; before: string | null; after: string | null }
  | { is: "branchSet" | "branchGone" | "branchChanged"; way: Way }
  | { is: "share"; name: string; before: string; after: string }
  | { is: "order" }
  | { is: "set" | "gone" | "was" | "text"; name: string; before: string | null; after: string | null };

export interface Sentence {
  where: Where;
  said: Said;
  /** Before and after as a file has them, where the sentence does not say it all. */
  exactly: { before: string | null; after: string | null } | null;
}

type Data = Record<string, unknown>;
const LONG = 60;

const isData = (value: unknown): value is Data =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const word = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** A step that a branch leads to; null is out of the journey. */
const target = (value: unknown): string | null => (isData(value) ? word(value.next) : null);

export function say(change: Change): Sentence {
  return { where: where(change), said: said(change), exactly: exactly(change) };
}

function where({ step, place }: Change): Where {
  if (step !== null) return { step };
  const head = place.split(/[.[]/, 1)[0];
  if (head === "entry" || head === "steps") return { section: "entry" };
  if (head === "email" || head === "goal" || head === "exit") return { section: head };
  return { section: "journey" };
}

function said({ kind, place, step, before, after }: Change): Said {
  if (kind === "step_added") return { is: "added", kind: word(after) ?? "unknown" };
  if (kind === "step_removed") return { is: "removed", kind: word(before) ?? "unknown" };
  if (kind === "kind_changed")
    return { is: "kind", before: word(before) ?? "unknown", after: word(after) ?? "unknown" };
  if (place === "steps") return { is: "first", before: word(before), after: word(after) };
  if (place.endsWith(".next")) return { is: "next", before: word(before), after: word(after) };
  const isOne = place.endsWith("]");
  if (step !== null && isOne && (isData(before) || isData(after))) {
    const way = wayAt(isData(after) ? after : (before as Data), place);
    if (kind === "route_changed") return { is: "branch", way, before: target(before), after: target(after) };
    if (isData(before) && isData(after) && way.kind === "arm" && before.share !== after.share) {
      const same = { ...before, share: after.share };
      if (JSON.stringify(same) === JSON.stringify({ ...same, ...after }))
        return { is: "share", name: way.name, before: String(before.share), after: String(after.share) };
    }
    return { is: before === null ? "branchSet" : after === null ? "branchGone" : "branchChanged", way };
  }
  if (!isOne && step !== null && Array.isArray(before) && Array.isArray(after)) return { is: "order" };
  const name = (
    place
      .replace(/\[\d+\]$/, "")
      .split(".")
      .pop() ?? place
  ).trim();
  const [was, now] = [short(before), short(after)];
  const isLong = was === undefined || now === undefined;
  if (before === null || before === undefined)
    return { is: "set", name, before: null, after: isLong ? null : now };
  if (after === null || after === undefined) return { is: "gone", name, before: null, after: null };
  if (isLong || was === now) return { is: "text", name, before: null, after: null };
  return { is: "was", name, before: was, after: now };
}

function wayAt(branch: Data, place: string): Way {
  const way = wayOf(branch);
  if (way.kind === "when") way.place = Number(/\[(\d+)\]$/.exec(place)?.[1] ?? 0) + 1;
  return way;
}

/** A value as it stands in a sentence; undefined where it is too long, or no simple one. */
function short(value: unknown): string | null | undefined {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return value.length <= LONG ? value : undefined;
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) {
    const text = value.join(", ");
    return text.length <= LONG ? text : undefined;
  }
  return undefined;
}

function exactly({ kind, place, before, after }: Change): Sentence["exactly"] {
  if (kind !== "step_changed" && kind !== "changed") return null;
  if (
    place === "layout" ||
    said({ kind, place, before, after, step: "", text: "", people: true }).is === "share"
  )
    return null;
  if (short(before) !== undefined && short(after) !== undefined) return null;
  const one = (value: unknown) => (value === null || value === undefined ? null : lines(value).trim());
  return { before: one(before), after: one(after) };
}

/** A value as a file has it, for those who read files. */
export function lines(value: unknown, depth = 0): string {
  const space = "  ".repeat(depth);
  const below = (item: unknown) =>
    (isData(item) || Array.isArray(item)) && Object.keys(item).length > 0
      ? `\n${lines(item, depth + 1)}`
      : ` ${lines(item)}`;
  if (Array.isArray(value) && value.length > 0)
    return value.map((item) => `${space}- ${lines(item, depth + 1).trimStart()}`).join("\n");
  if (isData(value) && Object.keys(value).length > 0)
    return Object.entries(value)
      .map(([name, item]) => `${space}${name}:${below(item)}`)
      .join("\n");
  return typeof value === "string" ? value : JSON.stringify(value);
}
