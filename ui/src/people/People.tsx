import { Button, Group, Select, Skeleton, Stack, Table, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useMe } from "../api/queries";
import { has } from "../api/types";
import { written } from "../app/address";
import { useFormat } from "../app/format";
import { useStillHere } from "../app/useStillHere";
import { Empty } from "../components/Empty";
import { Search } from "../components/icons";
import { PersonLink } from "../components/PersonLink";
import { Trouble } from "../components/Trouble";
import { Area } from "./Area";
import { emailOf } from "./values";

export interface PersonSearch {
  search?: string;
  audience?: string;
}

/** Everybody who is known, found by id, address or name; filters are kept in the address of the page. */
export default function People() {
  const { t } = useTranslation();
  const { instant, ago } = useFormat();
  const search = useSearch({ from: "/people" }) as PersonSearch;
  const navigate = useNavigate({ from: "/people" });
  const me = useMe().data;
  const isHere = useStillHere("/people");
  const found = useInfiniteQuery({
    queryKey: ["profiles", search],
    queryFn: ({ pageParam }) =>
      data(client.GET("/api/profiles", { params: { query: { ...search, limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const audiences = useQuery({
    queryKey: ["audiences"],
    queryFn: () => data(client.GET("/api/audiences")),
    staleTime: 30_000,
  });
  const change = (part: PersonSearch) => {
    void navigate({ search: written({ ...search, ...part }), replace: true });
  };
  const type = useDebouncedCallback((text: string) => isHere() && change({ search: text }), 300);
  const rows = found.data?.pages.flatMap((page) => page.items) ?? [];
  const isNarrowed = Boolean(search.search || search.audience);
  const kinds = (["condition", "list"] as const).map((kind) => ({
    group: t(`audience.${kind}`),
    items: (audiences.data ?? [])
      .filter((one) => one.kind === kind)
      .map((one) => ({ value: one.key, label: one.name || one.key })),
  }));
  return (
    <Area
      tab="people"
      actions={
        has(me, "publisher") && (
          <Button component={Link} to={"/imports/new" as never} variant="default">
            {t("loads.new")}
          </Button>
        )
      }
    >
      <Stack>
        <Group align="flex-end">
          <TextInput
            type="search"
            label={t("person.search")}
            description={t("person.searchMeans")}
            leftSection={<Search size={16} />}
            defaultValue={search.search}
            onChange={(event) => type(event.currentTarget.value)}
            w={{ base: "100%", xs: 320 }}
          />
          {(audiences.data?.length ?? 0) > 0 && (
            <Select
              label={t("person.inAudience")}
              data={kinds.filter((one) => one.items.length > 0)}
              value={search.audience ?? null}
              onChange={(value) => change({ audience: value ?? "" })}
              clearable
              clearButtonProps={{ "aria-label": t("home.clear") }}
              searchable
            />
          )}
        </Group>
        {found.isError && <Trouble error={found.error} again={() => found.refetch()} />}
        {found.isPending && <Skeleton h={320} />}
        {found.data && rows.length === 0 && (
          <Empty
            title={t(isNarrowed ? "person.noneFound" : "person.none")}
            hint={t(isNarrowed ? "person.noneFoundHint" : "person.noneHint")}
          />
        )}
        {rows.length > 0 && (
          <Table.ScrollContainer minWidth={560} type="native">
            <Table verticalSpacing="xs" highlightOnHover>
              <Table.Thead>
                <Table.Tr>
                  {(["person", "address", "since", "changed"] as const).map((name) => (
                    <Table.Th key={name}>{t(`person.column.${name}`)}</Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((one) => {
                  return (
                    <Table.Tr key={one.user_id}>
                      <Table.Td>
                        <PersonLink
                          to={`/people/${encodeURIComponent(one.user_id)}`}
                          userId={one.user_id}
                          name={one.name}
                        />
                      </Table.Td>
                      <Table.Td>{emailOf(one.attributes) || "–"}</Table.Td>
                      <Table.Td title={instant(one.created_at)}>{ago(one.created_at)}</Table.Td>
                      <Table.Td title={instant(one.updated_at)}>{ago(one.updated_at)}</Table.Td>
                    </Table.Tr>
                  );
                })}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
        {found.hasNextPage && (
          <Button variant="default" onClick={() => found.fetchNextPage()} loading={found.isFetchingNextPage}>
            {t("home.moreRows")}
          </Button>
        )}
      </Stack>
    </Area>
  );
}
