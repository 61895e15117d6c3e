import "@xyflow/react/dist/style.css";
import { useComputedColorScheme } from "@mantine/core";
import {
  Background,
  Controls,
  type Edge as FlowEdge,
  MarkerType,
  MiniMap,
  type Node,
  ReactFlow,
} from "@xyflow/react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { LiveNumbers } from "../api/types";
import { useFormat } from "../app/format";
import classes from "./canvas.module.css";
import { place } from "./layout";
import { draw, type Way } from "./model";
import { type CardData, type Problem, StepCard } from "./StepCard";

const nodeTypes = { step: StepCard };

interface Props {
  definition: Record<string, unknown>;
  numbers: LiveNumbers | null;
  problems: Problem[];
  show: (step: string) => void;
}

function useWay() {
  const { t } = useTranslation();
  return (way: Way): string => {
    switch (way.kind) {
      case "next":
        return "";
      case "event":
        return way.event;
      case "timeout":
        return t("way.timeout", { after: way.after });
      case "when":
        return t("way.when", { place: way.place });
      case "else":
        return t("way.else");
      case "arm":
        return `${way.name} ${way.share} %`;
    }
  };
}

/** The journey drawn, with the numbers of now on it. Nothing can be changed here. */
export default function Canvas({ definition, numbers, problems, show }: Props) {
  const { t, i18n } = useTranslation();
  const scheme = useComputedColorScheme("light");
  const { percent } = useFormat();
  const told = useWay();
  const drawing = useMemo(() => draw(definition), [definition]);
  const places = useMemo(() => place(drawing), [drawing]);
  const byStep = useMemo(() => new Map(numbers?.steps.map((one) => [one.step, one])), [numbers]);
  const nodes = useMemo<Node<CardData>[]>(
    () =>
      drawing.steps.map((step) => ({
        id: step.id,
        type: "step",
        position: places.get(step.id) ?? { x: 0, y: 0 },
        draggable: false,
        connectable: false,
        data: {
          step,
          numbers: byStep.get(step.id),
          problems: problems.filter(
            (one) =>
              (one.step_id ?? "entry") === step.id && (one.step_id !== null || one.section === "entry"),
          ),
          show,
        },
        ariaLabel: step.label || step.id,
      })),
    [drawing, places, byStep, problems, show],
  );
  const shares = useMemo(
    () => new Map(numbers?.branches.map((one) => [`${one.step}:${one.branch}`, one])),
    [numbers],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: words change with the language
  const edges = useMemo<FlowEdge[]>(
    () =>
      drawing.edges.map((edge) => {
        const branch = edge.branch === null ? undefined : shares.get(`${edge.from}:${edge.branch}`);
        const share = branch?.share != null ? ` · ${percent(branch.share)}` : "";
        const label = told(edge.way) + share;
        return {
          id: edge.id,
          source: edge.from,
          target: edge.to,
          type: "smoothstep",
          label: label || undefined,
          markerEnd: { type: MarkerType.ArrowClosed },
        };
      }),
    [drawing, shares, i18n.language],
  );
  return (
    <section className={classes.canvas} aria-label={t("canvas.label")}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        colorMode={scheme}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        fitView
        fitViewOptions={{ minZoom: 0.7, maxZoom: 1, padding: 0.1 }}
        minZoom={0.1}
        onlyRenderVisibleElements={drawing.steps.length > 60}
      >
        <Background />
        <Controls showInteractive={false} aria-label={t("canvas.controls")} />
        {drawing.steps.length > 12 && <MiniMap pannable zoomable ariaLabel={t("canvas.map")} />}
      </ReactFlow>
    </section>
  );
}
