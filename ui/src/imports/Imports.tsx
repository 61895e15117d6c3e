import { Anchor, Button, Skeleton, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useMe } from "../api/queries";
import { has } from "../api/types";
import { useFormat } from "../app/format";
import { Empty } from "../components/Empty";
import { Trouble } from "../components/Trouble";
import { Area } from "../people/Area";

/** The latest imports, and the way to a new one. */
export default function Imports() {
  const { t } = useTranslation();
  const { number, ago, instant } = useFormat();
  const me = useMe().data;
  const found = useQuery({
    queryKey: ["imports"],
    queryFn: () => data(client.GET("/api/imports", { params: { query: { limit: 100 } } })),
    refetchInterval: (query) => (query.state.data?.some((one) => one.state === "loading") ? 1500 : 10_000),
  });
  return (
    <Area
      tab="imports"
      actions={
        has(me, "publisher") && (
          <Button component={Link} to={"/imports/new" as never}>
            {t("loads.new")}
          </Button>
        )
      }
    >
      {found.isError && <Trouble error={found.error} again={() => found.refetch()} />}
      {found.isPending && <Skeleton h={240} />}
      {found.data?.length === 0 && <Empty title={t("loads.none")} hint={t("loads.noneHint")} />}
      {found.data && found.data.length > 0 && (
        <Table.ScrollContainer minWidth={640} type="native">
          <Table verticalSpacing="xs" highlightOnHover>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("loads.file")}</Table.Th>
                <Table.Th>{t("loads.state")}</Table.Th>
                <Table.Th ta="right">{t("loads.stored")}</Table.Th>
                <Table.Th ta="right">{t("loads.repeated")}</Table.Th>
                <Table.Th ta="right">{t("loads.bad")}</Table.Th>
                <Table.Th>{t("activity.who")}</Table.Th>
                <Table.Th>{t("activity.when")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {found.data.map((one) => (
                <Table.Tr key={one.id}>
                  <Table.Td>
                    <Anchor component={Link} to={`/imports/${one.id}` as never} fw={600}>
                      {one.name || t("loads.number", { number: one.id })}
                    </Anchor>
                    <Text size="xs" c="dimmed">
                      {t(`loads.mode.${one.mode as "state"}.label`)}
                    </Text>
                  </Table.Td>
                  <Table.Td>{t(`loads.states.${one.state}`)}</Table.Td>
                  <Table.Td ta="right">{number(one.stored)}</Table.Td>
                  <Table.Td ta="right">{number(one.repeated)}</Table.Td>
                  <Table.Td ta="right">{number(one.bad)}</Table.Td>
                  <Table.Td>{one.actor.replace(/^user:/, "")}</Table.Td>
                  <Table.Td title={instant(one.created_at)}>{ago(one.created_at)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Area>
  );
}
