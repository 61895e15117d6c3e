import { layout as arrange, Graph } from "@dagrejs/dagre";
import type { Drawing, Kind } from "./model";

export const WIDTH = 232;
export const HEIGHT = 112;
/** Room for the words at an arrow. */
const LABEL = { width: 164, height: 22 };

export interface Place {
  x: number;
  y: number;
}

/** How an arrow goes, and where its words stand; without a route it goes the shortest way. */
export interface Route {
  points: Place[];
  label: Place;
}

export interface Arranged {
  places: Map<string, Place>;
  routes: Map<string, Route>;
}

export const heightOf = (kind: Kind): number => (kind === "end" ? 88 : kind === "out" ? 44 : HEIGHT);
export const widthOf = (kind: Kind): number => (kind === "out" ? 172 : WIDTH);

/** Where each step stands: its own place in the file, where every step has one; else the drawing is arranged. */
export function place(drawing: Drawing): Arranged {
  const own = drawing.layout;
  const isOwn = Object.keys(own).length > 0;
  if (isOwn && drawing.steps.every((step) => step.id === "entry" || step.kind === "out" || own[step.id])) {
    const places = new Map(Object.entries(own).map(([id, [x, y]]) => [id, { x, y }]));
    const top = Math.min(...[...places.values()].map((one) => one.y));
    const first = places.get(drawing.edges[0]?.to ?? "") ?? { x: 0, y: 0 };
    places.set("entry", { x: first.x, y: top - HEIGHT - 56 });
    // Whither people drop out has no place in a file: it stands beside its step.
    for (const step of drawing.steps) {
      const beside = places.get(String(step.settings.step));
      if (step.kind === "out" && beside)
        places.set(step.id, { x: beside.x + WIDTH + 28, y: beside.y + HEIGHT + 12 });
    }
    return { places, routes: new Map() };
  }
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 36, edgesep: 16, ranksep: 34 });
  for (const step of drawing.steps)
    graph.setNode(step.id, { width: widthOf(step.kind), height: heightOf(step.kind) });
  const parents = new Map<string, number>();
  for (const edge of drawing.edges) parents.set(edge.to, (parents.get(edge.to) ?? 0) + 1);
  for (const edge of drawing.edges) {
    if (!graph.hasNode(edge.to)) continue;
    const room = edge.branch === null ? { width: 0, height: 0 } : LABEL;
    // Light edges into joins keep branches in the order of the file.
    const weight = parents.get(edge.to) === 1 ? 10 : 1;
    graph.setEdge(edge.from, edge.to, { weight, labelpos: "c", ...room }, edge.id);
  }
  arrange(graph);
  if (isReversed(graph, drawing)) mirror(graph);
  const places = new Map<string, Place>();
  for (const step of drawing.steps) {
    const found = graph.node(step.id) as Place;
    places.set(step.id, { x: found.x - widthOf(step.kind) / 2, y: found.y - heightOf(step.kind) / 2 });
  }
  const routes = new Map<string, Route>();
  for (const edge of drawing.edges) {
    const found = graph.edge(edge.from, edge.to, edge.id) as { points: Place[]; x?: number; y?: number };
    if (!found) continue;
    const middle = found.points[Math.floor(found.points.length / 2)] as Place;
    routes.set(edge.id, {
      points: docked(found.points, places.get(edge.from), places.get(edge.to), drawing, edge.from, edge.to),
      label: { x: found.x ?? middle.x, y: found.y ?? middle.y },
    });
  }
  return { places, routes };
}

/** Whether more branches stand against the order of the file than in it, from left to right. */
function isReversed(graph: Graph, drawing: Drawing): boolean {
  const branches = new Map<string, Set<string>>();
  for (const edge of drawing.edges) {
    if (edge.branch === null || !graph.hasNode(edge.to)) continue;
    branches.set(edge.from, (branches.get(edge.from) ?? new Set()).add(edge.to));
  }
  let balance = 0;
  for (const goals of branches.values()) {
    const xs = [...goals].map((id) => (graph.node(id) as Place).x);
    xs.forEach((x, place) => {
      for (const other of xs.slice(place + 1)) balance += Math.sign(other - x);
    });
  }
  return balance < 0;
}

