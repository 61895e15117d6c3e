import { List, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useVersion } from "../api/queries";
import { useFormat } from "../app/format";
import { ComingHours } from "./ComingHours";
import type { Later } from "./hours";

interface One {
  version: number;
  hours: number;
  catch_up: number | null;
  kept: { name: string; rows: number; people: number }[];
  now: Record<string, number>;
  queue: number;
  messages: Record<string, number>;
  later: Later[];
}

const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);

/** What leaves at once when people go on, and in the hours behind it. */
export function ResumePreview({
  journey,
  preview,
}: {
  journey: string;
  preview: Record<string, unknown>[] | null;
}) {
  const { t } = useTranslation();
  const { number } = useFormat();
  if (preview === null || preview.length === 0) return null;
  return (
    <>
      {(preview as unknown as One[]).map((one) => {
        const due = sum(Object.values(one.now));
        const mails = sum(Object.values(one.messages));
        const later = sum(one.later.map((row) => row.people));
        const lines = [
          one.kept.length > 0 && t("resume.kept", { count: sum(one.kept.map((row) => row.rows)) }),
          due > 0 && t("resume.due", { count: due, n: number(due) }),
          mails > 0 && t("resume.mails", { count: mails, n: number(mails) }),
          one.queue > 0 && t("resume.queue", { count: one.queue, n: number(one.queue) }),
          later > 0 && t("resume.later", { count: later, n: number(later), hours: one.hours }),
          one.catch_up !== null && t("resume.catchUp", { rate: number(one.catch_up) }),
        ].filter((line): line is string => typeof line === "string");
        return (
          <div key={one.version}>
            <Text fw={600} size="sm">
              {t("resume.preview", { version: one.version })}
            </Text>
            <List size="sm">
              {lines.length === 0 && <List.Item>{t("resume.nothing")}</List.Item>}
              {lines.map((line) => (
                <List.Item key={line}>{line}</List.Item>
              ))}
            </List>
            <Hours journey={journey} one={one} />
          </div>
        );
      })}
    </>
  );
}

function Hours({ journey, one }: { journey: string; one: One }) {
  const steps = useVersion(journey, one.version).data?.definition.steps as
    | Record<string, { label?: string }>
    | undefined;
  return <ComingHours rows={one.later} hours={one.hours} nameOf={(step) => steps?.[step]?.label || step} />;
}
