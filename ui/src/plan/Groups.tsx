import { Select, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "../app/format";
import type { Step } from "../journey/model";
import type { NameOf } from "./Changes";
import { type Answers, OUT, type StepPlan } from "./plan";
import classes from "./plan.module.css";

interface Props {
  groups: readonly StepPlan[];
  nameOf: NameOf;
  /** The steps of the new version, in the order of its file. */
  steps: readonly Step[];
  answers: Answers;
  answer: (step: string, to: string | null) => void;
  /** Somebody has tried to go on: what is missing is said now. */
  tried: boolean;
  mayGive: boolean;
}

/** One answer for each group of people whose step is gone; each refusal stands where it can be mended. */
export function Groups({ groups, nameOf, steps, answers, answer, tried, mayGive }: Props) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const places = [
    ...steps
      .filter((step) => step.kind !== "entry" && step.kind !== "out")
      .map((step) => ({ value: step.id, label: `${nameOf(step.id)} (${t(`kind.${step.kind}`)})` })),
    { value: OUT, label: t("plan.answer.out") },
  ];
  return (
    <Stack gap="sm">
      {groups.map((group) => (
        <div
          key={group.step}
          className={classes.group}
          data-group={group.step}
          data-done={(!group.kind_changed && answers[group.step] !== undefined) || undefined}
        >
          <Text size="sm">
            {t(group.kind_changed ? "plan.answer.kind" : "plan.answer.gone", {
              count: group.here,
              n: number(group.here),
              step: nameOf(group.step),
            })}
          </Text>
          {group.kind_changed ? (
            <Text size="sm" mt={4} role="alert" fw={600}>
              {t("plan.answer.kindHint")}
            </Text>
          ) : (
            <Select
              mt={6}
              label={t("plan.answer.whither")}
              placeholder={t("plan.answer.choose")}
              data={places}
              value={answers[group.step] ?? null}
              onChange={(value) => answer(group.step, value)}
              disabled={!mayGive}
              error={tried && group.needs_answer && t("plan.answer.missing")}
              description={
                group.messages > 0
                  ? t("plan.answer.messages", { count: group.messages, n: number(group.messages) })
                  : undefined
              }
              searchable
            />
          )}
        </div>
      ))}
    </Stack>
  );
}
