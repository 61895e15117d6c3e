import {
  Alert,
  Anchor,
  Button,
  Group,
  Progress,
  SimpleGrid,
  Skeleton,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useMe } from "../api/queries";
import { has } from "../api/types";
import { useFormat } from "../app/format";
import { Trouble } from "../components/Trouble";
import { BadLines } from "./BadLines";

/** How far an import is, and what came of it; it goes on whether anybody looks or not. */
export default function ImportPage() {
  const { t } = useTranslation();
  const { number, instant, percent } = useFormat();
  const { number: id } = useParams({ from: "/imports/$number" });
  const me = useMe().data;
  const found = useQuery({
    queryKey: ["import", id],
    queryFn: () => data(client.GET("/api/imports/{number}", { params: { path: { number: Number(id) } } })),
    refetchInterval: (query) =>
      query.state.data && query.state.data.state !== "loading"
        ? query.state.data.state === "done"
          ? false
          : 5000
        : 700,
  });
  if (found.isError && !found.data) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (!found.data) return <Skeleton h={320} />;
  const load = found.data;
  const share = load.bytes ? Math.min(1, load.bytes_read / load.bytes) : null;
  const people = load.kinds.identify ?? 0;
  return (
    <Stack maw={900}>
      <Anchor component={Link} to={"/imports" as never} size="sm">
        {t("person.tab.imports")}
      </Anchor>
      <div>
        <Title order={1} size="h2" style={{ overflowWrap: "anywhere" }}>
          {load.name || t("loads.number", { number: load.id })}
        </Title>
        <Text size="sm" c="dimmed">
          {t(`loads.mode.${load.mode as "state"}.label`)} · {load.actor.replace(/^user:/, "")} ·{" "}
          {instant(load.created_at)}
        </Text>
      </div>
      {load.state === "loading" && (
        <div>
          <Progress
            value={share === null ? 100 : share * 100}
            animated
            aria-label={t("loads.states.loading")}
            size="lg"
          />
          <Text size="sm" mt={4} role="status">
            {share === null ? t("loads.states.loading") : t("loads.progress", { share: percent(share) })}{" "}
            {t("loads.leave")}
          </Text>
        </div>
      )}
      {load.state === "done" && (
        <Alert
          color={load.bad ? "yellow" : "teal"}
          variant="light"
          title={t("loads.doneTitle")}
          role="status"
        >
          {load.bad ? t("loads.doneWithBad") : t("loads.doneWell")}{" "}
          {load.kinds.event ? t(`loads.mode.${load.mode as "state"}.done`) : ""}
        </Alert>
      )}
      {load.state === "broken" && (
        <Alert color="red" variant="light" title={t("loads.states.broken")} role="alert">
          {t("loads.brokenMeans")}
        </Alert>
      )}
      {load.state === "waiting" && (
        <Alert color="blue" variant="light" title={t("loads.states.waiting")}>
          {t("loads.waitingMeans")}
        </Alert>
      )}
      <SimpleGrid cols={{ base: 2, sm: 4 }} maw={700}>
        {(
          [
            ["stored", load.stored],
            ["repeated", load.repeated],
            ["bad", load.bad],
            ["people", people],
          ] as const
        ).map(([name, value]) => (
          <div key={name} title={t(`loads.${name}Means`)}>
            <Text fz={28} fw={650} lh={1.1} style={{ fontVariantNumeric: "tabular-nums" }}>
              {number(value)}
            </Text>
            <Text size="sm" c="dimmed">
              {t(`loads.${name}`)}
            </Text>
          </div>
        ))}
      </SimpleGrid>
      <BadLines
        errors={load.errors}
        bad={load.bad}
        name={load.name.replace(/\.\w+$/, "") || `import-${load.id}`}
      />
      <Group>
        {load.state === "done" && (
          <Button component={Link} to={"/people" as never} variant="default">
            {t("loads.toPeople")}
          </Button>
        )}
        {has(me, "publisher") && load.state !== "loading" && (
          <Button component={Link} to={"/imports/new" as never} variant="default">
            {t(load.state === "done" ? "loads.another" : "loads.new")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
