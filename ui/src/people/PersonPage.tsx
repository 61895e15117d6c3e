import { Alert, Anchor, Badge, Group, Skeleton, Stack, Table, Tabs, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, data, Refused, type Schemas } from "../api/client";
import { useMe } from "../api/queries";
import { has } from "../api/types";
import { useFormat } from "../app/format";
import { Empty } from "../components/Empty";
import { Trouble } from "../components/Trouble";
import { Consent } from "./Consent";
import { Erase, Export } from "./Erase";
import { PersonEvents, PersonJourneys, PersonMessages } from "./History";
import { emailOf, flat, valueText } from "./values";

const TABS = ["profile", "journeys", "messages", "events", "consent"] as const;
type Tab = (typeof TABS)[number];

export interface PersonTab {
  tab?: Tab;
}

/** Everything about one person, outside of any one journey. */
export default function PersonPage() {
  const { t } = useTranslation();
  const { userId } = useParams({ from: "/people/$userId" });
  const { tab = "profile" } = useSearch({ from: "/people/$userId" }) as PersonTab;
  const navigate = useNavigate({ from: "/people/$userId" });
  const me = useMe().data;
  const found = useQuery({
    queryKey: ["profile", userId],
    queryFn: () => data(client.GET("/api/profiles/{user_id}", { params: { path: { user_id: userId } } })),
    refetchInterval: 10_000,
  });
  const isUnknown = found.error instanceof Refused && found.error.code === "unknown_person";
  const back = (
    <Anchor component={Link} to={"/people" as never} size="sm">
      {t("person.people")}
    </Anchor>
  );
  if (isUnknown)
    return (
      <Stack>
        {back}
        <Empty top title={t("person.unknown", { name: userId })} hint={t("person.unknownHint")} />
      </Stack>
    );
  if (found.isError && !found.data) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (!found.data) return <Skeleton h={420} />;
  const person = found.data;
  if (person.user_id.startsWith("erased:"))
    return (
      <Stack>
        {back}
        <Empty top title={t("person.erased")} hint={t("erase.done")} />
      </Stack>
    );
  const name = person.name;
  const email = emailOf(person.attributes);
  return (
    <Stack gap="sm">
      {back}
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={1} size="h2" style={{ overflowWrap: "anywhere" }}>
            {name || person.user_id}
          </Title>
          <Text c="dimmed" size="sm" style={{ overflowWrap: "anywhere" }}>
            {[name ? person.user_id : "", email].filter(Boolean).join(" · ")}
          </Text>
        </div>
        {has(me, "admin") && person.deleted_at === null && (
          <Group gap="xs">
            <Export userId={userId} />
            <Erase userId={userId} email={email} />
          </Group>
        )}
      </Group>
      {person.deleted_at !== null && (
        <Alert color="yellow" variant="light" title={t("person.deleted")}>
          {t("person.deletedMeans")}
        </Alert>
      )}
      <Tabs
        value={tab}
        onChange={(next) =>
          void navigate({ search: next === "profile" ? {} : ({ tab: next } as PersonTab), replace: true })
        }
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {TABS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t(`person.about.${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="profile">
          <Attributes person={person} />
        </Tabs.Panel>
        <Tabs.Panel value="journeys">
          <PersonJourneys userId={userId} />
        </Tabs.Panel>
        <Tabs.Panel value="messages">
          <PersonMessages userId={userId} />
        </Tabs.Panel>
        <Tabs.Panel value="events">
          <PersonEvents userId={userId} />
        </Tabs.Panel>
        <Tabs.Panel value="consent">
          <Consent userId={userId} email={email} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

function Attributes({ person }: { person: Schemas["Profile"] }) {
  const { t } = useTranslation();
  const { instant, number, ago } = useFormat();
  const rows = flat(person.attributes).sort(([a], [b]) => a.localeCompare(b));
  const words = { yes: t("why.yes"), no: t("why.no"), instant, number };
  return (
    <Stack gap="xl">
      <section>
        <Title order={2} size="h4" mb="xs">
          {t("person.attributes")}
        </Title>
        {rows.length === 0 ? (
          <Text c="dimmed">{t("person.noAttributes")}</Text>
        ) : (
          <Table verticalSpacing={6} maw={760} aria-label={t("person.attributes")}>
            <Table.Tbody>
              {rows.map(([name, value]) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={500} w="40%" c="dimmed">
                    {name}
                  </Table.Th>
                  <Table.Td style={{ overflowWrap: "anywhere" }}>{valueText(value, words)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
        <Text size="xs" c="dimmed" mt="xs">
          {t("person.times", { since: instant(person.created_at), changed: ago(person.updated_at) })}
        </Text>
      </section>
      <section>
        <Title order={2} size="h4" mb="xs">
          {t("audience.title")}
        </Title>
        {person.audiences.length === 0 ? (
          <Text c="dimmed">{t("person.noAudiences")}</Text>
        ) : (
          <Group gap="xs">
            {person.audiences.map((one) => (
              <Badge
                key={one.audience}
                component={Link}
                to={`/audiences/${one.audience}` as never}
                variant="light"
                size="lg"
                tt="none"
                c="var(--mantine-color-text)"
                style={{ cursor: "pointer" }}
                title={t("person.memberSince", { at: instant(one.since) })}
              >
                {one.name || one.audience}
              </Badge>
            ))}
          </Group>
        )}
      </section>
    </Stack>
  );
}
