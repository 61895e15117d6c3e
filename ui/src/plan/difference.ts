/** The difference of two versions as one drawing: what both have, what is new, and what is gone. Plain data. */

import type { Drawing, Edge, Step } from "../journey/model";

export type Mark = "same" | "added" | "changed" | "removed";

/** One thing that differs, as the server's publish plan has it. */
export interface Change {
  kind: "step_added" | "step_removed" | "kind_changed" | "step_changed" | "route_changed" | "changed";
  place: string;
  text: string;
  step: string | null;
  before: unknown;
  after: unknown;
  people: boolean;
}

/** Both versions in one drawing; marks by the ids of steps and arrows. */
export interface Compared {
  drawing: Drawing;
  steps: Map<string, Mark>;
  edges: Map<string, Mark>;
}

/** Which steps differ in what they do; where only an arrow differs, that is marked instead. */
export function changedSteps(changes: readonly Change[]): Set<string> {
  const found = new Set<string>();
  for (const one of changes) {
    if (one.place.startsWith("entry")) found.add("entry");
    else if (one.step !== null && one.kind !== "route_changed") found.add(one.step);
  }
  return found;
}

export function compare(before: Drawing, after: Drawing, changes: readonly Change[]): Compared {
  const was = new Map(before.steps.map((step) => [step.id, step]));
  const changed = changedSteps(changes);
  const steps = new Map<string, Mark>();
  for (const step of after.steps) {
    steps.set(step.id, was.has(step.id) ? (changed.has(step.id) ? "changed" : "same") : "added");
  }
  for (const id of was.keys()) if (!steps.has(id)) steps.set(id, "removed");

  const edges = new Map<string, Mark>();
  const formerly = new Map(before.edges.map((edge) => [sign(edge, before), edge]));
  for (const edge of after.edges) {
    const found = formerly.get(sign(edge, after));
    formerly.delete(sign(edge, after));
    edges.set(edge.id, found === undefined ? "added" : told(found) === told(edge) ? "same" : "changed");
  }
  const gone = [...formerly.values()].map((edge) => ({ ...edge, id: `was:${edge.id}` }));
  for (const edge of gone) edges.set(edge.id, "removed");
  return {
    drawing: {
      steps: together(before.steps, after.steps),
      edges: [...after.edges, ...gone],
      layout: {},
    },
    steps,
    edges,
  };
}

/** The steps of both: in the order of the new one, each that is gone behind the one it followed. */
function together(before: readonly Step[], after: readonly Step[]): Step[] {
  const all = [...after];
  before.forEach((step, place) => {
    if (all.some((other) => other.id === step.id)) return;
    const follows = before[place - 1]?.id;
    all.splice(all.findIndex((other) => other.id === follows) + 1, 0, step);
  });
  return all;
}

/** What makes an arrow the same one in both versions: whence, whither, and by which branch. */
function sign(edge: Edge, drawing: Drawing): string {
  return `${edge.from} ${edge.to} ${branch(edge, drawing)}`;
}

function branch(edge: Edge, drawing: Drawing): string {
  const way = edge.way;
  switch (way.kind) {
    case "event":
      return `event ${way.event}`;
    case "arm":
      return `arm ${way.name}`;
    case "when": {
      const step = drawing.steps.find((one) => one.id === edge.from);
      const given = step?.settings.branches;
      const found = Array.isArray(given) && edge.branch !== null ? given[edge.branch] : null;
      return `when ${JSON.stringify(found?.when ?? null)}`;
    }
    default:
      return way.kind;
  }
}

/** What else is said at an arrow. */
function told({ way }: Edge): string {
  return way.kind === "timeout" ? way.after : way.kind === "arm" ? String(way.share) : "";
}
