import { describe, expect, it } from "vitest";
import { groupsOf, OUT, orderOf, type Plan } from "./plan";

describe("orderOf", () => {
  const answers = { old: "fresh", gift: OUT };
  const given = { old: { to: "fresh" }, gift: { drop_out: true } };

  it("publishes, with answers where people are moved", () => {
    expect(orderOf("j", "move", answers, false)).toEqual({
      key: "j",
      command: "publish",
      options: { people: "move", answers: given },
    });
    expect(orderOf("j", "stay", answers, false).options).toEqual({ people: "stay" });
  });

  it("resumes a paused journey with the changes, where people are moved", () => {
    expect(orderOf("j", "move", answers, true)).toEqual({
      key: "j",
      command: "resume",
      options: { with_changes: true, answers: given },
    });
    expect(orderOf("j", "stay", {}, true).command).toBe("publish");
  });
});

describe("groupsOf", () => {
  it("has the groups that need an answer, those that have one, and those that cannot have one", () => {
    const none = { here: 1, goes_on: 0, keeps_timer: 0, waits: 0, messages: 0, answer: null };
    const steps = [
      { ...none, step: "stays", needs_answer: false, kind_changed: false },
      { ...none, step: "open", needs_answer: true, kind_changed: false },
      { ...none, step: "told", answer: "drop_out", needs_answer: false, kind_changed: false },
      { ...none, step: "other", needs_answer: false, kind_changed: true },
    ];
    expect(groupsOf({ steps } as Plan).map((one) => one.step)).toEqual(["open", "told", "other"]);
  });
});
