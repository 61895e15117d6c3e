import { Anchor, Button, Group, Select, Skeleton, Stack, Table, Text, Timeline } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useFormat } from "../app/format";
import { Trouble } from "../components/Trouble";
import { Properties } from "./Properties";

const place = (journey: string, userId: string) =>
  `/journeys/${journey}/participants/${encodeURIComponent(userId)}`;

/** The journeys that somebody is or was in, and the way to why not in another. */
export function PersonJourneys({ userId }: { userId: string }) {
  const { t } = useTranslation();
  const { instant, ago } = useFormat();
  const navigate = useNavigate();
  const found = useQuery({
    queryKey: ["passages", userId],
    queryFn: () =>
      data(client.GET("/api/profiles/{user_id}/passages", { params: { path: { user_id: userId } } })),
    refetchInterval: 10_000,
  });
  const known = useQuery({ queryKey: ["catalogue"], queryFn: () => data(client.GET("/api/catalogue")) });
  if (found.isError && !found.data) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (!found.data) return <Skeleton h={200} />;
  return (
    <Stack>
      {found.data.length === 0 && <Text c="dimmed">{t("person.noJourneys")}</Text>}
      {found.data.length > 0 && (
        <Table.ScrollContainer minWidth={620} type="native">
          <Table verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("activity.journey")}</Table.Th>
                <Table.Th>{t("people.status")}</Table.Th>
                <Table.Th>{t("people.step")}</Table.Th>
                <Table.Th>{t("people.entered")}</Table.Th>
                <Table.Th>{t("people.left")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {found.data.map((one) => (
                <Table.Tr key={`${one.journey} ${one.entry_no}`}>
                  <Table.Td>
                    <Anchor component={Link} to={place(one.journey, userId) as never} fw={600}>
                      {one.name || one.journey}
                    </Anchor>
                  </Table.Td>
                  <Table.Td>
                    {t(`participant.${one.status}`)}
                    {one.wake_at && (
                      <Text size="xs" c="dimmed" title={instant(one.wake_at)}>
                        {t("person.goesOn", { ago: ago(one.wake_at) })}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>{one.step === "entry" ? t("people.queue") : (one.step ?? "–")}</Table.Td>
                  <Table.Td title={instant(one.entered_at)}>{ago(one.entered_at)}</Table.Td>
                  <Table.Td title={instant(one.left_at)}>{one.left_at ? ago(one.left_at) : "–"}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {known.data && known.data.journeys.length > 0 && (
        <Select
          label={t("person.whyNot")}
          placeholder={t("person.whyNotHint")}
          data={known.data.journeys}
          value={null}
          onChange={(journey) => journey && void navigate({ to: place(journey, userId) as never })}
          searchable
          maw={420}
        />
      )}
    </Stack>
  );
}

/** The messages of every journey to somebody, the latest first. */
export function PersonMessages({ userId }: { userId: string }) {
  const { t } = useTranslation();
  const { instant, ago } = useFormat();
  const found = useQuery({
    queryKey: ["person-messages", userId],
    queryFn: () =>
      data(client.GET("/api/profiles/{user_id}/messages", { params: { path: { user_id: userId } } })),
  });
  if (found.isError && !found.data) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (!found.data) return <Skeleton h={200} />;
  if (found.data.length === 0) return <Text c="dimmed">{t("person.noMessages")}</Text>;
  return (
    <Table.ScrollContainer minWidth={620} type="native">
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("person.message")}</Table.Th>
            <Table.Th>{t("activity.journey")}</Table.Th>
            <Table.Th>{t("messages.state")}</Table.Th>
            <Table.Th>{t("activity.when")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {found.data.map((one) => {
            const at = one.handed_at ?? one.settled_at ?? one.queued_at;
            return (
              <Table.Tr key={`${one.journey} ${one.entry_no} ${one.step} ${one.queued_at}`}>
                <Table.Td>
                  {one.subject ?? one.step}
                  {one.recipient && (
                    <Text size="xs" c="dimmed">
                      {one.recipient}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>
                  <Anchor component={Link} to={place(one.journey, userId) as never}>
                    {one.journey}
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  {t(`message.${one.state}`)}
                  {one.detail && one.state !== "sent" && (
                    <Text size="xs" c="dimmed">
                      {one.detail}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td title={instant(at)}>{ago(at)}</Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** What somebody has done, the latest first. */
export function PersonEvents({ userId }: { userId: string }) {
  const { t } = useTranslation();
  const { instant, ago } = useFormat();
  const found = useInfiniteQuery({
    queryKey: ["person-events", userId],
    queryFn: ({ pageParam }) =>
      data(
        client.GET("/api/profiles/{user_id}/events", {
          params: { path: { user_id: userId }, query: { limit: 50, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const rows = found.data?.pages.flatMap((page) => page.items) ?? [];
  if (found.isError && !found.data) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (found.isPending) return <Skeleton h={200} />;
  if (rows.length === 0) return <Text c="dimmed">{t("person.noEvents")}</Text>;
  return (
    <Stack>
      <Timeline bulletSize={14} lineWidth={2}>
        {rows.map((one, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two events may be alike in everything
          <Timeline.Item key={`${one.happened_at} ${one.name} ${n}`} title={one.name}>
            <Properties data={one.properties} />
            <Group gap={6}>
              <Text size="xs" c="dimmed" title={instant(one.happened_at)}>
                {instant(one.happened_at)} · {ago(one.happened_at)}
              </Text>
              {one.historical && (
                <Text size="xs" c="dimmed">
                  · {t("person.historical")}
                </Text>
              )}
            </Group>
          </Timeline.Item>
        ))}
      </Timeline>
      {found.hasNextPage && (
        <Button variant="default" onClick={() => found.fetchNextPage()} loading={found.isFetchingNextPage}>
          {t("home.moreRows")}
        </Button>
      )}
    </Stack>
  );
}
