import { Alert, Anchor, Group, List, Skeleton, Stack, Table, Text, Timeline, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, data, type Schemas } from "../api/client";
import type { Participant } from "../api/types";
import { useFormat } from "../app/format";
import { Mail } from "../components/icons";
import { Trouble } from "../components/Trouble";
import { useStepNames } from "./stepNames";

interface Move {
  seq: number;
  at: string;
  said: string;
  from: string | null;
  to: string | null;
  branches: { step: string; label: string }[] | string[];
}

interface Message {
  seq: number;
  at: string;
  step: string;
  state: Schemas["MessageLine"]["state"];
  subject: string | null;
  recipient: string | null;
  reason: string | null;
  said: string | null;
  detail: string | null;
}

interface Passage {
  entry_no: number;
  version: number | null;
  status: Participant["status"];
  reason: string | null;
  step: string | null;
  entered_at: string;
  left_at: string | null;
  moves: Move[];
  messages: Message[];
  waits_for: string | null;
  until: string | null;
  next: { said: string }[] | string[];
}

interface Criterion {
  rule?: string;
  said: string;
  holds: boolean | null;
  value?: unknown;
  code?: string | null;
}

/** Everything about one person in this journey, also where he or she never entered, and why. */
export default function Person() {
  const { t } = useTranslation();
  const { instant, said } = useFormat();
  const { called } = useStepNames();
  const { key, userId } = useParams({ from: "/journeys/$key/participants/$userId" });
  const found = useQuery({
    queryKey: ["why", key, userId],
    queryFn: () =>
      data(
        client.GET("/api/journeys/{key}/participants/{user_id}", {
          params: { path: { key, user_id: userId } },
        }),
      ),
    refetchInterval: 5000,
  });
  if (found.isError && !found.data) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (!found.data) return <Skeleton h={320} />;
  const why = found.data;
  const passages = why.passages as unknown as Passage[];
  return (
    <Stack>
      <Group gap="xs">
        <Anchor component={Link} to={`/journeys/${key}/participants` as never} size="sm">
          {t("tab.participants")}
        </Anchor>
        <Text size="sm" c="dimmed">
          /
        </Text>
        <Title order={2} size="h3">
          {why.user_id}
        </Title>
        {why.known && (
          <Anchor component={Link} to={`/people/${encodeURIComponent(userId)}` as never} size="sm">
            {t("person.everything")}
          </Anchor>
        )}
      </Group>
      {!why.known && (
        <Alert color="yellow" variant="light">
          {t("why.unknown")}
        </Alert>
      )}
      {why.notes.length > 0 && (
        <Alert color="blue" variant="light" title={t("why.notes")}>
          <List size="sm">
            {why.notes.map((note) => (
              <List.Item key={note}>{said(note)}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      {passages.length === 0 && <Text>{t("why.never")}</Text>}
      {[...passages].reverse().map((passage) => (
        <section key={passage.entry_no}>
          <Title order={3} size="h4" mb="xs">
            {t("why.passage", { entry: passage.entry_no, version: passage.version ?? "–" })} ·{" "}
            {t(`participant.${passage.status}`)}
          </Title>
          {passage.waits_for && (
            <Alert color="teal" variant="light" mb="sm">
              {t("why.waitsFor", { what: said(passage.waits_for) })}
            </Alert>
          )}
          <Timeline bulletSize={18} lineWidth={2}>
            {steps(passage).map((one) => (
              <Timeline.Item
                key={one.id}
                bullet={one.mail ? <Mail size={11} /> : undefined}
                title={one.step ? called(one.step) : one.title}
              >
                <Text size="sm">
                  {[one.state && t(`message.${one.state}`), said(one.said)].filter(Boolean).join(" · ")}
                </Text>
                <Text size="xs" c="dimmed">
                  {instant(one.at)}
                </Text>
              </Timeline.Item>
            ))}
          </Timeline>
        </section>
      ))}
      {why.refusals.length > 0 && (
        <section>
          <Title order={3} size="h4">
            {t("why.refusals")}
          </Title>
          <List size="sm">
            {why.refusals.map((one) => (
              <List.Item key={`${one.reason} ${one.trigger}`}>
                {String(one.said ?? one.reason)} · {String(one.trigger)} · {instant(String(one.last_at))}
              </List.Item>
            ))}
          </List>
        </section>
      )}
      <Entrance entrance={why.entrance ?? null} />
    </Stack>
  );
}

function steps(passage: Passage) {
  const moves = passage.moves.map((move) => ({
    id: `move ${move.seq}`,
    at: move.at,
    order: move.seq,
    mail: false,
    step: move.to,
    title: "",
    state: undefined,
    said: move.said,
  }));
  const mails = passage.messages.map((one) => ({
    id: `mail ${one.seq} ${one.step}`,
    at: one.at,
    order: one.seq + 0.5,
    mail: true,
    step: one.subject === null ? one.step : null,
    title: one.subject ?? "",
    state: one.state,
    said: [
      one.recipient,
      one.said ?? one.reason,
      one.state === "sent" ? "" : one.detail, // what a mail server says where nothing is wrong helps nobody
    ]
      .filter(Boolean)
      .join(" · "),
  }));
  return [...moves, ...mails].sort((a, b) => a.at.localeCompare(b.at) || a.order - b.order);
}

function Entrance({ entrance }: { entrance: Record<string, unknown> | null }) {
  const { t } = useTranslation();
  const { said } = useFormat();
  if (entrance === null) return null;
  const rules = Object.values(entrance)
    .flatMap((value) => (Array.isArray(value) ? (value as Criterion[]) : []))
    .filter((one) => typeof one?.said === "string");
  if (rules.length === 0) return null;
  return (
    <section>
      <Title order={3} size="h4" mb="xs">
        {t("why.entrance")}
      </Title>
      <Table verticalSpacing={4} aria-label={t("why.entrance")}>
        <Table.Tbody>
          {rules.map((one) => (
            <Table.Tr key={one.said}>
              <Table.Td w={110}>
                {one.holds === undefined
                  ? ""
                  : one.holds === null
                    ? t("why.open")
                    : one.holds
                      ? t("why.yes")
                      : t("why.no")}
              </Table.Td>
              <Table.Td>{said(one.said)}</Table.Td>
              <Table.Td c="dimmed">
                {one.value === undefined || one.value === null ? "" : JSON.stringify(one.value)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
