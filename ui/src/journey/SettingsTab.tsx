import {
  Alert,
  Autocomplete,
  Button,
  Select,
  Table,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, type Schemas } from "../api/client";
import { give, useFacets, useMe } from "../api/queries";
import type { Command, JourneyDetail } from "../api/types";
import { has } from "../api/types";
import { useFormat } from "../app/format";
import { Ask, FormDialog, Named, PageForm, Part, RowButton, TableOf, useChange } from "../settings/parts";
import { useShown } from "./JourneyPage";

type Scheduled = Schemas["Scheduled"];
const LATER = ["publish", "pause", "resume", "close", "stop"] as const satisfies readonly Command[];

/** What belongs to the journey and not to a version, and the commands given for later. */
export default function SettingsTab() {
  const { journey } = useShown();
  return (
    <>
      <Words key={journey.journey} journey={journey} />
      <Later journey={journey} />
    </>
  );
}

function Words({ journey }: { journey: JourneyDetail }) {
  const { t } = useTranslation();
  const me = useMe().data;
  const facets = useFacets().data;
  const may = has(me, "editor");
  const users = useQuery({
    queryKey: ["users"],
    queryFn: () => data(client.GET("/api/users")),
    enabled: has(me, "admin"),
  }).data;
  const [words, setWords] = useState({
    name: journey.name,
    description: journey.description,
    folder: journey.folder,
    tags: journey.tags,
    owner: journey.owner,
  });
  const saving = useChange(
    () =>
      data(client.PATCH("/api/journeys/{key}", { params: { path: { key: journey.journey } }, body: words })),
    { done: t("settings.saved") },
  );
  const owners = new Set([
    ...(users?.filter((one) => one.disabled_at === null).map((one) => one.email) ?? []),
    ...(facets?.owners.map((one) => one.name) ?? []),
    ...(me?.kind === "user" ? [me.name] : []),
  ]);
  owners.delete("");
  return (
    <Part title={t("settings.journey.words")} means={t("settings.journey.wordsMean")}>
      <PageForm giving={saving} button={t("settings.save")} width={520} may={may}>
        <TextInput
          label={t("settings.journey.name")}
          value={words.name}
          maxLength={200}
          required
          readOnly={!may}
          onChange={(event) => setWords({ ...words, name: event.currentTarget.value })}
        />
        <Textarea
          label={t("settings.journey.description")}
          value={words.description}
          maxLength={4000}
          autosize
          minRows={2}
          readOnly={!may}
          onChange={(event) => setWords({ ...words, description: event.currentTarget.value })}
        />
        <Autocomplete
          label={t("home.folder")}
          description={t("settings.journey.folderMeans")}
          data={[...new Set(facets?.folders.map((one) => one.name).filter(Boolean) ?? [])]}
          value={words.folder}
          maxLength={200}
          readOnly={!may}
          onChange={(folder) => setWords({ ...words, folder })}
        />
        <TagsInput
          label={t("home.tags")}
          description={t("settings.journey.tagsMean")}
          data={facets?.tags.map((one) => one.name) ?? []}
          value={words.tags}
          maxTags={50}
          readOnly={!may}
          onChange={(tags) => setWords({ ...words, tags })}
        />
        <Autocomplete
          label={t("settings.journey.owner")}
          description={t("settings.journey.ownerMeans")}
          data={[...owners]}
          value={words.owner}
          maxLength={200}
          readOnly={!may}
          onChange={(owner) => setWords({ ...words, owner })}
        />
      </PageForm>
    </Part>
  );
}

