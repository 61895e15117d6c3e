import { Button, Group, Modal, MultiSelect, Stack, Table, Text, Textarea, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useMe } from "../api/queries";
import { has, type Participant } from "../api/types";
import { written } from "../app/address";
import { useFormat } from "../app/format";
import { GRAVE } from "../app/theme";
import { useStillHere } from "../app/useStillHere";
import { SaveAsAudience } from "../audiences/SaveAsAudience";
import { Csv } from "../components/Csv";
import { Search } from "../components/icons";
import { PagedTable } from "../components/PagedTable";
import { PersonLink } from "../components/PersonLink";
import { useWords } from "../components/Trouble";
import { useShown } from "./JourneyPage";
import { useStepNames } from "./stepNames";

const STATUSES: readonly Participant["status"][] = [
  "active",
  "completed",
  "succeeded",
  "dropped_out",
  "cancelled",
];

export interface PeopleSearch {
  status?: string;
  step?: string;
  search?: string;
}

/** Who is and was in a journey; filters are kept in the address of the page. */
export default function Participants() {
  const { t } = useTranslation();
  const { instant, ago } = useFormat();
  const { journey } = useShown();
  const { names, called } = useStepNames();
  const key = journey.journey;
  const search = useSearch({ from: "/journeys/$key/participants" }) as PeopleSearch;
  const navigate = useNavigate({ from: "/journeys/$key/participants" });
  const isHere = useStillHere(`/journeys/${key}/participants`);
  const me = useMe().data;
  const statuses = (search.status?.split(",") ?? []) as Participant["status"][];
  const steps = search.step?.split(",") ?? [];
  const asked = {
    ...(statuses.length ? { status: statuses } : {}),
    ...(steps.length ? { step: steps } : {}),
    ...(search.search ? { search: search.search } : {}),
  };
  const found = useInfiniteQuery({
    queryKey: ["participants", key, asked],
    queryFn: ({ pageParam }) =>
      data(
        client.GET("/api/journeys/{key}/participants", {
          params: { path: { key }, query: { ...asked, limit: 100, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const change = (part: PeopleSearch) => {
    void navigate({ search: written({ ...search, ...part }), replace: true });
  };
  const type = useDebouncedCallback((text: string) => isHere() && change({ search: text }), 250);
  const rows = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Stack>
      <Group align="flex-end">
        <TextInput
          type="search"
          label={t("people.search")}
          leftSection={<Search size={16} />}
          defaultValue={search.search}
          onChange={(event) => type(event.currentTarget.value)}
        />
        <MultiSelect
          label={t("people.status")}
          data={STATUSES.map((value) => ({ value, label: t(`participant.${value}`) }))}
          value={statuses}
          onChange={(value) => change({ status: value.join(",") })}
          placeholder={statuses.length ? undefined : t("home.any")}
          w={{ base: "100%", xs: 220 }}
          clearable
        />
        <MultiSelect
          label={t("people.step")}
          data={[...new Set([...names.keys(), ...steps])].map((value) => ({ value, label: called(value) }))}
          value={steps}
          onChange={(value) => change({ step: value.join(",") })}
          placeholder={steps.length ? undefined : t("home.any")}
          w={{ base: "100%", xs: 220 }}
          searchable
          clearable
        />
        <Csv
          path={`/api/journeys/${key}/participants`}
          asked={asked}
          name={`${key}-participants`}
          label={t("people.export")}
        />
        <SaveAsAudience
          label={t("audience.count.all", { journey: journey.name || key })}
          count={{
            journey: key,
            kind: "listed",
            statuses,
            steps,
            ...(search.search ? { search: search.search } : {}),
          }}
        />
        {has(me, "publisher") && <Change journey={key} />}
      </Group>
      <PagedTable
        found={found}
        rows={rows}
        head={(["person", "status", "step", "entered", "wakes", "left"] as const).map((name) =>
          t(`people.${name}`),
        )}
        empty={t("people.none")}
        row={(one) => (
          <Table.Tr key={`${one.user_id} ${one.entry_no}`}>
            <Table.Td>
              <PersonLink
                to={`/journeys/${key}/participants/${encodeURIComponent(one.user_id)}`}
                userId={one.user_id}
                name={one.name}
              />
            </Table.Td>
            <Table.Td>
              {t(`participant.${one.status}`)}
              {one.said && (
                <Text size="xs" c="dimmed">
                  {one.said}
                </Text>
              )}
            </Table.Td>
            <Table.Td>{one.step ? called(one.step) : "–"}</Table.Td>
            <Table.Td title={instant(one.entered_at)}>{ago(one.entered_at)}</Table.Td>
            <Table.Td title={instant(one.wake_at)}>{one.wake_at ? ago(one.wake_at) : "–"}</Table.Td>
            <Table.Td title={instant(one.left_at)}>{one.left_at ? ago(one.left_at) : "–"}</Table.Td>
          </Table.Tr>
        )}
      />
    </Stack>
  );
}

function Change({ journey }: { journey: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<"add" | "remove" | null>(null);
  const [names, setNames] = useState("");
  const queries = useQueryClient();
  const words = useWords();
  const navigate = useNavigate();
  const ids = names.split(/[\s,;]+/).filter(Boolean);
  const giving = useMutation({
    mutationFn: (what: "add" | "remove") => {
      const given = {
        params: { path: { key: journey }, header: { "Idempotency-Key": crypto.randomUUID() } },
        body: { user_ids: ids, dry_run: false },
      };
      return data(
        what === "add"
          ? client.POST("/api/journeys/{key}/participants/add", given)
          : client.POST("/api/journeys/{key}/participants/remove", given),
      );
    },
    onSuccess: (answer, what) => {
      const unknown = answer.unknown.length ? t("people.unknown", { names: answer.unknown.join(", ") }) : "";
      notifications.show({
        color: unknown ? "orange" : "teal",
        title: t(`people.${what}Done`, { count: answer.counts[what === "add" ? "added" : "removed"] ?? 0 }),
        message: unknown,
      });
      setOpen(null);
      setNames("");
    },
    onSettled: () => queries.invalidateQueries(),
  });
  const [who, setWho] = useState("");
  return (
    <>
      <Button variant="default" onClick={() => setOpen("add")}>
        {t("people.add")}
      </Button>
      <Button variant="default" onClick={() => setOpen("remove")}>
        {t("people.remove")}
      </Button>
      <Modal
        opened={open !== null}
        onClose={() => setOpen(null)}
        title={open ? t(`people.${open}`) : ""}
        closeButtonProps={{ "aria-label": t("dialog.close") }}
      >
        <Textarea
          label={t("people.names")}
          description={t(open === "remove" ? "people.removeMeans" : "people.addMeans")}
          autosize
          minRows={3}
          data-autofocus
          value={names}
          onChange={(event) => setNames(event.currentTarget.value)}
        />
        {giving.isError && (
          <Text c={GRAVE} size="sm" role="alert">
            {words(giving.error).said} {words(giving.error).hint}
          </Text>
        )}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setOpen(null)}>
            {t("dialog.cancel")}
          </Button>
          <Button
            color={open === "remove" ? "red.9" : undefined}
            disabled={ids.length === 0}
            loading={giving.isPending}
            onClick={() => open && giving.mutate(open)}
          >
            {open ? t(`people.${open}`) : ""}
          </Button>
        </Group>
      </Modal>
      <TextInput
        label={t("people.whyFor")}
        placeholder={t("people.whyHint")}
        value={who}
        onChange={(event) => setWho(event.currentTarget.value)}
        onKeyDown={(event) =>
          event.key === "Enter" &&
          who &&
          void navigate({ to: `/journeys/${journey}/participants/${encodeURIComponent(who)}` as never })
        }
      />
    </>
  );
}
