import { describe, expect, it } from "vitest";
import { HEIGHT, place } from "./layout";
import { draw } from "./model";

const welcome = {
  journey: "welcome",
  entry: { triggers: [{ event: "Signed Up" }] },
  steps: {
    hello: { email: { subject: "Welcome" } },
    bought: {
      wait_for: [
        { event: "Order Completed", next: "thanks" },
        { timeout: "7d", drop_out: true },
      ],
    },
    which: {
      split: [
        { when: { field: "profile.plan", is: "pro" }, next: "thanks" },
        { else: true, next: "hello" },
      ],
    },
    thanks: { label: "Say thanks", email: { subject: "Thanks" } },
  },
};

describe("draw", () => {
  const drawing = draw(welcome);

  it("puts the entry first and an end behind the last step", () => {
    expect(drawing.steps.map((step) => [step.id, step.kind])).toEqual([
      ["entry", "entry"],
      ["hello", "email"],
      ["bought", "wait_for"],
      ["which", "split"],
      ["thanks", "email"],
      ["end", "end"],
    ]);
    expect(drawing.steps[4]?.label).toBe("Say thanks");
  });

  it("follows next, branches in the order of the file, and the order of steps where nothing is said", () => {
    expect(drawing.edges.map((edge) => [edge.from, edge.to, edge.branch, edge.way.kind])).toEqual([
      ["entry", "hello", null, "next"],
      ["hello", "bought", null, "next"],
      ["bought", "thanks", 0, "event"],
      ["which", "thanks", 0, "when"],
      ["which", "hello", 1, "else"],
      ["thanks", "end", null, "next"],
    ]);
  });

  it("keeps branches by which people drop out apart", () => {
    expect(drawing.dropOuts).toEqual([{ step: "bought", branch: 1, way: { kind: "timeout", after: "7d" } }]);
  });

  it("reads a definition that is empty", () => {
    expect(draw({}).edges).toEqual([
      { id: "entry:next", from: "entry", to: "end", branch: null, way: { kind: "next" } },
    ]);
  });
});

describe("place", () => {
  it("gives every step a place of its own", () => {
    const places = place(draw(welcome));
    expect(new Set([...places.values()].map((one) => `${one.x}/${one.y}`)).size).toBe(6);
  });

  it("keeps a journey's own layout, and puts the entry above it", () => {
    const own = {
      ...welcome,
      layout: { hello: [0, 0], bought: [0, 200], which: [0, 400], thanks: [300, 600], end: [0, 800] },
    };
    const places = place(draw(own));
    expect(places.get("thanks")).toEqual({ x: 300, y: 600 });
    expect(places.get("entry")).toEqual({ x: 0, y: -HEIGHT - 56 });
  });
});
