import { Anchor, Button, Group, Skeleton, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, data, type Schemas } from "../api/client";
import { useMe } from "../api/queries";
import { has } from "../api/types";
import { useFormat } from "../app/format";
import { Empty } from "../components/Empty";
import { Search } from "../components/icons";
import { Mark } from "../components/Mark";
import { Trouble } from "../components/Trouble";

export interface AudienceSearch {
  search?: string;
}

export function useAudiences() {
  return useQuery({
    queryKey: ["audiences"],
    queryFn: () => data(client.GET("/api/audiences")),
    refetchInterval: 10_000,
  });
}

export function useUses() {
  return useQuery({
    queryKey: ["audience-uses"],
    queryFn: () => data(client.GET("/api/audience-uses")),
    staleTime: 10_000,
  });
}

/** Every audience: how many belong, what decides who, and who uses it. */
export default function Audiences() {
  const { t } = useTranslation();
  const { number, percent, ago, instant } = useFormat();
  const search = useSearch({ from: "/audiences" }) as AudienceSearch;
  const navigate = useNavigate({ from: "/audiences" });
  const me = useMe().data;
  const found = useAudiences();
  const uses = new Map((useUses().data ?? []).map((one) => [one.key, one]));
  const wanted = (search.search ?? "").toLowerCase();
  const rows = (found.data ?? []).filter((one) => `${one.name} ${one.key}`.toLowerCase().includes(wanted));
  const make = has(me, "editor") && (
    <Button component={Link} to={"/new-audience" as never}>
      {t("audience.new")}
    </Button>
  );
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2">
          {t("audience.title")}
        </Title>
        {make}
      </Group>
      {found.isError && <Trouble error={found.error} again={() => found.refetch()} />}
      {found.isPending && <Skeleton h={320} />}
      {found.data && found.data.length === 0 && (
        <Empty title={t("audience.none")} hint={t("audience.noneHint")} />
      )}
      {found.data && found.data.length > 0 && (
        <TextInput
          type="search"
          label={t("home.search")}
          leftSection={<Search size={16} />}
          value={search.search ?? ""}
          onChange={(event) =>
            void navigate({
              search: event.currentTarget.value ? { search: event.currentTarget.value } : {},
              replace: true,
            })
          }
          w={{ base: "100%", xs: 320 }}
        />
      )}
      {found.data && found.data.length > 0 && rows.length === 0 && (
        <Text c="dimmed">{t("audience.noneFound")}</Text>
      )}
      {rows.length > 0 && (
        <Table.ScrollContainer minWidth={640} type="native">
          <Table verticalSpacing="sm" highlightOnHover>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("audience.one")}</Table.Th>
                <Table.Th>{t("audience.kind")}</Table.Th>
                <Table.Th ta="right">{t("audience.size")}</Table.Th>
                <Table.Th>{t("audience.used")}</Table.Th>
                <Table.Th>{t("audience.made")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((one) => (
                <Table.Tr key={one.key} data-audience={one.key}>
                  <Table.Td>
                    <Anchor component={Link} to={`/audiences/${one.key}` as never} fw={600}>
                      {one.name || one.key}
                    </Anchor>
                    {one.name && (
                      <Text size="xs" c="dimmed">
                        {one.key}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <Kind audience={one} from={uses.get(one.key)?.filled_from ?? []} />
                  </Table.Td>
                  <Table.Td ta="right" style={{ fontVariantNumeric: "tabular-nums" }}>
                    {number(one.members)}
                    {one.asked < 1 && (
                      <Text size="xs" c="dimmed">
                        {t("audience.asked", { share: percent(one.asked) })}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <Users used={uses.get(one.key)?.used} />
                  </Table.Td>
                  <Table.Td title={instant(one.created_at)}>{ago(one.created_at)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Stack>
  );
}

/** What decides who belongs. */
export function Kind({ audience, from }: { audience: { kind: "list" | "condition" }; from: string[] }) {
  const { t } = useTranslation();
  if (audience.kind === "condition") return <Mark color="blue">{t("audience.condition")}</Mark>;
  return (
    <Group gap={6}>
      <Mark color="gray">{t("audience.list")}</Mark>
      {from.length > 0 && (
        <Text size="xs" c="dimmed">
          {t("audience.filledFrom", { names: from.join(", ") })}
        </Text>
      )}
    </Group>
  );
}

type Used = Schemas["UsedAt"];

/** The journeys and audiences that name it, each once. */
export function Users({ used }: { used: Used[] | undefined }) {
  const { t } = useTranslation();
  if (used === undefined) return null;
  if (used.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t("audience.unused")}
      </Text>
    );
  const journeys = [...new Set(used.map((one) => one.journey).filter((one) => one !== null))];
  const audiences = [...new Set(used.map((one) => one.audience).filter((one) => one !== null))];
  return (
    <Group gap={8}>
      {journeys.map((one) => (
        <Anchor key={`j ${one}`} component={Link} to={`/journeys/${one}` as never} size="sm">
          {one}
        </Anchor>
      ))}
      {audiences.map((one) => (
        <Anchor key={`a ${one}`} component={Link} to={`/audiences/${one}` as never} size="sm">
          {t("audience.called", { name: one })}
        </Anchor>
      ))}
    </Group>
  );
}
