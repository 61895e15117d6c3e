import { Anchor, Button, Group, NumberInput, Stack, Switch, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, type Schemas } from "../api/client";
import { useFormat } from "../app/format";
import { Loaded, Part, useChange, Wrong } from "./parts";

type Setting = Schemas["Setting"];
const SECOND = "publish_needs_second_person";
const NUMBERS = ["session_idle_hours", "session_days", "link_minutes", "invitation_days"] as const;

/** What holds for the whole installation: the second person, and how long sessions and links hold. */
export default function Rules() {
  const found = useQuery({ queryKey: ["settings"], queryFn: () => data(client.GET("/api/settings")) });
  return (
    <Loaded of={found}>
      {(settings) => (
        <>
          <SecondPerson setting={settings.find((one) => one.name === SECOND)} />
          <Lengths settings={settings} />
        </>
      )}
    </Loaded>
  );
}

function SecondPerson({ setting }: { setting: Setting | undefined }) {
  const { t } = useTranslation();
  const { ago } = useFormat();
  const waiting = useQuery({ queryKey: ["approvals"], queryFn: () => data(client.GET("/api/approvals")) });
  const changing = useChange(
    (value: boolean) => data(client.PATCH("/api/settings", { body: { [SECOND]: value } })),
    { done: t("settings.saved") },
  );
  const withdrawing = useChange(
    (id: number) =>
      data(client.DELETE("/api/approvals/{approval_id}", { params: { path: { approval_id: id } } })),
    { done: t("settings.saved") },
  );
  return (
    <Part title={t("settings.rules.publishing")}>
      <Switch
        label={t("settings.rules.second")}
        description={t("settings.rules.secondMeans")}
        checked={setting?.value === true}
        disabled={changing.isPending}
        onChange={(event) => changing.mutate(event.currentTarget.checked)}
      />
      <Wrong error={changing.error ?? withdrawing.error} />
      {(waiting.data?.length ?? 0) > 0 && (
        <Table verticalSpacing="xs" aria-label={t("settings.rules.waiting")}>
          <Table.Caption style={{ captionSide: "top", textAlign: "left" }}>
            {t("settings.rules.waiting")}
          </Table.Caption>
          <Table.Tbody>
            {waiting.data?.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td>
                  <Anchor component={Link} to={`/journeys/${one.journey}` as never} size="sm">
                    {one.journey}
                  </Anchor>
                  <Text size="xs" c="dimmed">
                    {t("journey.versionNo", { version: one.version })} · {one.person} · {ago(one.asked_at)}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">
                  <Button
                    size="xs"
                    variant="default"
                    onClick={() => withdrawing.mutate(one.id)}
                    aria-label={`${t("settings.users.withdraw")}: ${one.journey}`}
                  >
                    {t("settings.users.withdraw")}
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Part>
  );
}

function Lengths({ settings }: { settings: Setting[] }) {
  const { t } = useTranslation();
  const [values, setValues] = useState<Record<string, number | string>>({});
  const saving = useChange(
    () => data(client.PATCH("/api/settings", { body: values as Record<string, unknown> })),
    { done: t("settings.saved"), then: () => setValues({}) },
  );
  const shown = NUMBERS.flatMap((name) => {
    const found = settings.find((one) => one.name === name);
    return found ? [{ name, setting: found }] : [];
  });
  return (
    <Part title={t("settings.rules.lengths")} means={t("settings.rules.lengthsMean")}>
      <Stack
        component="form"
        maw={420}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          saving.mutate(undefined);
        }}
      >
        {shown.map(({ name, setting }) => (
          <NumberInput
            key={name}
            label={t(`settings.rules.${name}.label`)}
            description={t(`settings.rules.${name}.means`)}
            suffix={` ${t(`settings.rules.${name}.unit`)}`}
            min={setting.least ?? undefined}
            max={setting.most ?? undefined}
            allowDecimal={false}
            value={values[name] ?? Number(setting.value)}
            onChange={(value) => setValues({ ...values, [name]: value })}
            hideControls
          />
        ))}
        <Wrong error={saving.error} />
        <Group>
          <Button type="submit" loading={saving.isPending} disabled={Object.keys(values).length === 0}>
            {t("settings.save")}
          </Button>
        </Group>
      </Stack>
    </Part>
  );
}
