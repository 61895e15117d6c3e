import { Tooltip } from "@mantine/core";
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { type ComponentType, memo, useContext, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { useFormat } from "../app/format";
import {
  Alert,
  Flag,
  Leave,
  Listen,
  Mail,
  People,
  Split,
  Test,
  Wait,
  Webhook,
  Write,
} from "../components/icons";
import type { Mark } from "../plan/difference";
import classes from "./canvas.module.css";
import { duration } from "./duration";
import { type Kind, plain, type Step } from "./model";
import { NumbersContext } from "./numbersContext";

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
  out: Leave,
  unknown: Alert,
};

export type Problem = Schemas["ProblemFound"];

export interface CardData extends Record<string, unknown> {
  step: Step;
  problems: Problem[];
  show: ((step: string, status: "active" | "dropped_out") => void) | undefined;
  /** How it differs from another version. */
  mark: Mark;
  /** Words in place of numbers. */
  note: Note | undefined;
}

/** What becomes of those who stand at a step: they stay or go over, drop out, or it is still to be said. */
export interface Note {
  text: string;
  tone: "goes" | "out" | "open";
}

/** What a step does, in one line. */
export function useSummary() {
  const { t, i18n } = useTranslation();
  return (step: Step): string => {
    const text = (name: string) =>
      typeof step.settings[name] === "string" ? (step.settings[name] as string) : "";
    switch (step.kind) {
      case "email":
        return plain(text("subject"));
      case "wait":
        if (text("for")) return t("step.waitFor", { duration: duration(text("for"), i18n.language) });
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

/** Who stands at a step, came and went; of messages, what became of them. Drawn anew only where it has news. */
function Counted({ step, show }: { step: Step; show: CardData["show"] }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const numbers = useContext(NumbersContext);
  const found = useSyncExternalStore(numbers.subscribe, () => numbers.step(step.id));
  const sent = useSyncExternalStore(numbers.subscribe, () => numbers.sent(step.id));
  if (!found) return null;
  if (step.kind === "end")
    return (
      <div className={classes.numbers}>
        <span>{t("step.reached", { count: found.in, n: number(found.in) })}</span>
      </div>
    );
  const isMessage = step.kind === "email" || step.kind === "webhook";
  return (
    <div className={classes.numbers}>
      {show ? (
        <button
          type="button"
          className={`${classes.here} nodrag nopan`}
          onClick={() => show(step.id, "active")}
          title={t("step.hereMeans")}
        >
          {t("step.here", { n: number(found.here) })}
        </button>
      ) : (
        <span>{t("step.here", { n: number(found.here) })}</span>
      )}
      {isMessage && sent ? (
        <>
          <span title={t("step.sentMeans")}>
            {t("step.sent", { count: sent.sent, n: number(sent.sent) })}
          </span>
          {sent.lost > 0 && (
            <span title={t("step.lostMeans")}>
              {t("step.lost", { count: sent.lost, n: number(sent.lost) })}
            </span>
          )}
        </>
      ) : (
        <>
          <span title={t("step.inMeans")}>{t("step.in", { count: found.in, n: number(found.in) })}</span>
          <span title={t("step.outMeans")}>{t("step.out", { count: found.out, n: number(found.out) })}</span>
        </>
      )}
    </div>
  );
}

/** One step on the canvas: what it is, who stands there now, and what is wrong with it. */
function Card({ data }: NodeProps & { data: CardData }) {
  const { t } = useTranslation();
  const summary = useSummary();
  const { step, problems, mark } = data;
  const Sign = SIGNS[step.kind];
  const isMistaken = problems.some((one) => one.severity === "error");
  const name = step.label || (step.kind === "entry" ? t("kind.entry") : step.id);
  return (
    <div className={classes.card} data-kind={step.kind} data-step={step.id} data-mark={mark}>
      <Handle type="target" position={Position.Top} className={classes.handle} isConnectable={false} />
      <div className={classes.head}>
        <Sign size={16} aria-hidden />
        <span className={classes.kind}>{t(`kind.${step.kind}`)}</span>
        {mark !== "same" && (
          <span className={classes.mark} data-mark={mark}>
            {t(`plan.sign.${mark}`)} {t(`plan.mark.${mark}`)}
          </span>
        )}
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
      {data.note !== undefined ? (
        <div className={classes.numbers}>
          <strong className={classes.note} data-tone={data.note.tone} title={data.note.text}>
            {data.note.text}
          </strong>
        </div>
      ) : (
        <Counted step={step} show={data.show} />
      )}
      <Handle type="source" position={Position.Bottom} className={classes.handle} isConnectable={false} />
    </div>
  );
}

export const StepCard = memo(Card);
