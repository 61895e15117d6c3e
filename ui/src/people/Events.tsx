import {
  Anchor,
  Button,
  Group,
  Select,
  Skeleton,
  Stack,
  Switch,
  Table,
  Text,
  TextInput,
} from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, type Schemas } from "../api/client";
import { written } from "../app/address";
import { useFormat } from "../app/format";
import { useStillHere } from "../app/useStillHere";
import { Empty } from "../components/Empty";
import { Search } from "../components/icons";
import { Mark } from "../components/Mark";
import { Trouble } from "../components/Trouble";
import { Area } from "./Area";
import { Properties } from "./Properties";

const RESULTS = ["taken", "repeated", "refused"] as const;
const COLORS = { taken: "teal", repeated: "gray", refused: "red" } as const;

export interface EventSearch {
  user_id?: string;
  result?: (typeof RESULTS)[number];
}

type Recent = Schemas["RecentEvent"];

/** What came over HTTP lately, and what each caused. */
export default function Events() {
  const { t } = useTranslation();
  const { instant, ago } = useFormat();
  const search = useSearch({ from: "/events" }) as EventSearch;
  const navigate = useNavigate({ from: "/events" });
  const isHere = useStillHere("/events");
  const [follows, setFollows] = useState(true);
  const [shown, setShown] = useState(100);
  const found = useQuery({
    queryKey: ["recent", search, shown],
    queryFn: () => data(client.GET("/api/events", { params: { query: { ...search, limit: shown } } })),
    refetchInterval: follows ? 3000 : false,
    placeholderData: keepPreviousData,
  });
  const change = (part: EventSearch) => {
    void navigate({ search: written({ ...search, ...part }), replace: true });
  };
  const type = useDebouncedCallback((text: string) => isHere() && change({ user_id: text.trim() }), 300);
  const rows = found.data ?? [];
  const isNarrowed = Boolean(search.user_id || search.result);
  return (
    <Area tab="events">
      <Stack>
        <Text c="dimmed" size="sm">
          {t("debugger.means")}
        </Text>
        <Group align="flex-end">
          <TextInput
            type="search"
            label={t("debugger.person")}
            leftSection={<Search size={16} />}
            defaultValue={search.user_id}
            onChange={(event) => type(event.currentTarget.value)}
          />
          <Select
            label={t("debugger.result")}
            placeholder={t("home.any")}
            data={RESULTS.map((value) => ({ value, label: t(`debugger.results.${value}`) }))}
            value={search.result ?? null}
            onChange={(value) => change({ result: (value ?? undefined) as EventSearch["result"] })}
            clearable
            clearButtonProps={{ "aria-label": t("home.clear") }}
          />
          <Switch
            label={t("debugger.follow")}
            checked={follows}
            onChange={(event) => setFollows(event.currentTarget.checked)}
            mb={8}
          />
        </Group>
        {found.isError && <Trouble error={found.error} again={() => found.refetch()} />}
        {found.isPending && <Skeleton h={320} />}
        {found.data && rows.length === 0 && (
          <Empty
            title={t(isNarrowed ? "debugger.noneFound" : "debugger.none")}
            hint={t(isNarrowed ? "debugger.noneFoundHint" : "debugger.noneHint")}
          />
        )}
        {rows.length > 0 && (
          <Table.ScrollContainer minWidth={720} type="native">
            <Table verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  {(["when", "what", "who", "result", "caused"] as const).map((name) => (
                    <Table.Th key={name}>{t(`debugger.column.${name}`)}</Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((one) => (
                  <Table.Tr key={one.feed_no} style={{ verticalAlign: "top" }}>
                    <Table.Td title={instant(one.at)} style={{ whiteSpace: "nowrap" }}>
                      {ago(one.at)}
                      <Text size="xs" c="dimmed">
                        {one.source}
                      </Text>
                    </Table.Td>
                    <Table.Td>
                      <Text size="sm" fw={600}>
                        {one.name || one.type}
                      </Text>
                      <Properties data={inside(one.data)} />
                    </Table.Td>
                    <Table.Td>
                      {one.user_id ? (
                        <Anchor
                          component={Link}
                          to={`/people/${encodeURIComponent(one.now_known_as ?? one.user_id)}` as never}
                        >
                          {one.user_id}
                        </Anchor>
                      ) : (
                        "–"
                      )}
                      {one.now_known_as && (
                        <Text size="xs" c="dimmed">
                          {t("debugger.nowKnownAs", { name: one.now_known_as })}
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td>
                      <Mark color={COLORS[one.result]}>{t(`debugger.results.${one.result}`)}</Mark>
                      {one.message && (
                        <Text size="xs" c="dimmed">
                          {one.message} {one.hint}
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td>
                      <CausedLines event={one} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
        {rows.length === shown && shown < 1000 && (
          <Button variant="default" onClick={() => setShown((n) => Math.min(1000, n + 200))}>
            {t("home.moreRows")}
          </Button>
        )}
      </Stack>
    </Area>
  );
}

/** What was said: the properties or traits; of anything else all of it but what stands in other columns. */
function inside(given: Record<string, unknown>): Record<string, unknown> {
  for (const name of ["properties", "traits"]) {
    const found = given[name];
    if (typeof found === "object" && found !== null) return found as Record<string, unknown>;
  }
  const OTHERS = [
    "type",
    "userId",
    "anonymousId",
    "event",
    "messageId",
    "timestamp",
    "sentAt",
    "originalTimestamp",
  ];
  return Object.fromEntries(Object.entries(given).filter(([name]) => !OTHERS.includes(name)));
}

function CausedLines({ event }: { event: Recent }) {
  const { t, i18n } = useTranslation();
  if (event.caused.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {event.result === "taken" ? t("debugger.nothing") : "–"}
      </Text>
    );
  return (
    <Stack gap={4}>
      {event.caused.map((one, n) => {
        const reason =
          one.reason && i18n.exists(`reason.${one.reason}`)
            ? t(`reason.${one.reason}` as never)
            : (one.reason ?? "");
        const steps = one.did === "moved" && one.to ? `${one.from ?? ""} → ${one.to}` : "";
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: one event may do the same twice in a journey
          <Text size="sm" key={`${one.journey} ${one.did} ${n}`}>
            {t(`debugger.did.${one.did}`)}{" "}
            {one.journey && event.user_id ? (
              <Anchor
                component={Link}
                size="sm"
                to={
                  `/journeys/${one.journey}/participants/${encodeURIComponent(event.now_known_as ?? event.user_id)}` as never
                }
              >
                {one.journey}
              </Anchor>
            ) : (
              (one.journey ?? "")
            )}
            {[steps, reason].filter(Boolean).map((word) => ` · ${word}`)}
          </Text>
        );
      })}
    </Stack>
  );
}
