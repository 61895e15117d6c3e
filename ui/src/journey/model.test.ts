import { describe, expect, it, test } from "vitest";
import { HEIGHT, pathOf, place, viewOf, WIDTH } from "./layout";
import { called, draw, plain } from "./model";

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
      ["out:bought", "out"],
      ["which", "split"],
      ["thanks", "email"],
      ["end", "end"],
    ]);
    expect(drawing.steps[5]?.label).toBe("Say thanks");
  });

  it("follows next, branches in the order of the file, and the order of steps where nothing is said", () => {
    expect(drawing.edges.map((edge) => [edge.from, edge.to, edge.branch, edge.way.kind])).toEqual([
      ["entry", "hello", null, "next"],
      ["hello", "bought", null, "next"],
      ["bought", "thanks", 0, "event"],
      ["bought", "out:bought", 1, "timeout"],
      ["which", "thanks", 0, "when"],
      ["which", "hello", 1, "else"],
      ["thanks", "end", null, "next"],
    ]);
  });

  it("leads branches by which people drop out to one place of their step", () => {
    const two = draw({
      steps: {
        ask: {
          split: [
            { when: {}, drop_out: true },
            { when: {}, next: "end" },
            { else: true, drop_out: true },
          ],
        },
      },
    });
    expect(two.steps.map((step) => step.id)).toEqual(["entry", "ask", "out:ask", "end"]);
    expect(two.edges.filter((edge) => edge.to === "out:ask").map((edge) => edge.branch)).toEqual([0, 2]);
  });

  it("reads a definition that is empty", () => {
    expect(draw({}).edges).toEqual([
      { id: "entry:next", from: "entry", to: "end", branch: null, way: { kind: "next" } },
    ]);
  });
});

describe("place", () => {
  it("gives every step a place of its own", () => {
    const { places } = place(draw(welcome));
    expect(new Set([...places.values()].map((one) => `${one.x}/${one.y}`)).size).toBe(7);
  });

  it("has branches from left to right as they stand in the file", () => {
    const steps = Object.fromEntries(
      [...Array(12).keys()].map((n) => [`b${n}`, { wait: { for: "1d" }, next: "end" }]),
    );
    const wide = draw({
      steps: {
        which: {
          split: [
            ...[...Array(11).keys()].map((n) => ({ when: {}, next: `b${n}` })),
            { else: true, next: "b11" },
          ],
        },
        ...steps,
        end: { end: {} },
      },
    });
    const { places, routes } = place(wide);
    const xs = [...Array(12).keys()].map((n) => places.get(`b${n}`)?.x ?? 0);
    expect([...xs].sort((a, b) => a - b)).toEqual(xs);
    const labels = wide.edges
      .filter((edge) => edge.from === "which")
      .map((edge) => routes.get(edge.id)?.label.x ?? 0);
    expect([...labels].sort((a, b) => a - b)).toEqual(labels);
  });

  it("keeps a journey's own layout, and puts the entry above it", () => {
    const own = {
      ...welcome,
      layout: { hello: [0, 0], bought: [0, 200], which: [0, 400], thanks: [300, 600], end: [0, 800] },
    };
    const { places, routes } = place(draw(own));
    expect(routes.size).toBe(0);
    expect(places.get("thanks")).toEqual({ x: 300, y: 600 });
    expect(places.get("entry")).toEqual({ x: 0, y: -HEIGHT - 56 });
  });
});

describe("routes", () => {
  const drawing = draw(welcome);
  const { places, routes } = place(drawing);

  it("leave below a step and come in above the next one", () => {
    const points = routes.get("hello:next")?.points ?? [];
    const [from, to] = [places.get("hello"), places.get("bought")];
    expect(points[0]?.y).toBeCloseTo((from?.y ?? 0) + HEIGHT);
    expect(points.at(-1)?.y).toBeCloseTo(to?.y ?? 0);
    for (const point of [points[0], points.at(-1)]) {
      expect(point?.x).toBeGreaterThan(from?.x ?? 0);
      expect(point?.x).toBeLessThan((from?.x ?? 0) + WIDTH);
    }
  });

  it("are there for each arrow, with room for its words", () => {
    expect(new Set(routes.keys())).toEqual(new Set(drawing.edges.map((edge) => edge.id)));
    const labels = [...routes.values()].map((route) => `${route.label.x}/${route.label.y}`);
    expect(new Set(labels).size).toBe(labels.length);
  });

  it("become the path of a line", () => {
    expect(
      pathOf([
        { x: 0, y: 0 },
        { x: 0, y: 10 },
      ]),
    ).toBe("M 0 0 L 0 10");
    expect(
      pathOf([
        { x: 0, y: 0 },
        { x: 5, y: 5 },
        { x: 0, y: 10 },
      ]),
    ).toBe("M 0 0 Q 5 5 0 10");
  });
});

describe("viewOf", () => {
  const tall = draw({
    steps: Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`s${n}`, { wait: { for: "1d" } }])),
  });

  it("shows all of a small journey", () => {
    const drawing = draw({ steps: { rest: { wait: { for: "1d" } } } });
    const view = viewOf(place(drawing), drawing, { width: 1200, height: 800 });
    expect(view.zoom).toBe(1);
  });

  it("shows the beginning of a tall one, readable, also on a phone", () => {
    const arranged = place(tall);
    for (const room of [
      { width: 1200, height: 600 },
      { width: 328, height: 520 },
    ]) {
      const { x, y, zoom } = viewOf(arranged, tall, room);
      const entry = arranged.places.get("entry") ?? { x: 0, y: 0 };
      expect(zoom).toBeGreaterThanOrEqual(0.75);
      expect(entry.y * zoom + y).toBeGreaterThan(0);
      expect(entry.y * zoom + y).toBeLessThan(60);
      expect(entry.x * zoom + x).toBeGreaterThan(0);
      expect((entry.x + WIDTH) * zoom + x).toBeLessThan(room.width);
    }
  });
});

describe("plain", () => {
  it("reads a subject as people do", () => {
    const subject =
      '{% case profile.language %}{% when "sv" %}Hej {{ profile.first_name }}{% else %}Welcome, {{ profile.first_name | default: "friend" }}!{% endcase %}';
    expect(plain(subject)).toBe("Welcome, [first name]!");
    expect(plain("For you")).toBe("For you");
  });
});

test("a step is called by its label, else by its id; an entry and a way out have no name of their own", () => {
  const { steps } = draw({
    steps: { mail: { label: "Hello", email: {} }, rest: { split: [{ else: true, drop_out: true }] } },
  });
  expect(steps.map(called)).toEqual([undefined, "Hello", "rest", undefined]);
});
