import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getSmoothStepPath } from "@xyflow/react";
import { memo, useContext, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../app/format";
import { sayWhole } from "../audiences/say";
import type { Mark } from "../plan/difference";
import classes from "./canvas.module.css";
import { duration } from "./duration";
import { pathOf, type Route } from "./layout";
import type { Edge, Way } from "./model";
import { NumbersContext } from "./numbersContext";

export interface ArrowData extends Record<string, unknown> {
  edge: Edge;
  route: Route | undefined;
  mark: Mark;
}

/** A way out of a step, in words. */
export function useWay() {
  const { t, i18n } = useTranslation();
  return (way: Way): string => {
    switch (way.kind) {
      case "next":
        return "";
      case "event":
        return way.event;
      case "timeout":
        return t("way.timeout", { after: duration(way.after, i18n.language) });
      case "when":
        return sayWhole(t, way.where) ?? t("way.when", { place: way.place });
      case "else":
        return t("way.else");
      case "arm":
        return `${way.name} ${way.share} %`;
    }
  };
}

/** One arrow: by which branch it is taken, how many take it, and how it differs from another version. */
function Arrow(props: EdgeProps & { data?: ArrowData }) {
  const { t } = useTranslation();
  const { percent } = useFormat();
  const told = useWay();
  const numbers = useContext(NumbersContext);
  const { edge, route, mark } = props.data as ArrowData;
  const share = useSyncExternalStore(numbers.subscribe, () =>
    edge.branch === null ? undefined : numbers.share(edge.from, edge.branch),
  );
  const [straight, x, y] = getSmoothStepPath(props);
  const at = route?.label ?? { x, y };
  const words = told(edge.way);
  const difference = mark === "same" ? "" : `${t(`plan.sign.${mark}`)} ${t(`plan.mark.${mark}`)}`;
  const before = [difference, words].filter(Boolean).join(" · ");
  const taken = share === undefined ? "" : percent(share);
  const label = [before, taken].filter(Boolean).join(" · ");
  return (
    <>
      <BaseEdge
        path={route ? pathOf(route.points) : straight}
        markerEnd={props.markerEnd}
        className={classes.arrow}
        data-mark={mark}
      />
      {label && (
        <EdgeLabelRenderer>
          <div
            className={classes.way}
            data-mark={mark}
            title={label}
            style={{ transform: `translate(-50%, -50%) translate(${at.x}px, ${at.y}px)` }}
          >
            <span className={classes.wayWords}>{before}</span>
            {taken && <span className={classes.wayShare}>{before ? ` · ${taken}` : taken}</span>}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

export const WayArrow = memo(Arrow);
