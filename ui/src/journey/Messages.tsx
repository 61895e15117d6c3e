import { Table } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useFormat } from "../app/format";
import { PagedTable } from "../components/PagedTable";
import { PersonLink } from "../components/PersonLink";
import { useShown } from "./JourneyPage";
import { useStepNames } from "./stepNames";

/** The messages of a journey, the latest first. */
export default function Messages() {
  const { t } = useTranslation();
  const { instant, ago } = useFormat();
  const { journey } = useShown();
  const { called } = useStepNames();
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
  return (
    <PagedTable
      found={found}
      rows={rows}
      head={[
        t("people.person"),
        t("people.step"),
        t("messages.state"),
        t("messages.recipient"),
        t("messages.queued"),
      ]}
      empty={t("messages.none")}
      row={(one) => (
        <Table.Tr key={one.message_id}>
          <Table.Td>
            <PersonLink
              to={`/journeys/${key}/participants/${encodeURIComponent(one.user_id)}`}
              userId={one.user_id}
              name={one.name}
            />
          </Table.Td>
          <Table.Td>{called(one.step)}</Table.Td>
          <Table.Td>{t(`message.${one.state}`)}</Table.Td>
          <Table.Td>{one.recipient ?? "–"}</Table.Td>
          <Table.Td title={instant(one.queued_at)}>{ago(one.queued_at)}</Table.Td>
        </Table.Tr>
      )}
    />
  );
}
