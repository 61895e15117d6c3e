import { Button, Skeleton, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useFormat } from "../app/format";
import { Trouble } from "../components/Trouble";
import { useShown } from "./JourneyPage";

/** The messages of a journey, the latest first. */
export default function Messages() {
  const { t } = useTranslation();
  const { instant, ago } = useFormat();
  const { journey } = useShown();
  const key = journey.journey;
  const found = useInfiniteQuery({
    queryKey: ["messages", key],
    queryFn: ({ pageParam }) =>
      data(
        client.GET("/api/journeys/{key}/messages", {
          params: { path: { key }, query: { limit: 100, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const rows = found.data?.pages.flatMap((page) => page.items) ?? [];
  if (found.isError) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (found.isPending) return <Skeleton h={240} />;
  if (rows.length === 0)
    return (
      <Text c="dimmed" ta="center" py="xl">
        {t("messages.none")}
      </Text>
    );
  return (
    <>
      <Table.ScrollContainer minWidth={640} type="native">
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              {(["person", "step"] as const).map((name) => (
                <Table.Th key={name}>{t(`people.${name}`)}</Table.Th>
              ))}
              <Table.Th>{t("messages.state")}</Table.Th>
              <Table.Th>{t("messages.recipient")}</Table.Th>
              <Table.Th>{t("messages.queued")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((one) => (
              <Table.Tr key={one.message_id}>
                <Table.Td>{one.user_id}</Table.Td>
                <Table.Td>{one.step}</Table.Td>
                <Table.Td>{t(`message.${one.state}`)}</Table.Td>
                <Table.Td>{one.recipient ?? "–"}</Table.Td>
                <Table.Td title={instant(one.queued_at)}>{ago(one.queued_at)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {found.hasNextPage && (
        <Button
          variant="default"
          mt="md"
          onClick={() => found.fetchNextPage()}
          loading={found.isFetchingNextPage}
        >
          {t("home.moreRows")}
        </Button>
      )}
    </>
  );
}
