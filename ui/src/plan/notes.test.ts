import { describe, expect, it } from "vitest";
import { notesOf } from "./notes";
import type { StepPlan } from "./plan";

const at = (step: string, here: number, more: Partial<StepPlan> = {}): StepPlan => ({
  step,
  here,
  goes_on: 0,
  keeps_timer: 0,
  waits: 0,
  messages: 0,
  answer: null,
  needs_answer: false,
  kind_changed: false,
  ...more,
});

describe("notesOf", () => {
  it("says at each step who goes over, drops out, is redirected, or needs an answer, and who comes", () => {
    const notes = notesOf({
      people: "move",
      steps: [
        at("rest", 5),
        at("old", 3, { answer: "rest" }),
        at("older", 2, { answer: "fresh" }),
        at("gone", 4, { answer: "drop_out" }),
        at("unsaid", 1, { needs_answer: true }),
        at("other", 6, { kind_changed: true }),
      ],
    });
    expect(notes.get("rest")).toEqual({ is: "here", n: 5, come: 3, tone: "goes" });
    expect(notes.get("old")).toEqual({ is: "to", n: 3, step: "rest", tone: "goes" });
    expect(notes.get("fresh")).toEqual({ is: "come", n: 2, tone: "goes" });
    expect(notes.get("gone")).toEqual({ is: "out", n: 4, tone: "out" });
    expect(notes.get("unsaid")?.is).toBe("open");
    expect(notes.get("other")?.is).toBe("kind");
  });

  it("says who stays", () => {
    const notes = notesOf({ people: "stay", steps: [at("rest", 5), at("entry", 2)] });
    expect([...notes.values()].map(({ is, n }) => [is, n])).toEqual([
      ["stay", 5],
      ["stay", 2],
    ]);
  });
});
