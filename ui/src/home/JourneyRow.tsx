import { ActionIcon, Anchor, Badge, Checkbox, Group, Menu, Table, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { lazy, memo, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "../api/queries";
import { has, type Journey, type Me } from "../api/types";
import { useFormat } from "../app/format";
import { CommandMenu, useCommands } from "../components/CommandMenu";
import { GRAVE, SIGNS } from "../components/commands";
import { Alert, ArrowRight, Dots, Folder } from "../components/icons";
import { Settling, StatusChip } from "../components/StatusChip";
import classes from "./home.module.css";
import { Versions } from "./Versions";

const MoveFolder = lazy(() => import("./MoveFolder").then((found) => ({ default: found.MoveFolder })));

/** Who gave a command, as people know them; the engine is nobody. */
function useByWhom() {
  const { t } = useTranslation();
  return (actor: string | null): string =>
    actor === "engine" ? t("home.byItself") : (actor ?? "").replace(/^(user|key):/, "");
}

/** Why a journey is not running, in words. */
export function useCause() {
  const { t } = useTranslation();
  const { instant } = useFormat();
  const byWhom = useByWhom();
  return (journey: Journey): string | null => {
    const cause = journey.cause;
    if (cause === null) return null;
    const by = byWhom(cause.by);
    const said = t(`cause.${cause.kind}`, { at: instant(cause.at), by });
    return cause.reason ? `${said} – ${cause.reason}` : said;
  };
}

/** What brings people in, in words. */
export function useTrigger() {
  const { t } = useTranslation();
  return (journey: Journey): string =>
    journey.triggers
      .map((one) => {
        if (typeof one.event === "string") return t("trigger.event", { name: one.event });
        if (typeof one.audience === "string") return t("trigger.audience", { name: one.audience });
        if ("schedule" in one || "cron" in one) return t("trigger.schedule");
        return t("trigger.manual");
      })
      .join(" · ") || "–";
}

/** The signs of the quick commands, and behind the dots all that are legal now. */
export function RowActions({ journey }: { journey: Journey }) {
  const { t } = useTranslation();
  const { allowed, shown, give } = useCommands(journey);
  const mayMove = has(useMe().data, "editor");
  const [moving, setMoving] = useState(false);
  if (allowed.length === 0 && !mayMove) return null;
  return (
    <Group gap={4} wrap="nowrap" justify="flex-end" pos="relative">
      <Group gap={4} wrap="nowrap" className={classes.quick}>
        {shown.map((command) => {
          const Sign = SIGNS[command];
          return (
            <Tooltip key={command} label={t(`command.${command}.label`)}>
              <ActionIcon
                variant="default"
                color={GRAVE.has(command) ? "red" : undefined}
                aria-label={t("home.give", {
                  command: t(`command.${command}.label`),
                  name: journey.name || journey.journey,
                })}
                onClick={() => give(command)}
              >
                <Sign size={16} />
              </ActionIcon>
            </Tooltip>
          );
        })}
      </Group>
      <CommandMenu
        commands={allowed}
        give={give}
        more={
          mayMove && (
            <Menu.Item leftSection={<Folder size={16} />} onClick={() => setMoving(true)}>
              {t("settings.move.label")}
            </Menu.Item>
          )
        }
      >
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t("home.more", { name: journey.name || journey.journey })}
        >
          <Dots size={18} />
        </ActionIcon>
      </CommandMenu>
      {moving && (
        <Suspense>
          <MoveFolder journeys={[journey]} close={() => setMoving(false)} />
        </Suspense>
      )}
    </Group>
  );
}

interface Props {
  journey: Journey;
  me: Me | undefined;
  selected: boolean;
  select: (key: string, on: boolean) => void;
}

/** One journey in the list; drawn again only where something about it has changed. */
export const JourneyRow = memo(function Row({ journey, me, selected, select }: Props) {
  const { t } = useTranslation();
  const [isOpen, { toggle }] = useDisclosure(false);
  const { number, percent, ago, instant } = useFormat();
  const cause = useCause()(journey);
  const trigger = useTrigger()(journey);
  const name = journey.name || journey.journey;
  const by = useByWhom()(journey.changed_by);
  return (
    <>
      <Table.Tr className={classes.row} data-journey={journey.journey}>
        {has(me, "publisher") && (
          <Table.Td w={36}>
            <Checkbox
              aria-label={t("home.select", { name })}
              checked={selected}
              onChange={(event) => select(journey.journey, event.currentTarget.checked)}
            />
          </Table.Td>
        )}
        <Table.Td>
          <Group gap={6} wrap="nowrap">
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-expanded={isOpen}
              aria-label={t("home.versionsOf", { name })}
              onClick={toggle}
            >
              <ArrowRight size={14} className={classes.turn} data-open={isOpen || undefined} />
            </ActionIcon>
            <Anchor
              component={Link}
              to={`/journeys/${journey.journey}` as never}
              fw={600}
              c="var(--mantine-color-text)"
            >
              {name}
            </Anchor>
            {journey.problems.errors + journey.problems.warnings + journey.alerts.length > 0 && (
              <Tooltip
                label={t("home.problems", {
                  errors: journey.problems.errors,
                  warnings: journey.problems.warnings,
                  alerts: journey.alerts.length,
                })}
              >
                <span role="img" aria-label={t("home.hasProblems")} className={classes.warning}>
                  <Alert size={16} />
                </span>
              </Tooltip>
            )}
          </Group>
          <Group gap={6}>
            <Text size="xs" c="dimmed">
              {[journey.folder, trigger].filter(Boolean).join(" · ")}
            </Text>
            {journey.tags.map((tag) => (
              <Badge key={tag} size="xs" variant="default" tt="none">
                {tag}
              </Badge>
            ))}
          </Group>
        </Table.Td>
        <Table.Td>
          <StatusChip status={journey.status ?? "draft"} settling={journey.settling} />
          <Settling of={journey} />
          {cause && (
            <Text size="xs" c="dimmed" mt={2}>
              {t("home.notRunningFor", { cause })}
            </Text>
          )}
          {journey.draft !== null && journey.status !== null && journey.status !== "draft" && (
            <Text size="xs" c="dimmed" mt={2}>
              {t("home.hasDraft", { version: journey.draft })}
            </Text>
          )}
        </Table.Td>
        <Table.Td className={classes.number}>{number(journey.entered)}</Table.Td>
        <Table.Td className={classes.number}>{number(journey.inside)}</Table.Td>
        <Table.Td className={classes.number}>{number(journey.completed)}</Table.Td>
        <Table.Td className={classes.number}>{percent(journey.success_rate)}</Table.Td>
        <Table.Td>
          {journey.changed_at && (
            <Tooltip label={instant(journey.changed_at)}>
              <Text size="xs" component="div" style={{ whiteSpace: "nowrap" }}>
                {ago(journey.changed_at)}
                {by && <div>{by}</div>}
              </Text>
            </Tooltip>
          )}
        </Table.Td>
        <Table.Td className={classes.actions}>
          <RowActions journey={journey} />
        </Table.Td>
      </Table.Tr>
      {isOpen && <Versions journey={journey.journey} name={name} columns={has(me, "publisher") ? 9 : 8} />}
    </>
  );
});
