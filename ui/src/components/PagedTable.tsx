import { Button, Skeleton, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Trouble } from "./Trouble";

/** Of an infinite query, what a table that grows needs. */
interface Pages {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  refetch: () => unknown;
  fetchNextPage: () => unknown;
}

/** A table of rows that come page by page: its waiting, its trouble, what stands where there are none, and more. */
export function PagedTable<Row>({
  found,
  rows,
  head,
  row,
  empty,
}: {
  found: Pages;
  rows: readonly Row[];
  head: readonly string[];
  row: (one: Row) => ReactNode;
  empty: ReactNode;
}) {
  const { t } = useTranslation();
  if (found.isPending) return <Skeleton h={240} />;
  return (
    <>
      {found.isError && <Trouble error={found.error} again={() => found.refetch()} />}
      {!found.isError && rows.length === 0 && (
        <Text component="div" c="dimmed" ta="center" py="xl">
          {empty}
        </Text>
      )}
      {rows.length > 0 && (
        <Table.ScrollContainer minWidth={640} type="native">
          <Table verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                {head.map((label) => (
                  <Table.Th key={label}>{label}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>{rows.map(row)}</Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {found.hasNextPage && (
        <Button
          variant="default"
          mt="md"
          style={{ alignSelf: "flex-start" }}
          onClick={() => found.fetchNextPage()}
          loading={found.isFetchingNextPage}
        >
          {t("home.moreRows")}
        </Button>
      )}
    </>
  );
}
