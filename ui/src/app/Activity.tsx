import { Anchor, Autocomplete, Group, Select, Switch, Table, Text, TextInput, Title } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useLocation, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useJourneys } from "../api/queries";
import { PagedTable } from "../components/PagedTable";
import { written } from "./address";
import { DID } from "./done";
import { useFormat } from "./format";
import { useStillHere } from "./useStillHere";

/** What the activity is filtered by; kept in the address of the page. */
export interface ActivitySearch {
  who?: string;
  what?: string;
  journey?: string;
  refused?: boolean;
}

const COMMANDS = [
  "publish",
  "pause",
  "resume",
  "close",
  "stop",
  "restart",
  "edit",
  "new_version",
  "duplicate",
  "delete",
] as const;
const STATUSES = ["draft", "live", "paused", "closed", "stopped", "finished"] as const;

/** What was done, in words. */
function useDid(): (command: string) => string {
  const { t } = useTranslation();
  return (command) => {
    const given = COMMANDS.find((one) => one === command);
    if (given) return t(`command.${given}.label`);
    const did = DID.find((one) => one === command);
    return did ? t(`settings.did.${did}`) : command.replaceAll("_", " ");
  };
}

/** The audit: who did what, when, to which journey, and what was refused. */
export function Audit({ journey }: { journey?: string }) {
  const { t } = useTranslation();
  const { instant, ago, number, said } = useFormat();
  const did = useDid();
  const search = useSearch({ strict: false }) as ActivitySearch;
  const key = journey ?? search.journey;
  const { who, what, refused } = search;
  const found = useInfiniteQuery({
    queryKey: ["audit", key, who, what, refused],
    queryFn: ({ pageParam }) =>
      data(
        client.GET("/api/audit", {
          params: { query: { limit: 100, key, actor: who, command: what, refused, before: pageParam } },
        }),
      ),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const rows = found.data?.pages.flatMap((page) => page.lines) ?? [];
  const status = (name: string | null) => {
    const known = STATUSES.find((one) => one === name);
    return known ? t(`status.${known}.label`) : (name ?? "");
  };
  const isFiltered = Boolean(who || what || refused || search.journey);
  return (
    <>
      <Filters search={search} withJourney={journey === undefined} />
      <PagedTable
        found={found}
        rows={rows}
        head={(["when", "who", "what", "journey", "result"] as const).map((name) => t(`activity.${name}`))}
        empty={isFiltered ? t("settings.activity.noneFound") : t("activity.none")}
        row={(one) => (
          <Table.Tr key={one.id}>
            <Table.Td title={instant(one.at)}>{ago(one.at)}</Table.Td>
            <Table.Td>
              {one.actor === "engine" ? t("settings.activity.engine") : one.actor.replace(/^(user|key):/, "")}
            </Table.Td>
            <Table.Td>{did(one.command)}</Table.Td>
            <Table.Td>
              {one.key === "" || /^[@*]/.test(one.key) ? (
                one.key.replace(/^@\w+\/?|^\*$/, "") || "–"
              ) : (
                <Anchor underline="always" component={Link} to={`/journeys/${one.key}` as never} size="sm">
                  {one.key}
                </Anchor>
              )}
              {one.version ? ` · ${t("journey.versionNo", { version: one.version })}` : ""}
            </Table.Td>
            <Table.Td>
              {one.refused
                ? t("settings.activity.why", { why: said(one.said ?? one.refused) })
                : [...new Set([status(one.from_status), status(one.to_status)])].filter(Boolean).join(" → ")}
              {one.counts.inside ? ` · ${t("activity.inside", { n: number(one.counts.inside) })}` : ""}
              {one.reason && (
                <Text size="xs" c="dimmed">
                  {one.reason}
                </Text>
              )}
            </Table.Td>
          </Table.Tr>
        )}
      />
    </>
  );
}

function Filters({ search, withJourney }: { search: ActivitySearch; withJourney: boolean }) {
  const { t } = useTranslation();
  const did = useDid();
  const navigate = useNavigate();
  const path = useLocation().pathname;
  const isHere = useStillHere(path);
  const change = (part: ActivitySearch) => {
    void navigate({ to: path, search: written({ ...search, ...part }), replace: true } as never);
  };
  const type = useDebouncedCallback((part: ActivitySearch) => isHere() && change(part), 300);
  return (
    <Group component="search" align="flex-end" mb="md">
      <TextInput
        label={t("settings.activity.who")}
        placeholder={t("settings.activity.whoMeans")}
        defaultValue={search.who ?? ""}
        onChange={(event) => type({ who: event.currentTarget.value.trim() })}
        type="search"
        w={280}
      />
      <Select
        label={t("settings.activity.what")}
        placeholder={t("settings.activity.everything")}
        data={[...COMMANDS, ...DID].map((value) => ({ value, label: did(value) }))}
        value={search.what ?? null}
        onChange={(value) => change({ what: value ?? undefined })}
        searchable
        clearable
        w={240}
      />
      {withJourney && <JourneyChoice value={search.journey ?? ""} choose={(journey) => type({ journey })} />}
      <Switch
        label={t("settings.activity.refused")}
        checked={search.refused ?? false}
        onChange={(event) => change({ refused: event.currentTarget.checked })}
        mb={8}
      />
    </Group>
  );
}

function JourneyChoice({ value, choose }: { value: string; choose: (key: string) => void }) {
  const { t } = useTranslation();
  const journeys = useJourneys({}).data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Autocomplete
      label={t("settings.activity.journey")}
      placeholder={t("settings.activity.everything")}
      data={journeys.map((one) => one.journey)}
      defaultValue={value}
      onChange={choose}
      limit={20}
      clearable
      w={220}
    />
  );
}

export default function Activity() {
  const { t } = useTranslation();
  return (
    <>
      <Title order={1} size="h2" mb="md">
        {t("app.activity")}
      </Title>
      <Audit />
    </>
  );
}
