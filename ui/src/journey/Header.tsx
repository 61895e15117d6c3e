import { Button, Group, Select, Stack, Switch, Text, Title, Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { JourneyDetail } from "../api/types";
import { useFormat } from "../app/format";
import { CommandMenu, useCommands } from "../components/CommandMenu";
import { turn } from "../components/commands";
import { ArrowDown } from "../components/icons";
import { Settling, StatusChip } from "../components/StatusChip";
import { useCause } from "../home/JourneyRow";

interface Props {
  journey: JourneyDetail;
  version: number | null;
  choose: (version: number) => void;
}

/** Name, status, the ON/OFF switch, the versions, and at the right the menu with everything else. */
export function Header({ journey, version, choose }: Props) {
  const { t } = useTranslation();
  const { instant } = useFormat();
  const cause = useCause()(journey);
  const name = journey.name || journey.journey;
  const { may, allowed, give } = useCommands(journey);
  const found = turn(journey.status, journey.actions);
  const tip = !may
    ? t("switch.mayNot")
    : found.disabled
      ? t(`switch.${found.why}`)
      : found.command === "restart"
        ? t("switch.restart")
        : t(`command.${found.command}.label`);
  return (
    <Group justify="space-between" align="flex-start" mb="md">
      <Stack gap={4}>
        <Title order={1} size="h2">
          {name}
        </Title>
        <Group gap="sm">
          <StatusChip status={journey.status ?? "draft"} settling={journey.settling} />
          <Settling of={journey} />
          {journey.since && !cause && (
            <Text size="sm" c="dimmed">
              {t("journey.since", { at: instant(journey.since) })}
            </Text>
          )}
          {cause && (
            <Text size="sm" c="dimmed">
              {t("home.notRunningFor", { cause })}
            </Text>
          )}
        </Group>
        {journey.older_inside.length > 0 && (
          <Text size="sm" c="dimmed">
            {journey.older_inside
              .map((one) => t("journey.olderInside", { version: one.version, count: one.inside }))
              .join(" · ")}
          </Text>
        )}
      </Stack>
      <Group gap="md">
        {journey.versions.length > 1 && (
          <Select
            aria-label={t("journey.version")}
            w={190}
            data={journey.versions.map((one) => ({
              value: String(one.version),
              label: `${t("journey.versionNo", { version: one.version })} · ${t(`status.${one.status}.label`)}`,
            }))}
            value={version === null ? null : String(version)}
            onChange={(value) => value && choose(Number(value))}
            allowDeselect={false}
          />
        )}
        <Tooltip label={tip}>
          <div>
            <Switch
              size="lg"
              onLabel={t("switch.on")}
              offLabel={t("switch.off")}
              checked={found.on}
              disabled={found.disabled || !may}
              label={t(`status.${journey.status ?? "draft"}.label`)}
              aria-label={t("switch.label", { name, status: t(`status.${journey.status ?? "draft"}.label`) })}
              onChange={() => found.command && give(found.command)}
            />
          </div>
        </Tooltip>
        {allowed.length > 0 && (
          <CommandMenu commands={allowed} give={give}>
            <Button variant="default" rightSection={<ArrowDown size={16} />}>
              {t("journey.commands")}
            </Button>
          </CommandMenu>
        )}
      </Group>
    </Group>
  );
}
