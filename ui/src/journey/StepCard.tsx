import { Tooltip } from "@mantine/core";
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { type ComponentType, memo } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { useFormat } from "../app/format";
import { Alert, Flag, Listen, Mail, People, Split, Test, Wait, Webhook, Write } from "../components/icons";
import classes from "./canvas.module.css";
import type { Kind, Step } from "./model";

const SIGNS: Record<Kind, ComponentType<{ size?: number; "aria-hidden"?: boolean }>> = {
  entry: People,
  email: Mail,
  wait: Wait,
  wait_for: Listen,
  split: Split,
  experiment: Test,
  webhook: Webhook,
  update_profile: Write,
  end: Flag,
  unknown: Alert,
};

export type StepNumbers = Schemas["StepNumbers"];
export type Problem = Schemas["ProblemFound"];

export interface CardData extends Record<string, unknown> {
  step: Step;
  numbers: StepNumbers | undefined;
  problems: Problem[];
  show: (step: string) => void;
}

/** What a step does, in one line. */
export function useSummary() {
  const { t } = useTranslation();
  return (step: Step): string => {
    const text = (name: string) =>
      typeof step.settings[name] === "string" ? (step.settings[name] as string) : "";
    switch (step.kind) {
      case "email":
        return text("subject");
      case "wait":
        if (text("for")) return t("step.waitFor", { duration: text("for") });
        if (text("until")) return t("step.waitUntil", { at: text("until") });
        if (text("until_field")) return t("step.waitUntil", { at: text("until_field") });
        return t("step.waitUntil", { at: text("until_time") });
      case "webhook":
        return text("url");
      case "end":
        return text("start") ? t("step.starts", { key: text("start") }) : "";
      default:
        return "";
    }
  };
}

/** One step on the canvas: what it is, who stands there now, and what is wrong with it. */
function Card({ data }: NodeProps & { data: CardData }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const summary = useSummary();
  const { step, numbers, problems } = data;
  const Sign = SIGNS[step.kind];
  const isMistaken = problems.some((one) => one.severity === "error");
  const name = step.label || (step.kind === "entry" ? t("kind.entry") : step.id);
  return (
    <div className={classes.card} data-kind={step.kind} data-step={step.id}>
      <Handle type="target" position={Position.Top} className={classes.handle} isConnectable={false} />
      <div className={classes.head}>
        <Sign size={16} aria-hidden />
        <span className={classes.kind}>{t(`kind.${step.kind}`)}</span>
        {problems.length > 0 && (
          <Tooltip
            multiline
            maw={360}
            label={problems.map((one) => `${one.message} ${one.hint}`).join("\n")}
            events={{ hover: true, focus: true, touch: true }}
          >
            <button
              type="button"
              className={`${classes.problem} nodrag nopan`}
              data-error={isMistaken || undefined}
              aria-label={problems.map((one) => one.message).join(" ")}
            >
              <Alert size={16} aria-hidden />
            </button>
          </Tooltip>
        )}
      </div>
      <div className={classes.name} title={name}>
        {name}
      </div>
      <div className={classes.summary} title={summary(step)}>
        {summary(step)}
      </div>
      {numbers && step.kind !== "end" && (
        <div className={classes.numbers}>
          <button
            type="button"
            className={`${classes.here} nodrag nopan`}
            onClick={() => data.show(step.id)}
            title={t("step.hereMeans")}
          >
            {t("step.here", { n: number(numbers.here) })}
          </button>
          <span title={t("step.inMeans")}>{t("step.in", { n: number(numbers.in) })}</span>
          <span title={t("step.outMeans")}>{t("step.out", { n: number(numbers.out) })}</span>
        </div>
      )}
      {numbers && step.kind === "end" && (
        <div className={classes.numbers}>
          <span>{t("step.reached", { n: number(numbers.in) })}</span>
        </div>
      )}
      <Handle type="source" position={Position.Bottom} className={classes.handle} isConnectable={false} />
    </div>
  );
}

export const StepCard = memo(Card);
