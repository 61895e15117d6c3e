import { Group, NumberInput, Radio, Select, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "../app/format";

/** How far back, as a file writes it: `7d`, `12h`; null: nobody of before. */
export type Back = string | null;

const UNITS = ["d", "h"] as const;

/** Whether an event lets people in: otherwise nobody can have done it before. */
export function startsByEvent(definition: Record<string, unknown> | undefined): boolean {
  const entry = definition?.entry as { triggers?: unknown } | undefined;
  return (
    Array.isArray(entry?.triggers) &&
    entry.triggers.some((one) => typeof one === "object" && one !== null && "event" in one)
  );
}

/** Who did it before the journey is published: nobody of them, or those of the last days; with how many that are. */
export function Backfill({
  value,
  change,
  count,
}: {
  value: Back;
  change: (value: Back) => void;
  /** How many would be suggested; undefined where it is not known yet. */
  count: number | undefined;
}) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const [, amount = "7", unit = "d"] = /^(\d+)([dh])$/.exec(value ?? "7d") ?? [];
  return (
    <Radio.Group
      label={t("backfill.label")}
      value={value === null ? "no" : "yes"}
      onChange={(chosen) => change(chosen === "no" ? null : `${amount}${unit}`)}
    >
      <Stack gap={8} mt={6}>
        <Radio value="no" label={t("backfill.no")} description={t("backfill.noMeans")} />
        <Radio value="yes" label={t("backfill.yes")} description={t("backfill.yesMeans")} />
        {value !== null && (
          <Stack gap={4} pl={28}>
            <Group gap="xs" align="flex-end">
              <NumberInput
                label={t("backfill.last")}
                min={1}
                max={9999}
                allowDecimal={false}
                clampBehavior="strict"
                w={110}
                value={Number(amount)}
                onChange={(next) => change(`${Math.max(1, Number(next) || 1)}${unit}`)}
              />
              <Select
                aria-label={t("backfill.unit")}
                w={120}
                allowDeselect={false}
                data={UNITS.map((one) => ({ value: one, label: t(`backfill.${one}`) }))}
                value={unit}
                onChange={(next) => change(`${amount}${next ?? "d"}`)}
              />
            </Group>
            {count !== undefined && (
              <Text size="sm" fw={600} role="status" data-backfill={count}>
                {t("backfill.count", { count, n: number(count) })}
              </Text>
            )}
          </Stack>
        )}
      </Stack>
    </Radio.Group>
  );
}
