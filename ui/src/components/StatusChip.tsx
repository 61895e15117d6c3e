import { Group, Loader, Text, Tooltip } from "@mantine/core";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import type { Status } from "../api/types";
import { useFormat } from "../app/format";
import { Check, Close, Draft, Pause, Play, Stop } from "./icons";
import classes from "./StatusChip.module.css";

const SIGNS: Record<Status, ComponentType<{ size: number; "aria-hidden": boolean }>> = {
  draft: Draft,
  live: Play,
  paused: Pause,
  closed: Close,
  stopped: Stop,
  finished: Check,
};

/** A command that is true already, and of how many people that is still to be written down. */
export function Settling({ of }: { of: { settling: boolean; settling_left: number } }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  if (!of.settling) return null;
  return (
    <Tooltip label={t("home.settlingMeans")} multiline maw={320}>
      <Group gap={6} wrap="nowrap" mt={2} role="status">
        <Loader size={12} aria-hidden />
        <Text size="xs" c="dimmed">
          {of.settling_left > 0
            ? t("home.settlingLeft", { count: of.settling_left, n: number(of.settling_left) })
            : t("home.settling")}
        </Text>
      </Group>
    </Tooltip>
  );
}

/** A status in words, with a sign and a colour of its own: never by colour alone. */
export function StatusChip({ status, settling = false }: { status: Status; settling?: boolean }) {
  const { t } = useTranslation();
  const Sign = SIGNS[status];
  return (
    <Tooltip
      label={t(`status.${status}.means`)}
      multiline
      maw={320}
      events={{ hover: true, focus: true, touch: true }}
    >
      <span className={classes.chip} data-status={status} data-settling={settling || undefined}>
        <Sign size={14} aria-hidden />
        {t(`status.${status}.label`)}
      </span>
    </Tooltip>
  );
}
