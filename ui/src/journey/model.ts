/** The drawing of a journey as plain data: steps with what leads from one to the next. Nothing here knows of screens. */

export type Kind =
  | "entry"
  | "email"
  | "wait"
  | "wait_for"
  | "split"
  | "experiment"
  | "webhook"
  | "update_profile"
  | "end"
  | "out"
  | "unknown";

export const KINDS: readonly Kind[] = [
  "email",
  "wait",
  "wait_for",
  "split",
  "experiment",
  "webhook",
  "update_profile",
  "end",
];

export interface Step {
  id: string;
  kind: Kind;
  label: string;
  /** What the step is given, as the file has it. */
  settings: Record<string, unknown>;
}

type Data = Record<string, unknown>;

export type Way =
  | { kind: "next" }
  | { kind: "event"; event: string }
  | { kind: "timeout"; after: string }
  | { kind: "when"; place: number; where: Data }
  | { kind: "else" }
  | { kind: "arm"; name: string; share: number };

export interface Edge {
  id: string;
  from: string;
  to: string;
  /** The place of the branch in the file, from 0; null where the step has no branches. */
  branch: number | null;
  way: Way;
}

export interface Drawing {
  steps: Step[];
  edges: Edge[];
  layout: Record<string, [number, number]>;
}

/** The place to which people of a step drop out; steps of files cannot be called so. */
export const outOf = (step: string): string => `out:${step}`;

const isData = (value: unknown): value is Data =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

function kindOf(step: Data): Kind {
  return KINDS.find((kind) => kind in step) ?? "unknown";
}

/** The way of a branch as the file has it; the place of a condition is its owner's to say. */
export function wayOf(branch: Data): Way {
  if ("timeout" in branch) return { kind: "timeout", after: text(branch.timeout) };
  if ("event" in branch) return { kind: "event", event: text(branch.event) };
  if ("else" in branch) return { kind: "else" };
  if ("share" in branch) return { kind: "arm", name: text(branch.name), share: Number(branch.share) };
  return { kind: "when", place: 0, where: isData(branch.when) ? branch.when : {} };
}

/**
 * Read a definition as it comes from the server. Steps keep the order of the file; `entry` stands first. Branches by which
 * people drop out lead to a place of their step's own, of the kind `out`.
 */
export function draw(definition: Data): Drawing {
  const given = isData(definition.steps) ? definition.steps : {};
  const ids = Object.keys(given);
  const entry = isData(definition.entry) ? definition.entry : {};
  const steps: Step[] = [{ id: "entry", kind: "entry", label: "", settings: entry }];
  const edges: Edge[] = [];
  const first = ids[0] ?? "end";
  const reach = (from: string, to: string, branch: number | null, way: Way) =>
    edges.push({ id: `${from}:${branch ?? "next"}`, from, to, branch, way });
  reach("entry", first, null, { kind: "next" });
  ids.forEach((id, place) => {
    const step = isData(given[id]) ? (given[id] as Data) : {};
    const kind = kindOf(step);
    const settings = step[kind];
    steps.push({
      id,
      kind,
      label: text(step.label),
      settings: isData(settings) ? settings : { branches: settings },
    });
    if (kind === "end") return;
    const follows = ids[place + 1] ?? "end";
    if (Array.isArray(settings)) {
      settings.filter(isData).forEach((branch, number) => {
        const way = wayOf(branch);
        if (way.kind === "when") way.place = number + 1;
        if (branch.drop_out === true) {
          if (steps.at(-1)?.kind !== "out")
            steps.push({ id: outOf(id), kind: "out", label: "", settings: { step: id } });
          reach(id, outOf(id), number, way);
        } else reach(id, text(branch.next) || follows, number, way);
      });
    } else reach(id, text(step.next) || follows, null, { kind: "next" });
  });
  if (!ids.includes("end") && edges.some((edge) => edge.to === "end")) {
    steps.push({ id: "end", kind: "end", label: "", settings: {} });
  }
  return { steps, edges, layout: layoutOf(definition.layout) };
}

function layoutOf(value: unknown): Record<string, [number, number]> {
  if (!isData(value)) return {};
  const found: Record<string, [number, number]> = {};
  for (const [id, place] of Object.entries(value)) {
    if (Array.isArray(place) && place.length === 2) found[id] = [Number(place[0]), Number(place[1])];
  }
  return found;
}

/** A line of a template as people read it: of its alternatives the one that is left, values as the names of fields. */
export function plain(template: string): string {
  const last = template.lastIndexOf("{% else %}");
  const chosen = last < 0 ? template : template.slice(last + "{% else %}".length);
  const end = chosen.search(/{%-?\s*end/);
  return (last < 0 || end < 0 ? chosen : chosen.slice(0, end))
    .replace(/{%.*?%}/gs, "")
    .replace(
      /{{-?\s*([\w.]+).*?}}/gs,
      (_, name: string) => `[${name.split(".").pop()?.replaceAll("_", " ")}]`,
    )
    .replace(/\s+/g, " ")
    .trim();
}

/** What a step is called where it is spoken of: its label, else its id; undefined where that says nothing to people. */
export function called(step: Step | undefined): string | undefined {
  if (step === undefined || step.kind === "entry" || step.kind === "out") return undefined;
  return step.label || step.id;
}
