import { Alert, Button, Group, List, NumberInput, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, type Schemas } from "../api/client";
import { Ask, Loaded, Part } from "./parts";

type Kept = Schemas["KeptSaid"];
const KINDS = ["events", "passages", "messages"] as const;
type Days = Record<(typeof KINDS)[number], number | null>;

/** For how long things are kept. What is older is removed by itself, for good. */
export default function Retention() {
  const found = useQuery({ queryKey: ["retention"], queryFn: () => data(client.GET("/api/retention")) });
  return <Loaded of={found}>{(kept) => <Form kept={kept} />}</Loaded>;
}

function Form({ kept }: { kept: Kept }) {
  const { t } = useTranslation();
  const now: Days = {
    events: kept.events ?? null,
    passages: kept.passages ?? null,
    messages: kept.messages ?? null,
  };
  const [changed, setChanged] = useState<Partial<Days>>({});
  const [asked, setAsked] = useState(false);
  const days: Days = { ...now, ...changed };
  const dry = useQuery({
    queryKey: ["retention-dry", days],
    enabled: asked,
    queryFn: () => data(client.PUT("/api/retention", { params: { query: { dry_run: true } }, body: days })),
  });
  const warnings = asked ? (dry.data?.warnings ?? []) : kept.warnings;
  return (
    <Part title={t("settings.retention.title")} means={t("settings.retention.means")}>
      {!asked && warnings.length > 0 && <Warnings all={warnings} />}
      <Stack
        component="form"
        maw={420}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          setAsked(true);
        }}
      >
        {KINDS.map((kind) => (
          <NumberInput
            key={kind}
            label={t(`settings.retention.${kind}.label`)}
            description={t(`settings.retention.${kind}.means`)}
            placeholder={t("settings.retention.forEver")}
            suffix={` ${t("settings.retention.days")}`}
            min={1}
            max={36500}
            allowDecimal={false}
            hideControls
            value={days[kind] ?? ""}
            onChange={(value) => setChanged({ ...changed, [kind]: value === "" ? null : Number(value) })}
          />
        ))}
        <Group>
          <Button type="submit" disabled={KINDS.every((kind) => days[kind] === now[kind])}>
            {t("settings.save")}
          </Button>
        </Group>
      </Stack>
      {asked && (
        <Ask
          title={t("settings.retention.ask")}
          means={[t("settings.retention.askMeans"), ...warnings].join(" ")}
          button={t("settings.save")}
          grave
          run={async () => {
            await data(client.PUT("/api/retention", { body: days }));
            setChanged({});
          }}
          close={() => setAsked(false)}
        />
      )}
    </Part>
  );
}

function Warnings({ all }: { all: readonly string[] }) {
  return (
    <Alert color="orange" variant="light">
      <List size="sm">
        {all.map((one) => (
          <List.Item key={one}>{one}</List.Item>
        ))}
      </List>
    </Alert>
  );
}
