import { Anchor, Skeleton, Table, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useJourney } from "../api/queries";
import type { Version } from "../api/types";
import { useFormat } from "../app/format";
import { StatusChip } from "../components/StatusChip";
import { Trouble } from "../components/Trouble";
import classes from "./home.module.css";

const DATES = ["created_at", "published_at", "paused_at", "stopped_at", "finished_at"] as const;
const NUMBERS = ["entered", "inside", "completed", "succeeded"] as const;

/** The versions of a journey below its row: how each stands, whom it has, and since when. */
export function Versions({ journey, name, columns }: { journey: string; name: string; columns: number }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const found = useJourney(journey);
  return (
    <Table.Tr>
      <Table.Td colSpan={columns} className={classes.versions}>
        {found.isError && !found.data && <Trouble error={found.error} again={() => found.refetch()} />}
        {found.isPending && <Skeleton h={60} aria-label={t("app.loading")} />}
        {found.data && (
          <Table withRowBorders={false} verticalSpacing={4} aria-label={t("home.versionsOf", { name })}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("journey.version")}</Table.Th>
                <Table.Th>{t("home.status")}</Table.Th>
                {NUMBERS.map((one) => (
                  <Table.Th key={one} className={classes.number} title={t(`number.${one}.means`)}>
                    {t(`number.${one}.label`)}
                  </Table.Th>
                ))}
                <Table.Th>{t("home.dates")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {found.data.versions.map((one) => (
                <Table.Tr key={one.version} data-version={one.version}>
                  <Table.Td>
                    <Anchor
                      component={Link}
                      size="sm"
                      to={
                        (one.status === "draft" && found.data.versions.length > 1
                          ? `/journeys/${journey}/plan/${one.version}`
                          : `/journeys/${journey}?version=${one.version}`) as never
                      }
                    >
                      {t("journey.versionNo", { version: one.version })}
                    </Anchor>
                  </Table.Td>
                  <Table.Td>
                    <StatusChip status={one.status} settling={one.settling} />
                  </Table.Td>
                  {NUMBERS.map((name) => (
                    <Table.Td key={name} className={classes.number}>
                      {number(one[name])}
                    </Table.Td>
                  ))}
                  <Table.Td>
                    <Dates version={one} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function Dates({ version }: { version: Version }) {
  const { t } = useTranslation();
  const { instant } = useFormat();
  // A draft was made; of what runs or ran, that says nothing.
  const known = DATES.filter((one) => version[one] && (one !== "created_at" || version.status === "draft"));
  return (
    <Text size="xs" c="dimmed">
      {known.map((one) => t(`home.date.${one}`, { at: instant(version[one]) })).join(" · ")}
    </Text>
  );
}
