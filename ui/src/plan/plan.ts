import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../api/client";
import { client, data } from "../api/client";
import { give, type Order } from "../api/queries";
import type { Change } from "./difference";

/** Those who stand at one step, and what becomes of them. */
export interface StepPlan {
  step: string;
  here: number;
  goes_on: number;
  keeps_timer: number;
  waits: number;
  messages: number;
  answer: string | null;
  needs_answer: boolean;
  kind_changed: boolean;
}

export interface Plan extends Omit<Schemas["PublishPlan"], "changes" | "steps" | "versions"> {
  changes: Change[];
  steps: StepPlan[];
  versions: { version: number; status: Schemas["JourneyLine"]["status"]; inside: number }[];
}

/** A plan, with what the server says to the command as it would be given now. */
export interface Looked {
  plan: Plan | null;
  refused: string | null;
  message: string;
  hint: string;
  warnings: string[];
  /** How many who did it before would be suggested, where that was asked. */
  backfill: number | undefined;
}

/** Whither people of a removed step go: the id of a step, or out. */
export type Answers = Record<string, string>;
export const OUT = "\u0000out";

export function answersOf(answers: Answers): Record<string, { to: string } | { drop_out: true }> {
  return Object.fromEntries(
    Object.entries(answers).map(([step, to]) => [step, to === OUT ? { drop_out: true } : { to }]),
  );
}

export type People = "stay" | "move";

/** The command that carries a plan out: a resume with changes, or a publication. `back`: also who did it before. */
export function orderOf(
  key: string,
  people: People,
  answers: Answers,
  resumes: boolean,
  back: string | null = null,
): Order {
  const given = people === "move" && Object.keys(answers).length > 0 ? { answers: answersOf(answers) } : {};
  const more = { ...given, ...(back === null ? {} : { backfill: back }) };
  if (resumes && people === "move")
    return { key, command: "resume", options: { with_changes: true, ...more } };
  return { key, command: "publish", options: { people, ...more } };
}

/** The groups of people for whom something has to be said before anybody can be moved. */
export function groupsOf(plan: Plan | null | undefined): StepPlan[] {
  return (plan?.steps ?? []).filter((one) => one.needs_answer || one.answer !== null || one.kind_changed);
}

/** Look at what an order would do. Who may not give it is shown the plan alone. */
export function usePlan(order: Order, version: number | null, mayGive: boolean) {
  return useQuery({
    queryKey: ["plan", order, version, mayGive],
    enabled: version !== null,
    queryFn: () => look(order, mayGive),
    staleTime: 0,
    retry: false,
    refetchInterval: 15_000,
    placeholderData: (before) => before,
  });
}

async function look(order: Order, mayGive: boolean): Promise<Looked> {
  if (mayGive) {
    const { plan, refused, message, hint, warnings, counts } = await give(order, true);
    const told = { refused, message, hint, warnings, backfill: counts.backfill };
    return { plan: plan as unknown as Plan | null, ...told };
  }
  const { answers } = (order.options ?? {}) as { answers?: Record<string, unknown> };
  const people = order.command === "resume" ? "move" : (order.options?.people as People);
  const plan = (await data(
    client.POST("/api/journeys/{key}/publish-plan", {
      params: { path: { key: order.key } },
      body: people === "move" ? { people, answers } : { people },
    }),
  )) as unknown as Plan;
  return {
    plan,
    refused: plan.refused,
    message: plan.message,
    hint: plan.hint,
    warnings: [],
    backfill: undefined,
  };
}
