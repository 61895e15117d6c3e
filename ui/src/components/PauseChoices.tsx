import { Collapse, Group, Radio, Stack, Switch, TextInput, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ArrowDown, ArrowRight } from "./icons";

export interface PauseOptions {
  entrants?: "queue" | "drop";
  inside?: "freeze" | "hold" | "discard";
  timers?: "run" | "extend";
  until?: { at: string; then: string };
  catch_up?: string;
}

type Choice = "entrants" | "inside" | "timers";
const CHOICES: { name: Choice; values: readonly string[] }[] = [
  { name: "entrants", values: ["queue", "drop"] },
  { name: "inside", values: ["freeze", "hold", "discard"] },
  { name: "timers", values: ["run", "extend"] },
];

/** The choices of a pause; what stands first is what a pause does by itself. */
export function PauseChoices({
  value,
  change,
}: {
  value: PauseOptions;
  change: (value: PauseOptions) => void;
}) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [until, setUntil] = useState("");
  const [then, setThen] = useState("resume");
  const ends = (at: string, next: string) => {
    setUntil(at);
    setThen(next);
    change({ ...value, until: at ? { at: new Date(at).toISOString(), then: next } : undefined });
  };
  return (
    <Stack gap="xs">
      <UnstyledButton onClick={() => setOpen(!open)} aria-expanded={open} fw={600} fz="sm">
        <Group gap={4}>
          {open ? <ArrowDown size={16} /> : <ArrowRight size={16} />}
          {t("pause.choices")}
        </Group>
      </UnstyledButton>
      <Collapse expanded={open}>
        <Stack gap="md" pl="md">
          {CHOICES.map(({ name, values }) => (
            <Radio.Group
              key={name}
              label={t(`pause.${name}.label`)}
              value={value[name] ?? values[0]}
              onChange={(chosen) => change({ ...value, [name]: chosen === values[0] ? undefined : chosen })}
            >
              <Stack gap={6} mt={6}>
                {values.map((one) => (
                  <Radio key={one} value={one} label={t(`pause.${name}.${one}` as "pause.entrants.queue")} />
                ))}
              </Stack>
            </Radio.Group>
          ))}
          <Group align="flex-end">
            <TextInput
              type="datetime-local"
              label={t("pause.until")}
              description={t("pause.untilMeans")}
              value={until}
              onChange={(event) => ends(event.currentTarget.value, then)}
            />
            {until && (
              <Radio.Group label={t("pause.then")} value={then} onChange={(next) => ends(until, next)}>
                <Group gap="sm" mt={6}>
                  {(["resume", "close", "stop"] as const).map((one) => (
                    <Radio key={one} value={one} label={t(`command.${one}.label`)} />
                  ))}
                </Group>
              </Radio.Group>
            )}
          </Group>
          <Switch
            label={t("pause.catchUp")}
            description={t("pause.catchUpMeans")}
            checked={value.catch_up !== undefined}
            onChange={(event) =>
              change({ ...value, catch_up: event.currentTarget.checked ? "50/s" : undefined })
            }
          />
          {value.catch_up !== undefined && (
            <TextInput
              label={t("pause.rate")}
              value={value.catch_up}
              onChange={(event) => change({ ...value, catch_up: event.currentTarget.value })}
            />
          )}
        </Stack>
      </Collapse>
    </Stack>
  );
}
