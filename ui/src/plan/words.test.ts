import { describe, expect, it } from "vitest";
import type { Change } from "./difference";
import { lines, say } from "./words";

const change = (given: Partial<Change>): Change => ({
  kind: "step_changed",
  place: "",
  text: "",
  step: null,
  before: null,
  after: null,
  people: true,
  ...given,
});

describe("say", () => {
  it("tells a short value before and after", () => {
    const place = "steps.rest.wait.for";
    const found = say(change({ place, step: "rest", before: "1d", after: "2d" }));
    expect(found.said).toEqual({ is: "was", name: "for", before: "1d", after: "2d" });
    expect(found).toMatchObject({ where: { step: "rest" }, exactly: null });
  });

  it("tells of an arm whose share alone differs, before and after", () => {
    const [before, after] = [50, 40].map((share) => ({ name: "Blue", share, next: "blue" }));
    const found = say(change({ place: "steps.test.experiment[0]", step: "test", before, after }));
    expect(found).toMatchObject({
      said: { is: "share", name: "Blue", before: "50", after: "40" },
      exactly: null,
    });
    const more = say(
      change({ place: "steps.test.experiment[0]", step: "test", before, after: { ...after, next: "x" } }),
    );
    expect(more.said.is).toBe("branchChanged");
  });

  it("tells of a long text only that it differs, with both to look at", () => {
    const [before, after] = ["a".repeat(80), "b".repeat(80)];
    const found = say(change({ place: "steps.mail.email.text", step: "mail", before, after }));
    expect(found.said).toEqual({ is: "text", name: "text", before: null, after: null });
    expect(found.exactly).toEqual({ before, after });
  });

  it("tells a template whose name is the same that it differs", () => {
    const place = "steps.mail.email.template";
    const found = say(change({ place, step: "mail", before: "a.mjml", after: "a.mjml" }));
    expect(found.said).toMatchObject({ is: "text", name: "template" });
  });

  it("tells where a branch leads, and that it leads out", () => {
    const found = say(
      change({
        kind: "route_changed",
        place: "steps.w.wait_for[1]",
        step: "w",
        before: { timeout: "7d", next: "mail" },
        after: { timeout: "7d", drop_out: true },
      }),
    );
    expect(found.said).toEqual({
      is: "branch",
      way: { kind: "timeout", after: "7d" },
      before: "mail",
      after: null,
    });
  });

  it("numbers conditions from one", () => {
    const after = { when: { field: "profile.vip", is: true }, next: "a" };
    const found = say(change({ place: "steps.s.split[2]", step: "s", after }));
    expect(found.said).toEqual({ is: "branchSet", way: { kind: "when", place: 3, where: after.when } });
    expect(found.exactly?.after).toContain("field: profile.vip");
  });

  it("knows to which part of the journey a setting belongs", () => {
    const at = (place: string) => say(change({ kind: "changed", place, before: 1, after: 2 })).where;
    expect(at("entry.filter")).toEqual({ section: "entry" });
    expect(at("exit[0]")).toEqual({ section: "exit" });
    expect(at("goal")).toEqual({ section: "goal" });
    expect(at("email.from")).toEqual({ section: "email" });
    expect(at("timezone")).toEqual({ section: "journey" });
    expect(say(change({ kind: "route_changed", place: "steps", before: "a", after: "b" }))).toMatchObject({
      where: { section: "entry" },
      said: { is: "first", before: "a", after: "b" },
    });
  });
});

describe("lines", () => {
  it("writes a value as files do", () => {
    expect(
      lines({
        any: [
          { event: "Order", at_least: 3 },
          { field: "profile.plan", in: ["a", "b"] },
        ],
      }),
    ).toBe("any:\n  - event: Order\n    at_least: 3\n  - field: profile.plan\n    in:\n      - a\n      - b");
  });
});
