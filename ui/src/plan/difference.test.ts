import { describe, expect, it } from "vitest";
import { draw } from "../journey/model";
import { type Change, compare } from "./difference";

const before = draw({
  steps: {
    hello: { email: { subject: "Hello" } },
    old: { wait: { for: "1d" } },
    choose: {
      wait_for: [
        { event: "Order", next: "thanks" },
        { timeout: "7d", next: "end" },
      ],
    },
    which: {
      split: [
        { when: { field: "profile.plan", is: "pro" }, next: "thanks" },
        { else: true, next: "end" },
      ],
    },
    thanks: { email: { subject: "Thanks" } },
    end: { end: {} },
  },
});
const after = draw({
  steps: {
    hello: { email: { subject: "Hi" } },
    choose: {
      wait_for: [
        { event: "Order", next: "fresh" },
        { timeout: "3d", next: "end" },
      ],
    },
    which: {
      split: [
        { when: { field: "profile.vip", is: true }, next: "fresh" },
        { when: { field: "profile.plan", is: "pro" }, next: "thanks" },
        { else: true, next: "end" },
      ],
    },
    fresh: { wait: { for: "2d" } },
    thanks: { email: { subject: "Thanks" } },
    end: { end: {} },
  },
});
const change = (kind: Change["kind"], place: string, step: string | null): Change => ({
  kind,
  place,
  step,
  text: "",
  before: null,
  after: null,
  people: true,
});
const changes = [
  change("step_changed", "steps.hello.email.subject", "hello"),
  change("route_changed", "steps.choose.wait_for[0]", "choose"),
  change("changed", "entry.filter", null),
];

describe("compare", () => {
  const found = compare(before, after, changes);
  const byMark = (marks: Map<string, string>, mark: string) =>
    [...marks].filter(([, one]) => one === mark).map(([id]) => id);

  it("marks steps that came, went, or do something else; where an arrow differs the step does not", () => {
    expect(byMark(found.steps, "added")).toEqual(["fresh"]);
    expect(byMark(found.steps, "removed")).toEqual(["old"]);
    expect(byMark(found.steps, "changed")).toEqual(["entry", "hello"]);
    expect(found.steps.get("choose")).toBe("same");
  });

  it("keeps what is gone at its place", () => {
    expect(found.drawing.steps.map((step) => step.id)).toEqual([
      "entry",
      "hello",
      "old",
      "choose",
      "which",
      "fresh",
      "thanks",
      "end",
    ]);
  });

  it("knows a branch by what it is about, not by its place", () => {
    expect(found.edges.get("which:1")).toBe("same");
    expect(found.edges.get("which:0")).toBe("added");
    expect(found.edges.get("which:2")).toBe("same");
  });

  it("marks an arrow that leads elsewhere as one that went and one that came", () => {
    expect(found.edges.get("choose:0")).toBe("added");
    expect(found.edges.get("was:choose:0")).toBe("removed");
    expect(found.edges.get("choose:1")).toBe("changed");
    expect(byMark(found.edges, "removed")).toEqual(["was:hello:next", "was:old:next", "was:choose:0"]);
  });

  it("has one arrow and one mark for each", () => {
    expect(new Set(found.drawing.edges.map((edge) => edge.id))).toEqual(new Set(found.edges.keys()));
    expect(found.drawing.edges).toHaveLength(found.edges.size);
  });

  it("finds nothing between a version and itself", () => {
    const same = compare(after, after, []);
    expect(new Set([...same.steps.values(), ...same.edges.values()])).toEqual(new Set(["same"]));
    expect(same.drawing.edges).toHaveLength(after.edges.length);
  });
});
