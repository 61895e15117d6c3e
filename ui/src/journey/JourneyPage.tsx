import { Alert, Button, Group, List, Skeleton, Stack, Tabs, Text } from "@mantine/core";
import { Link, Outlet, useLocation, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { createContext, Suspense, useContext, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Stream, useLive } from "../api/live";
import { useJourney, useMe } from "../api/queries";
import { has, type JourneyDetail, type LiveNumbers } from "../api/types";
import { useAway } from "../app/Connection";
import { useFormat } from "../app/format";
import { TabBar } from "../components/TabBar";
import { Trouble } from "../components/Trouble";
import { BringIn } from "../home/BringIn";
import { Header } from "./Header";

const TABS = ["canvas", "participants", "reports", "messages", "activity", "settings"] as const;

interface Shown {
  journey: JourneyDetail;
  version: number | null;
  numbers: LiveNumbers | null;
  stream: Stream;
}

const Context = createContext<Shown | null>(null);

/** The journey that is shown, with its live numbers; of the tabs below the header. */
export function useShown(): Shown {
  const shown = useContext(Context);
  if (shown === null) throw new Error("outside of a journey");
  return shown;
}

/** One journey: header, what happens next by itself, and tabs. */
export default function JourneyPage() {
  const { t } = useTranslation();
  const { key } = useParams({ from: "/journeys/$key" });
  const navigate = useNavigate();
  const path = useLocation().pathname;
  const found = useJourney(key);
  const { numbers, stream } = useLive(key);
  const away = useAway();
  const [chosen, setChosen] = useState<number | null>(Number(useSearch({ strict: false }).version) || null);
  const me = useMe().data;
  if (found.isError && !found.data) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (!found.data) {
    return (
      <Stack aria-busy aria-label={t("app.loading")}>
        <Skeleton h={44} w={320} />
        <Skeleton h={420} />
      </Stack>
    );
  }
  const journey = found.data;
  const version = chosen ?? journey.version ?? journey.draft;
  const tab = TABS.find((one) => path.endsWith(`/${one}`) || path.includes(`/${one}/`)) ?? "canvas";
  const show = (next: string | null) =>
    void navigate({ to: next === "canvas" ? `/journeys/${key}` : `/journeys/${key}/${next}` } as never);
  return (
    <Context.Provider value={{ journey, version, numbers, stream }}>
      <Header journey={journey} version={version} choose={setChosen} />
      {stream === "trouble" && !away && (
        <Alert color="yellow" variant="light" mb="md" role="status">
          {t("live.trouble")}
        </Alert>
      )}
      <Group justify="space-between" align="flex-start" mb={4}>
        <Upcoming journey={journey} />
        <Group ml="auto" gap="xs">
          {journey.draft !== null && journey.status !== "draft" && (
            <Group gap="xs">
              <Text size="sm" c="dimmed">
                {t("plan.draftBeside", { version: journey.draft })}
              </Text>
              <Button variant="light" component={Link} to={`/journeys/${key}/plan/${journey.draft}` as never}>
                {t("plan.see")}
              </Button>
            </Group>
          )}
          {has(me, "editor") && <BringIn journey={key} />}
        </Group>
      </Group>
      <Tabs value={tab} onChange={show} keepMounted={false}>
        <TabBar
          label={t("journey.part")}
          tabs={TABS.map((one) => ({ value: one, label: t(`tab.${one}`) }))}
          value={tab}
          show={show}
        />
        <Tabs.Panel value={tab}>
          <Suspense fallback={<Skeleton h={420} />}>
            <Outlet />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </Context.Provider>
  );
}

function Upcoming({ journey }: { journey: JourneyDetail }) {
  const { t } = useTranslation();
  const { ago, instant, said } = useFormat();
  if (journey.upcoming.length === 0) return null;
  return (
    <details>
      <summary>
        <Text component="span" size="sm" fw={600}>
          {t("journey.next", { count: journey.upcoming.length })}
        </Text>
      </summary>
      <List size="sm" my="xs">
        {journey.upcoming.map((one) => (
          <List.Item key={`${one.kind} ${one.at} ${one.said}`}>
            {one.at ? <strong title={instant(one.at)}>{ago(one.at)}</strong> : null} {said(one.said)}
          </List.Item>
        ))}
      </List>
    </details>
  );
}
