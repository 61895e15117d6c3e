import "@xyflow/react/dist/style.css";
import { useComputedColorScheme } from "@mantine/core";
import {
  type AriaLabelConfig,
  Background,
  Controls,
  type Edge as FlowEdge,
  MarkerType,
  MiniMap,
  type Node,
  ReactFlow,
} from "@xyflow/react";
import { memo, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Compared } from "../plan/difference";
import classes from "./canvas.module.css";
import { heightOf, place, viewOf, widthOf } from "./layout";
import { called, type Drawing } from "./model";
import type { Numbers } from "./numbers";
import { NumbersContext } from "./numbersContext";
import { OutChip } from "./OutChip";
import { type CardData, type Note, type Problem, StepCard } from "./StepCard";
import { type ArrowData, WayArrow } from "./WayArrow";

const nodeTypes = { step: StepCard, out: OutChip };
const edgeTypes = { way: WayArrow };
const NONE: readonly Problem[] = [];
const ONLY_VISIBLE = 80; // steps from which those out of sight are not drawn

interface Props {
  drawing: Drawing;
  numbers: Numbers;
  problems: readonly Problem[];
  show?: (step: string, status: "active" | "dropped_out") => void;
  /** How steps and arrows differ from another version. */
  marks?: Compared;
  /** Words that stand on steps in place of numbers. */
  notes?: ReadonlyMap<string, Note>;
}

/** The journey drawn, with the numbers of now on it. Nothing can be changed here. */
function Drawn({ drawing, numbers, problems, show, marks, notes }: Props) {
  const { t } = useTranslation();
  const scheme = useComputedColorScheme("light");
  const box = useRef<HTMLElement>(null);
  const arranged = useMemo(() => place(drawing), [drawing]);
  const nodes = useMemo<Node<CardData>[]>(() => {
    const byStep = new Map<string, Problem[]>();
    for (const one of problems) {
      const id = one.step_id ?? (one.section === "entry" ? "entry" : null);
      if (id !== null) byStep.set(id, [...(byStep.get(id) ?? []), one]);
    }
    return drawing.steps.map((step) => ({
      id: step.id,
      type: step.kind === "out" ? "out" : "step",
      position: arranged.places.get(step.id) ?? { x: 0, y: 0 },
      width: widthOf(step.kind),
      height: heightOf(step.kind),
      draggable: false,
      connectable: false,
      // What can be neither chosen nor dragged lets the pointer through, its buttons too.
      style: { pointerEvents: "all" },
      data: {
        step,
        problems: byStep.get(step.id) ?? (NONE as Problem[]),
        show,
        mark: marks?.steps.get(step.id) ?? "same",
        note: notes?.get(step.id),
      },
      ariaLabel: [t(`kind.${step.kind}`), called(step)].filter(Boolean).join(": "),
      domAttributes: { "aria-roledescription": t("canvas.step") },
    }));
  }, [drawing, arranged, problems, show, marks, notes, t]);
  const edges = useMemo<FlowEdge<ArrowData>[]>(() => {
    const steps = new Map(drawing.steps.map((step) => [step.id, step]));
    const nameOf = (id: string) => called(steps.get(id)) ?? t(`kind.${steps.get(id)?.kind ?? "unknown"}`);
    return drawing.edges.map((edge) => ({
      id: edge.id,
      source: edge.from,
      target: edge.to,
      type: "way",
      data: { edge, route: arranged.routes.get(edge.id), mark: marks?.edges.get(edge.id) ?? "same" },
      markerEnd: { type: MarkerType.ArrowClosed, width: 18, height: 18 },
      ariaLabel: t("canvas.way", { from: nameOf(edge.from), to: nameOf(edge.to) }),
      domAttributes: { "aria-roledescription": t("canvas.arrow") },
    }));
  }, [drawing, arranged, marks, t]);
  const words = useMemo<Partial<AriaLabelConfig>>(
    () => ({
      "node.a11yDescription.default": t("canvas.stepMeans"),
      "node.a11yDescription.keyboardDisabled": t("canvas.stepMeans"),
      "edge.a11yDescription.default": "",
      "controls.zoomIn.ariaLabel": t("canvas.zoomIn"),
      "controls.zoomOut.ariaLabel": t("canvas.zoomOut"),
      "controls.fitView.ariaLabel": t("canvas.fit"),
    }),
    [t],
  );
  return (
    <NumbersContext value={numbers}>
      <section ref={box} className={classes.canvas} aria-label={t("canvas.label")}>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          colorMode={scheme}
          nodesDraggable={false}
          nodesConnectable={false}
          elementsSelectable={false}
          edgesFocusable={false}
          ariaLabelConfig={words}
          onInit={(shown) => {
            const room = box.current?.getBoundingClientRect();
            if (room) void shown.setViewport(viewOf(arranged, drawing, room));
          }}
          minZoom={0.1}
          onlyRenderVisibleElements={drawing.steps.length > ONLY_VISIBLE}
        >
          <Background />
          <Controls
            showInteractive={false}
            fitViewOptions={{ maxZoom: 1, padding: 0.05 }}
            aria-label={t("canvas.controls")}
          />
          {/* Beside a plan's words there is no room for it but where it is needed most. */}
          {drawing.steps.length > (marks ? 40 : 12) && (
            <MiniMap pannable zoomable ariaLabel={t("canvas.map")} />
          )}
        </ReactFlow>
      </section>
    </NumbersContext>
  );
}

const Canvas = memo(Drawn);
export default Canvas;
