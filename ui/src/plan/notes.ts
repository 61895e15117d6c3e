/** What stands on the steps of a plan's drawing: how many are there, and what becomes of them. */

import type { Note } from "../journey/StepCard";
import type { Plan } from "./plan";

export interface Told {
  is: "stay" | "here" | "come" | "to" | "out" | "open" | "kind";
  n: number;
  /** Whither they go, and how many come from elsewhere. */
  step?: string;
  come?: number;
}

export function notesOf(plan: Pick<Plan, "people" | "steps">): Map<string, Told & { tone: Note["tone"] }> {
  const coming = new Map<string, number>();
  for (const { answer, here } of plan.steps)
    if (answer !== null && answer !== "drop_out") coming.set(answer, (coming.get(answer) ?? 0) + here);
  const found = new Map<string, Told & { tone: Note["tone"] }>();
  for (const one of plan.steps) {
    const n = one.here;
    if (plan.people === "stay") found.set(one.step, { is: "stay", n, tone: "goes" });
    else if (one.kind_changed) found.set(one.step, { is: "kind", n, tone: "open" });
    else if (one.needs_answer) found.set(one.step, { is: "open", n, tone: "open" });
    else if (one.answer === "drop_out") found.set(one.step, { is: "out", n, tone: "out" });
    else if (one.answer !== null) found.set(one.step, { is: "to", n, step: one.answer, tone: "goes" });
    else found.set(one.step, { is: "here", n, come: coming.get(one.step), tone: "goes" });
  }
  for (const [step, n] of coming) if (!found.has(step)) found.set(step, { is: "come", n, tone: "goes" });
  return found;
}
