import { BarChart } from "@mantine/charts";
import "@mantine/charts/styles.css";
import {
  Group,
  SegmentedControl,
  SimpleGrid,
  Skeleton,
  Stack,
  Table,
  Text,
  Title,
  VisuallyHidden,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useFormat } from "../app/format";
import { type Counted, SaveOneOf } from "../audiences/SaveAsAudience";
import { Csv } from "../components/Csv";
import { PersonLink } from "../components/PersonLink";
import { Trouble } from "../components/Trouble";
import { useShown } from "./JourneyPage";

const NUMBERS = ["entered", "inside", "completed", "succeeded", "dropped_out", "cancelled"] as const;
const SERIES = [
  { name: "entered", color: "#0f7a75" },
  { name: "completed", color: "#2d6cdf" },
  { name: "succeeded", color: "#3f7d2c" },
  { name: "dropped_out", color: "#b36b00" },
  { name: "cancelled", color: "#b3261e" },
] as const;

/** Totals, days, the funnel over the steps, drop-outs by reason, and messages; each also as a table and CSV. */
export default function Reports() {
  const { t } = useTranslation();
  const { number, percent, day, instant, ago } = useFormat();
  const { journey, numbers } = useShown();
  const key = journey.journey;
  const [view, setView] = useState<"chart" | "table">("chart");
  const params = { path: { key } };
  const report = useQuery({
    queryKey: ["report", key],
    queryFn: () => data(client.GET("/api/journeys/{key}/report", { params })),
    refetchInterval: 10_000,
  });
  const days = useQuery({
    queryKey: ["report-days", key],
    queryFn: () => data(client.GET("/api/journeys/{key}/report/days", { params })),
    refetchInterval: 10_000,
  });
  const reasons = useQuery({
    queryKey: ["report-reasons", key],
    queryFn: () => data(client.GET("/api/journeys/{key}/report/reasons", { params })),
    refetchInterval: 10_000,
  });
  const messages = useQuery({
    queryKey: ["report-messages", key],
    queryFn: () => data(client.GET("/api/journeys/{key}/report/messages", { params })),
    refetchInterval: 10_000,
  });
  const refusals = useQuery({
    queryKey: ["refusals", key],
    queryFn: () =>
      data(client.GET("/api/journeys/{key}/refusals", { params: { ...params, query: { limit: 10 } } })),
  });
  if (report.isError && !report.data) return <Trouble error={report.error} again={() => report.refetch()} />;
  if (!report.data) return <Skeleton h={320} />;
  const totals = numbers?.totals ?? report.data.totals;
  const labels = new Map(report.data.steps.map((one) => [one.step, one.label]));
  const called = (step: string) => labels.get(step) || step;
  const rows = (days.data ?? []) as {
    day: string;
    entered: number;
    completed: number;
    succeeded: number;
    dropped_out: number;
    cancelled: number;
    inside: number | null;
  }[];
  const saved = countsOf(t, key, journey.name || key);
  return (
    <Stack gap="xl">
      <SimpleGrid cols={{ base: 2, sm: 4, lg: 7 }}>
        {NUMBERS.map((name) => (
          <div key={name} title={t(`number.${name}.means`)}>
            <Text fz={28} fw={650} lh={1.1} style={{ fontVariantNumeric: "tabular-nums" }}>
              {number(totals[name])}
            </Text>
            <Group gap={2} wrap="nowrap">
              <Text size="sm" c="dimmed">
                {t(`number.${name}.label`)}
              </Text>
              <SaveOneOf of={t(`number.${name}.label`)} items={saved.total(name)} />
            </Group>
          </div>
        ))}
        <div title={t("number.success.means")}>
          <Text fz={28} fw={650} lh={1.1}>
            {percent(totals.success_rate)}
          </Text>
          <Text size="sm" c="dimmed">
            {t("number.success.label")}
          </Text>
        </div>
      </SimpleGrid>
      <section>
        <Group justify="space-between" mb="sm">
          <Title order={2} size="h4">
            {t("report.days", { zone: report.data.timezone })}
          </Title>
          <Group>
            <SegmentedControl
              size="xs"
              aria-label={t("report.view")}
              data={[
                { value: "chart", label: t("report.chart") },
                { value: "table", label: t("report.table") },
              ]}
              value={view}
              onChange={(value) => setView(value as "chart" | "table")}
            />
            <Csv path={`/api/journeys/${key}/report/days`} name={`${key}-days`} />
          </Group>
        </Group>
        {days.data && rows.length === 0 && <Text c="dimmed">{t("report.noDays")}</Text>}
        {rows.length > 0 && view === "chart" && (
          <BarChart
            h={280}
            data={rows.map((row) => ({ ...row, day: day(row.day) }))}
            dataKey="day"
            series={SERIES.map((one) => ({ ...one, label: t(`number.${one.name}.label`) }))}
            withLegend
            valueFormatter={number}
          />
        )}
        {rows.length > 0 && view === "table" && (
          <Table.ScrollContainer minWidth={560} type="native">
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("report.day")}</Table.Th>
                  {NUMBERS.map((name) => (
                    <Table.Th key={name} ta="right">
                      {t(`number.${name}.label`)}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((row) => (
                  <Table.Tr key={row.day}>
                    <Table.Td>{day(row.day)}</Table.Td>
                    {NUMBERS.map((name) => (
                      <Table.Td key={name} ta="right">
                        {row[name] === null ? "–" : number(row[name] as number)}
                      </Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </section>
      <section>
        <Group justify="space-between" mb="sm">
          <Title order={2} size="h4">
            {t("report.steps")}
          </Title>
          <Csv path={`/api/journeys/${key}/report`} name={`${key}-steps`} />
        </Group>
        <Funnel steps={report.data.steps} saved={saved.step} />
      </section>
      {reasons.data && reasons.data.length > 0 && (
        <section>
          <Title order={2} size="h4" mb="sm">
            {t("report.reasons")}
          </Title>
          <Table>
            <Table.Tbody>
              {reasons.data.map((one) => (
                <Table.Tr key={one.reason}>
                  <Table.Td>{one.said ?? one.reason}</Table.Td>
                  <Table.Td ta="right">{number(one.people)}</Table.Td>
                  <Table.Td ta="right">{percent(one.share)}</Table.Td>
                  <Table.Td w={40}>
                    <SaveOneOf
                      of={one.said ?? one.reason}
                      items={saved.reason(one.reason, one.said ?? one.reason)}
                    />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </section>
      )}
      {refusals.data && refusals.data.items.length > 0 && (
        <section>
          <Group gap={4} mb="sm">
            <Title order={2} size="h4">
              {t("report.refused")}
            </Title>
            <SaveOneOf
              of={t("report.refused")}
              items={saved.refused(refusals.data.items.map((one) => [one.reason, one.said ?? one.reason]))}
            />
          </Group>
          <Table.ScrollContainer minWidth={480} type="native">
            <Table verticalSpacing={6}>
              <Table.Tbody>
                {refusals.data.items.map((one) => (
                  <Table.Tr key={`${one.user_id} ${one.reason}`}>
                    <Table.Td>
                      <PersonLink
                        to={`/journeys/${key}/participants/${encodeURIComponent(one.user_id)}`}
                        userId={one.user_id}
                        name={one.name}
                      />
                    </Table.Td>
                    <Table.Td>{one.said ?? one.reason}</Table.Td>
                    <Table.Td title={instant(one.last_at)}>{ago(one.last_at)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </section>
      )}
      {messages.data && messages.data.length > 0 && (
        <section>
          <Title order={2} size="h4" mb="sm">
            {t("report.messages")}
          </Title>
          <Table.ScrollContainer minWidth={560} type="native">
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("people.step")}</Table.Th>
                  {OUTCOMES.map((name) => (
                    <Table.Th key={name} ta="right">
                      {t(`message.${name}`)}
                    </Table.Th>
                  ))}
                  <Table.Th>
                    <VisuallyHidden>{t("audience.saveAs")}</VisuallyHidden>
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {messages.data.map((one) => (
                  <Table.Tr key={one.step}>
                    <Table.Td>{called(one.step)}</Table.Td>
                    {OUTCOMES.map((name) => (
                      <Table.Td key={name} ta="right">
                        {number(one[name])}
                      </Table.Td>
                    ))}
                    <Table.Td w={40}>
                      <SaveOneOf
                        of={called(one.step)}
                        items={saved.message(one.step, called(one.step), (name) => one[name] > 0)}
                      />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </section>
      )}
    </Stack>
  );
}

export const OUTCOMES = [
  "queued",
  "claimed",
  "sent",
  "skipped",
  "rejected",
  "cancelled",
  "uncertain",
] as const;

/** The people behind each number, as lists are made of them. */
function countsOf(t: TFunction, key: string, journey: string) {
  const left = (status: "completed" | "succeeded" | "dropped_out" | "cancelled"): Counted => ({
    label: t("audience.count.left", { journey, status: t(`participant.${status}`) }),
    count: { journey: key, kind: "left", status },
  });
  return {
    total: (name: (typeof NUMBERS)[number]): Counted[] =>
      name === "entered" || name === "inside"
        ? [{ label: t(`audience.count.${name}`, { journey }), count: { journey: key, kind: name } }]
        : [left(name)],
    step: (step: string, label: string): Counted[] =>
      step === "entry"
        ? [{ label: t("audience.count.entered", { journey }), count: { journey: key, kind: "entered" } }]
        : [
            {
              label: t("audience.count.passed", { journey, step: label }),
              count: { journey: key, kind: "passed", step },
            },
            {
              label: t("audience.count.at", { journey, step: label }),
              count: { journey: key, kind: "at", step },
            },
          ],
    reason: (reason: string, said: string): Counted[] => [
      {
        label: t("audience.count.left", { journey, status: said }),
        count: { journey: key, kind: "left", status: "dropped_out", reason },
      },
    ],
    message: (
      step: string,
      called: string,
      any: (outcome: (typeof OUTCOMES)[number]) => boolean,
    ): Counted[] =>
      [...OUTCOMES.filter(any), "opened" as const, "clicked" as const].map((outcome) => ({
        label: t("audience.count.message", {
          journey,
          step: called,
          outcome:
            outcome === "opened" || outcome === "clicked"
              ? t(`audience.${outcome}`)
              : t(`message.${outcome}`),
        }),
        count: { journey: key, kind: "message", step, outcome },
      })),
    refused: (reasons: [string, string][]): Counted[] => [
      { label: t("audience.count.refused", { journey }), count: { journey: key, kind: "refused" } },
      ...[...new Map(reasons)].map(([reason, said]) => ({
        label: t("audience.count.refusedFor", { journey, reason: said }),
        count: { journey: key, kind: "refused" as const, reason },
      })),
    ],
  };
}

function Funnel({
  steps,
  saved,
}: {
  saved: (step: string, label: string) => Counted[];
  steps: { step: string; label: string; in: number; here: number; out: number }[];
}) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const most = Math.max(1, ...steps.map((one) => one.in));
  return (
    <Table.ScrollContainer minWidth={480} type="native">
      <Table verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("people.step")}</Table.Th>
            <Table.Th>{t("report.share")}</Table.Th>
            {(["in", "here", "out"] as const).map((name) => (
              <Table.Th key={name} ta="right">
                {t(`report.${name}`)}
              </Table.Th>
            ))}
            <Table.Th>
              <VisuallyHidden>{t("audience.saveAs")}</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {steps.map((one) => (
            <Table.Tr key={one.step}>
              <Table.Td>{one.label || (one.step === "entry" ? t("kind.entry") : one.step)}</Table.Td>
              <Table.Td w="40%" aria-hidden>
                <div
                  style={{
                    width: `${(100 * one.in) / most}%`,
                    minWidth: one.in ? 3 : 0,
                    height: 14,
                    borderRadius: 4,
                    background: "var(--mantine-primary-color-filled)",
                  }}
                />
              </Table.Td>
              {(["in", "here", "out"] as const).map((name) => (
                <Table.Td key={name} ta="right">
                  {number(one[name])}
                </Table.Td>
              ))}
              <Table.Td w={40}>
                <SaveOneOf of={one.label || one.step} items={saved(one.step, one.label || one.step)} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