function Later({ journey }: { journey: JourneyDetail }) {
  const { t } = useTranslation();
  const { ago, instant, said } = useFormat();
  const me = useMe().data;
  const may = has(me, "publisher");
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Scheduled | null>(null);
  const found = useQuery({
    queryKey: ["scheduled", journey.journey],
    queryFn: () =>
      data(
        client.GET("/api/scheduled-commands", {
          params: { query: { journey: journey.journey, past: true } },
        }),
      ),
  });
  const what = (one: Scheduled) => t(`command.${one.command as (typeof LATER)[number]}.label`);
  return (
    <Part
      title={t("settings.later.title")}
      means={t("settings.later.means")}
      action={may && <Button onClick={() => setAdding(true)}>{t("settings.later.add")}</Button>}
    >
      <TableOf of={found} none={t("settings.later.none")} least={520} spacing="xs">
        {(one) => (
          <Table.Tr key={one.scheduled_id} data-scheduled={one.command}>
            <Table.Td>
              <Named
                name={`${what(one)}${one.version ? ` · ${t("journey.versionNo", { version: one.version })}` : ""}`}
              >
                {one.actor.replace(/^\w+:/, "")}
                {one.reason ? ` · ${one.reason}` : ""}
              </Named>
            </Table.Td>
            <Table.Td>
              <Text size="sm">{instant(one.at)}</Text>
              <Text size="xs" c="dimmed">
                {ago(one.at)}
              </Text>
            </Table.Td>
            <Table.Td>
              {one.done_at === null ? (
                may && (
                  <RowButton
                    label={t("settings.later.remove")}
                    of={`${what(one)}, ${instant(one.at)}`}
                    onClick={() => setEnding(one)}
                  />
                )
              ) : (
                <Text size="sm">
                  {t(`settings.later.outcome.${outcome(one)}`)}
                  {one.said ? `: ${said(one.said)}` : ""}
                </Text>
              )}
            </Table.Td>
          </Table.Tr>
        )}
      </TableOf>
      {adding && <Add journey={journey} close={() => setAdding(false)} />}
      {ending && (
        <Ask
          title={t("settings.later.removeWhich", { command: what(ending) })}
          means={t("settings.later.removeMeans", { at: instant(ending.at) })}
          button={t("settings.later.remove")}
          run={() =>
            data(
              client.DELETE("/api/scheduled-commands/{number}", {
                params: { path: { number: ending.scheduled_id } },
              }),
            )
          }
          close={() => setEnding(null)}
        />
      )}
    </Part>
  );
}

const OUTCOMES = ["done", "refused", "withdrawn", "unchanged", "void"] as const;

function outcome(one: Scheduled): (typeof OUTCOMES)[number] {
  return OUTCOMES.find((name) => name === one.outcome) ?? "done";
}

function Add({ journey, close }: { journey: JourneyDetail; close: () => void }) {
  const { t } = useTranslation();
  const [command, setCommand] = useState<(typeof LATER)[number]>("pause");
  const [at, setAt] = useState("");
  const [reason, setReason] = useState("");
  const giving = useChange(
    () => give({ key: journey.journey, command, reason, at }, false, crypto.randomUUID()),
    { done: t("settings.later.added"), then: close },
  );
  return (
    <FormDialog
      title={t("settings.later.add")}
      button={t("settings.later.add")}
      giving={giving}
      close={close}
      grave={command === "stop"}
    >
      <Select
        label={t("settings.later.command")}
        data={LATER.map((value) => ({ value, label: t(`command.${value}.label`) }))}
        value={command}
        data-autofocus
        allowDeselect={false}
        onChange={(value) => setCommand(value as (typeof LATER)[number])}
      />
      <TextInput
        label={t("settings.later.at")}
        description={t("settings.later.zone")}
        type="datetime-local"
        required
        value={at}
        onChange={(event) => setAt(event.currentTarget.value)}
      />
      <Textarea
        label={t("dialog.reason")}
        description={t("dialog.reasonMeans")}
        autosize
        maxLength={1000}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {command === "stop" && (
        <Alert color="orange" variant="light">
          {t("command.stop.inside")} {t("command.stop.undo")}
        </Alert>
      )}
    </FormDialog>
  );
}
