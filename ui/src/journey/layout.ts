import { layout as arrange, Graph } from "@dagrejs/dagre";
import type { Drawing } from "./model";

export const WIDTH = 232;
export const HEIGHT = 96;

/** Where each step stands: its own place in the file, where every step has one; else the drawing is arranged. */
export function place(drawing: Drawing): Map<string, { x: number; y: number }> {
  const own = drawing.layout;
  if (drawing.steps.every((step) => step.id === "entry" || own[step.id])) {
    const places = new Map(Object.entries(own).map(([id, [x, y]]) => [id, { x, y }]));
    const top = Math.min(...[...places.values()].map((one) => one.y));
    const first = places.get(drawing.edges[0]?.to ?? "") ?? { x: 0, y: 0 };
    places.set("entry", { x: first.x, y: top - HEIGHT - 56 });
    return places;
  }
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 44, ranksep: 64 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const step of drawing.steps) graph.setNode(step.id, { width: WIDTH, height: HEIGHT });
  const parents = new Map<string, number>();
  for (const edge of drawing.edges) parents.set(edge.to, (parents.get(edge.to) ?? 0) + 1);
  for (const edge of drawing.edges) {
    // Light edges into joins keep branches in the order of the file.
    if (graph.hasNode(edge.to))
      graph.setEdge(edge.from, edge.to, { weight: parents.get(edge.to) === 1 ? 10 : 1 });
  }
  arrange(graph);
  return new Map(
    drawing.steps.map((step) => {
      const found = graph.node(step.id) as { x: number; y: number };
      return [step.id, { x: found.x - WIDTH / 2, y: found.y - HEIGHT / 2 }];
    }),
  );
}
