import { Anchor, Table, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { PagedTable } from "../components/PagedTable";
import { useFormat } from "./format";

/** The audit: who did what, when, to which journey, and what was refused. */
export function Audit({ journey }: { journey?: string }) {
  const { t, i18n } = useTranslation();
  const { instant, ago, number } = useFormat();
  const found = useInfiniteQuery({
    queryKey: ["audit", journey],
    queryFn: ({ pageParam }) =>
      data(client.GET("/api/audit", { params: { query: { limit: 100, key: journey, before: pageParam } } })),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const rows = found.data?.pages.flatMap((page) => page.lines) ?? [];
  const command = (name: string) =>
    i18n.exists(`command.${name}.label`) ? t(`command.${name}.label` as "command.pause.label") : name;
  const status = (name: string | null) =>
    name && i18n.exists(`status.${name}.label`)
      ? t(`status.${name}.label` as "status.live.label")
      : (name ?? "");
  return (
    <PagedTable
      found={found}
      rows={rows}
      head={(["when", "who", "what", "journey", "result"] as const).map((name) => t(`activity.${name}`))}
      empty={t("activity.none")}
      row={(one) => (
        <Table.Tr key={one.id}>
          <Table.Td title={instant(one.at)}>{ago(one.at)}</Table.Td>
          <Table.Td>{one.actor.replace(/^user:/, "")}</Table.Td>
          <Table.Td>{command(one.command)}</Table.Td>
          <Table.Td>
            {one.key === "" || /^[@*]/.test(one.key) ? (
              one.key || "–"
            ) : (
              <Anchor component={Link} to={`/journeys/${one.key}` as never}>
                {one.key}
              </Anchor>
            )}
            {one.version ? ` · ${t("journey.versionNo", { version: one.version })}` : ""}
          </Table.Td>
          <Table.Td>
            {one.refused
              ? t("activity.refused", { code: one.refused })
              : [status(one.from_status), status(one.to_status)].filter(Boolean).join(" → ")}
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
