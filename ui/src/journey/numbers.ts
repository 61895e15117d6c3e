/** The numbers on a canvas, told to each step and arrow by itself: who has no news is not drawn again. */

export interface StepNumbers {
  in: number;
  here: number;
  out: number;
}

interface Given {
  steps: readonly ({ step: string } & StepNumbers)[];
  branches: readonly {
    step: string;
    branch: number;
    share: number | null;
    taken?: number | null;
    reason?: string | null;
  }[];
}

type Outcomes = { step: string } & Record<
  "queued" | "claimed" | "sent" | "skipped" | "rejected" | "cancelled" | "uncertain",
  number
>;

/** What became of the messages of a step. */
export interface Sent {
  sent: number;
  waiting: number;
  lost: number;
}

export class Numbers {
  private steps = new Map<string, StepNumbers>();
  private shares = new Map<string, number>();
  private left = new Map<string, number>();
  private messages = new Map<string, Sent>();
  private listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly step = (id: string): StepNumbers | undefined => this.steps.get(id);
  readonly share = (step: string, branch: number): number | undefined => this.shares.get(`${step}:${branch}`);
  /** How many dropped out at a step by its branches. */
  readonly out = (step: string): number | undefined => this.left.get(step);
  readonly sent = (step: string): Sent | undefined => this.messages.get(step);

  /** Take new numbers; null: none are known of what is shown. */
  tell(given: Given | null): void {
    this.steps = kept(
      this.steps,
      (given?.steps ?? []).map((one) => [one.step, { in: one.in, here: one.here, out: one.out }]),
    );
    this.shares = new Map(
      (given?.branches ?? []).flatMap((one) =>
        one.share === null ? [] : [[`${one.step}:${one.branch}`, one.share]],
      ),
    );
    this.left = outBy(given?.branches ?? []);
    this.news();
  }

  tellMessages(given: readonly Outcomes[]): void {
    this.messages = kept(
      this.messages,
      given.map((one) => [one.step, outcome(one)]),
    );
    this.news();
  }

  private news() {
    for (const listener of this.listeners) listener();
  }
}

/** What is the same stays the same object. */
function kept<T extends object>(
  before: Map<string, T>,
  now: readonly (readonly [string, T])[],
): Map<string, T> {
  return new Map(
    now.map(([id, one]) => {
      const was = before.get(id);
      const isSame =
        was !== undefined && (Object.keys(one) as (keyof T)[]).every((key) => was[key] === one[key]);
      return [id, isSame ? was : one];
    }),
  );
}

/** By the branches of each step; branches with one reason are counted together already. */
function outBy(branches: Given["branches"]): Map<string, number> {
  const found = new Map<string, number>();
  const seen = new Set<string>();
  for (const { step, reason, taken } of branches) {
    if (!reason || taken === null || taken === undefined || seen.has(`${step} ${reason}`)) continue;
    seen.add(`${step} ${reason}`);
    found.set(step, (found.get(step) ?? 0) + taken);
  }
  return found;
}

/** Messages of one step: sent, those that wait, and those that were not sent for whatever reason. */
export function outcome(one: Outcomes): Sent {
  return {
    sent: one.sent,
    waiting: one.queued + one.claimed,
    lost: one.skipped + one.rejected + one.cancelled + one.uncertain,
  };
}
