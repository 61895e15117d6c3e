import { Tooltip } from "@mantine/core";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import type { Status } from "../api/types";
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