/** The same drawing as in a mirror: what stood at the right stands at the left. */
function mirror(graph: Graph): void {
  for (const id of graph.nodes()) {
    const node = graph.node(id) as Place;
    node.x = -node.x;
  }
  for (const id of graph.edges()) {
    const edge = graph.edge(id) as { points: Place[]; x?: number };
    for (const point of edge.points) point.x = -point.x;
    if (edge.x !== undefined) edge.x = -edge.x;
  }
}

const SIDE = 28; // how near to a corner arrows leave and come

/** A route that leaves below its step and comes in from above, whatever the sides it was led to. */
function docked(
  points: readonly Place[],
  from: Place | undefined,
  to: Place | undefined,
  drawing: Drawing,
  source: string,
  target: string,
): Place[] {
  const inner = points.slice(1, -1);
  if (from === undefined || to === undefined) return [...points];
  const kindOf = (id: string) => drawing.steps.find((step) => step.id === id)?.kind ?? "unknown";
  const kind = kindOf(source);
  const bottom = from.y + heightOf(kind);
  // An arrow that goes back up keeps the sides it was led to.
  if (to.y <= bottom) return [...points];
  const within = (x: number, { x: left }: Place, width: number) =>
    Math.min(Math.max(x, left + SIDE), left + width - SIDE);
  const second = inner[0] ?? (points.at(-1) as Place);
  const last = inner.at(-1) ?? (points[0] as Place);
  return [
    { x: within(second.x, from, widthOf(kind)), y: bottom },
    ...inner,
    { x: within(last.x, to, widthOf(kindOf(target))), y: to.y },
  ];
}

/** A route as the path of an SVG: straight at both ends, bent softly between. */
export function pathOf(points: readonly Place[]): string {
  const [first, ...rest] = points;
  const last = rest.pop();
  if (first === undefined || last === undefined) return "";
  let path = `M ${round(first)}`;
  rest.forEach((point, index) => {
    const next = rest[index + 1] ?? last;
    const middle = { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    path += ` Q ${round(point)} ${index === rest.length - 1 ? round(last) : round(middle)}`;
  });
  return rest.length === 0 ? `${path} L ${round(last)}` : path;
}

const round = ({ x, y }: Place) => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;

const READABLE = 0.75; // below it nobody reads a step

/** What part of a drawing is shown first: all of it where that can be read, else its beginning, from the entrance on. */
export function viewOf(
  { places }: Arranged,
  drawing: Drawing,
  room: { width: number; height: number },
): { x: number; y: number; zoom: number } {
  const xs = drawing.steps.flatMap((step) => places.get(step.id)?.x ?? []);
  const ends = drawing.steps.map((step) => (places.get(step.id)?.x ?? 0) + widthOf(step.kind));
  const ys = drawing.steps.map((step) => (places.get(step.id)?.y ?? 0) + heightOf(step.kind));
  const left = Math.min(...xs);
  const right = Math.max(...ends);
  const tops = drawing.steps.flatMap((step) => places.get(step.id)?.y ?? []);
  const top = Math.min(...tops);
  const bottom = Math.max(...ys);
  const margin = Math.min(32, room.width * 0.05);
  const wide = (room.width - 2 * margin) / (right - left);
  const high = (room.height - 2 * margin) / (bottom - top);
  const zoom = Math.min(1, Math.max(READABLE, Math.min(wide, high)));
  const entry = places.get("entry") ?? { x: left, y: top };
  // The middle of what fits across; of what does not, the entrance stands in the middle.
  const middle = wide >= zoom ? (left + right) / 2 : entry.x + WIDTH / 2;
  const y = high >= zoom ? (room.height - (bottom - top) * zoom) / 2 - top * zoom : margin - entry.y * zoom;
  return { x: room.width / 2 - middle * zoom, y, zoom };
}
