import { List, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "../app/format";
import type { NameOf } from "./Changes";
import type { Plan, StepPlan } from "./plan";
import classes from "./plan.module.css";

/** Those who would be moved, or stay, step by step, and what becomes of them. */
export function Becomes({ plan, nameOf }: { plan: Plan; nameOf: NameOf }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const told = (step: StepPlan): string => {
    const stays = plan.people === "stay";
    if (step.kind_changed) return t("plan.becomes.kind");
    if (step.needs_answer) return t("plan.becomes.open");
    if (step.answer === "drop_out") return t("plan.becomes.out");
    if (step.answer !== null) return t("plan.becomes.to", { step: nameOf(step.answer) });
    if (step.step === "entry") return t(stays ? "plan.becomes.queueStays" : "plan.becomes.queue");
    return [
      step.goes_on > 0 && t("plan.becomes.goesOn", { count: step.goes_on, n: number(step.goes_on) }),
      step.keeps_timer > 0 &&
        t("plan.becomes.keeps", { count: step.keeps_timer, n: number(step.keeps_timer) }),
      step.waits > 0 && t("plan.becomes.waits", { count: step.waits, n: number(step.waits) }),
    ]
      .filter(Boolean)
      .join(" · ");
  };
  return (
    <ul className={classes.steps}>
      {plan.steps.map((step) => (
        <li key={step.step} className={classes.step} data-becomes={step.step}>
          <div className={classes.said}>
            <Text size="sm" fw={600}>
              {step.step === "entry" ? t("plan.queue") : nameOf(step.step)}
            </Text>
            <Text size="sm" c="dimmed">
              {told(step)}
            </Text>
          </div>
          <Text size="sm" fw={650} className={classes.number}>
            {t("plan.people", { count: step.here, n: number(step.here) })}
          </Text>
        </li>
      ))}
    </ul>
  );
}

const RULES = ["goal", "exit_rule", "excluded", "profile_deleted"] as const;

/** What happens at once when everybody is moved, and at a resume. */
export function AtOnce({ plan, resumes, rate }: { plan: Plan; resumes: boolean; rate: number | null }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const stay = plan.steps.filter((one) => !one.needs_answer && one.answer === null && !one.kind_changed);
  // Whose step sends a message is set free with it: that is told as the message.
  const goesOn = stay.reduce(
    (all, one) => all + (one.step === "entry" || one.messages > 0 ? 0 : one.goes_on),
    0,
  );
  const mails = stay.reduce((all, one) => all + (one.messages > 0 ? one.goes_on : 0), 0);
  const told = (key: "kept" | "goesOn" | "messages" | "queue" | "cancelled" | "inFlight", n: number) =>
    n > 0 && t(`plan.atOnce.${key}`, { count: n, n: number(n) });
  const lines = [
    told("kept", plan.kept),
    ...RULES.map((rule) => {
      const n = plan.matching?.[rule] ?? 0;
      return n > 0 && t(`plan.matching.${rule}`, { count: n, n: number(n) });
    }),
    plan.matching === null && t("plan.matching.uncounted"),
    told("goesOn", goesOn),
    told("messages", mails),
    told("queue", plan.queued),
    told("cancelled", plan.messages_cancelled),
    told("inFlight", plan.in_flight),
    resumes && rate !== null && t("plan.atOnce.noPace", { rate: number(rate) }),
  ].filter((line): line is string => typeof line === "string");
  return (
    <Stack gap={4}>
      <List size="sm" spacing={4}>
        {lines.map((line) => (
          <List.Item key={line}>{line}</List.Item>
        ))}
        {lines.length === 0 && <List.Item>{t("plan.atOnce.nothing")}</List.Item>}
      </List>
    </Stack>
  );
}
