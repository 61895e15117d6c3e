import { Button, Center, Group, Skeleton, Stack, Table, Text, Title, VisuallyHidden } from "@mantine/core";
import { useDebouncedCallback, useIntersection } from "@mantine/hooks";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useJourneys, useMe } from "../api/queries";
import { has, type Journey } from "../api/types";
import { written } from "../app/address";
import { useFormat } from "../app/format";
import { useStillHere } from "../app/useStillHere";
import { useLater } from "../components/later";
import { StatusChip } from "../components/StatusChip";
import { Trouble } from "../components/Trouble";
import { BringIn } from "./BringIn";
import { Bulk } from "./Bulk";
import type { HomeSearch } from "./Filters";
import classes from "./home.module.css";
import { JourneyRow, RowActions, useTrigger } from "./JourneyRow";

const loadFilters = async () => (await import("./Filters")).Filters;

/** Home: every journey, and what can be done with it. */
export default function Home() {
  const { t } = useTranslation();
  const Filters = useLater(loadFilters);
  const search = useSearch({ from: "/" }) as HomeSearch;
  const navigate = useNavigate({ from: "/" });
  const isHere = useStillHere("/");
  const { view, ...filter } = search;
  const me = useMe().data;
  const journeys = useJourneys(filter);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const found = useMemo(() => journeys.data?.pages.flatMap((page) => page.items) ?? [], [journeys.data]);
  const change = (part: Partial<HomeSearch>) => {
    void navigate({ search: written({ ...search, ...part }), replace: true });
  };
  const type = useDebouncedCallback((text: string) => isHere() && change({ search: text }), 250);
  const select = useCallback((key: string, on: boolean) => {
    setChosen((before) => {
      const next = new Set(before);
      if (on) next.add(key);
      else next.delete(key);
      return next;
    });
  }, []);
  const isFiltered = Object.values(filter).some((value) => value !== undefined && value !== "name");
  return (
    <Stack gap={0}>
      <Group justify="space-between">
        <Title order={1} size="h2">
          {t("home.title")}
        </Title>
        {has(me, "editor") && <BringIn />}
      </Group>
      {Filters ? (
        <Filters search={search} change={change} type={type} />
      ) : (
        <Skeleton h={60} my="md" aria-busy aria-label={t("app.loading")} />
      )}
      {journeys.isError && <Trouble error={journeys.error} again={() => journeys.refetch()} />}
      {journeys.isPending && (
        <Stack gap="sm" aria-busy aria-label={t("app.loading")}>
          {[1, 2, 3, 4, 5].map((n) => (
            <Skeleton key={n} h={52} />
          ))}
        </Stack>
      )}
      {journeys.data && found.length === 0 && (
        <Center py={64}>
          <Stack align="center" gap="xs" maw={460}>
            <Title order={2} size="h4">
              {isFiltered ? t("home.noneFound") : t("home.none")}
            </Title>
            <Text ta="center" c="dimmed">
              {isFiltered ? t("home.noneFoundHint") : t("home.noneHint")}
            </Text>
            {isFiltered && (
              <Button variant="default" onClick={() => void navigate({ search: {} })}>
                {t("home.clear")}
              </Button>
            )}
          </Stack>
        </Center>
      )}
      {found.length > 0 && view === "tiles" && (
        <div className={classes.tiles}>
          {found.map((journey) => (
            <Tile key={journey.journey} journey={journey} />
          ))}
        </div>
      )}
      {found.length > 0 && view !== "tiles" && (
        <Table.ScrollContainer minWidth={720} type="native">
          <Table highlightOnHover verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                {has(me, "publisher") && (
                  <Table.Th>
                    <VisuallyHidden>{t("home.selection")}</VisuallyHidden>
                  </Table.Th>
                )}
                <Table.Th w="28%">{t("home.journey")}</Table.Th>
                <Table.Th>{t("home.status")}</Table.Th>
                {(["entered", "inside", "completed", "success"] as const).map((name) => (
                  <Table.Th key={name} className={classes.number} title={t(`number.${name}.means`)}>
                    {t(`number.${name}.label`)}
                  </Table.Th>
                ))}
                <Table.Th>{t("home.changed")}</Table.Th>
                <Table.Th>
                  <VisuallyHidden>{t("home.actions")}</VisuallyHidden>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {found.map((journey) => (
                <JourneyRow
                  key={journey.journey}
                  journey={journey}
                  me={me}
                  selected={chosen.has(journey.journey)}
                  select={select}
                />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {journeys.hasNextPage && (
        <More next={() => void journeys.fetchNextPage()} busy={journeys.isFetchingNextPage} />
      )}
      {chosen.size > 0 && (
        <Bulk journeys={found.filter((one) => chosen.has(one.journey))} clear={() => setChosen(new Set())} />
      )}
    </Stack>
  );
}

/** The next rows come by themselves when the end of the list is near; the button is for whoever tabs there first. */
function More({ next, busy }: { next: () => void; busy: boolean }) {
  const { t } = useTranslation();
  const { ref, entry } = useIntersection({ rootMargin: "600px" });
  const isNear = entry?.isIntersecting ?? false;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once each time the end comes near
  useEffect(() => {
    if (isNear && !busy) next();
  }, [isNear, busy]);
  return (
    <Button ref={ref} variant="default" mt="md" onClick={next} loading={busy}>
      {t("home.moreRows")}
    </Button>
  );
}

function Tile({ journey }: { journey: Journey }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const trigger = useTrigger()(journey);
  return (
    <article className={classes.tile} data-journey={journey.journey}>
      <Group justify="space-between" wrap="nowrap">
        <StatusChip status={journey.status ?? "draft"} settling={journey.settling} />
        <RowActions journey={journey} />
      </Group>
      <Text
        component={Link}
        to="/journeys/$key"
        params={{ key: journey.journey } as never}
        fw={650}
        c="var(--mantine-color-text)"
      >
        {journey.name || journey.journey}
      </Text>
      <Text size="xs" c="dimmed">
        {trigger}
      </Text>
      <Group gap="lg">
        {(["entered", "inside", "completed"] as const).map((name) => (
          <div key={name}>
            <Text fw={650} style={{ fontVariantNumeric: "tabular-nums" }}>
              {number(journey[name])}
            </Text>
            <Text size="xs" c="dimmed">
              {t(`number.${name}.label`)}
            </Text>
          </div>
        ))}
      </Group>
    </article>
  );
}
