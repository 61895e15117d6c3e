import { describe, expect, it, vi } from "vitest";
import { duration } from "./duration";
import { Numbers } from "./numbers";

const step = (id: string, here: number) => ({ step: id, in: 10, here, out: 10 - here });

describe("numbers", () => {
  it("keeps what has not changed, so that only what has is drawn again", () => {
    const numbers = new Numbers();
    const heard = vi.fn();
    numbers.subscribe(heard);
    numbers.tell({ steps: [step("a", 1), step("b", 2)], branches: [] });
    const [a, b] = [numbers.step("a"), numbers.step("b")];
    numbers.tell({ steps: [step("a", 1), step("b", 3)], branches: [] });
    expect(numbers.step("a")).toBe(a);
    expect(numbers.step("b")).not.toBe(b);
    expect(numbers.step("b")?.here).toBe(3);
    expect(heard).toHaveBeenCalledTimes(2);
  });

  it("has shares of branches that are known, and forgets everything of another version", () => {
    const numbers = new Numbers();
    const branches = [
      { step: "s", branch: 0, share: 0.25 },
      { step: "s", branch: 1, share: null },
    ];
    numbers.tell({ steps: [step("s", 1)], branches });
    expect([numbers.share("s", 0), numbers.share("s", 1)]).toEqual([0.25, undefined]);
    numbers.tell(null);
    expect([numbers.share("s", 0), numbers.step("s")]).toEqual([undefined, undefined]);
  });

  it("adds up what became of messages", () => {
    const numbers = new Numbers();
    const states = { queued: 1, claimed: 1, sent: 5, skipped: 2, rejected: 1, cancelled: 1, uncertain: 1 };
    numbers.tellMessages([{ step: "mail", ...states }]);
    expect(numbers.sent("mail")).toEqual({ sent: 5, waiting: 2, lost: 5 });
  });
});

describe("duration", () => {
  it("is told in words of the language", () => {
    expect(duration("7d", "en")).toBe("7 days");
    expect(duration("1d12h", "en")).toBe("1 day 12 hours");
    expect(duration("1w", "sv")).toBe("1 vecka");
    expect(duration("soon", "fr")).toBe("soon");
  });
});
