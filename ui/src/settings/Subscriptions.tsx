import { Button, Group, Radio, Stack, Table, Text, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, type Schemas } from "../api/client";
import { useFormat } from "../app/format";
import { isLanguage, LANGUAGES, type Language } from "../app/texts";
import { Ask, FormDialog, Named, Part, RowButton, TableOf, useChange } from "./parts";

type Type = Schemas["Type"];
type Texts = Record<Language, string>;
const EMPTY: Texts = { en: "", sv: "", fr: "" };

/** The kinds of mail that people agree to, each with its texts in three languages. */
export default function Subscriptions() {
  const { t, i18n } = useTranslation();
  const { number } = useFormat();
  const types = useQuery({
    queryKey: ["subscriptions"],
    queryFn: () => data(client.GET("/api/subscriptions")),
  });
  const counts = useQuery({
    queryKey: ["consent-counts"],
    queryFn: () => data(client.GET("/api/consent-counts")),
  }).data;
  const [shown, setShown] = useState<Type | "new" | null>(null);
  const [ending, setEnding] = useState<string | null>(null);
  const language = isLanguage(i18n.language) ? i18n.language : "en";
  const people = (key: string, state: "in" | "out") =>
    number(counts?.find((one) => one.subscription === key && one.state === state)?.people ?? 0);
  return (
    <Part
      title={t("settings.subscriptions.title")}
      means={t("settings.subscriptions.means")}
      action={<Button onClick={() => setShown("new")}>{t("settings.subscriptions.add")}</Button>}
    >
      <TableOf
        of={types}
        none={t("settings.subscriptions.none")}
        least={640}
        head={[
          t("settings.keys.name"),
          t("settings.subscriptions.default"),
          { label: t("settings.subscriptions.in"), right: true },
          { label: t("settings.subscriptions.out"), right: true },
        ]}
      >
        {(one) => {
          const name = one.names[language] || one.names.en || one.key;
          return (
            <Table.Tr key={one.key} data-subscription={one.key}>
              <Table.Td>
                <Named name={name}>{one.key}</Named>
              </Table.Td>
              <Table.Td>{t(`settings.subscriptions.short.${one.default}`)}</Table.Td>
              <Table.Td ta="right">{people(one.key, "in")}</Table.Td>
              <Table.Td ta="right">{people(one.key, "out")}</Table.Td>
              <Table.Td>
                <Group gap="xs" justify="flex-end" wrap="nowrap">
                  <RowButton label={t("settings.change")} of={name} onClick={() => setShown(one)} />
                  <RowButton label={t("settings.delete")} of={name} onClick={() => setEnding(one.key)} />
                </Group>
              </Table.Td>
            </Table.Tr>
          );
        }}
      </TableOf>
      {shown !== null && <Edit type={shown === "new" ? null : shown} close={() => setShown(null)} />}
      {ending !== null && (
        <Ask
          title={t("settings.subscriptions.deleteWhich", { key: ending })}
          means={t("settings.subscriptions.deleteMeans")}
          button={t("settings.delete")}
          grave
          run={() => data(client.DELETE("/api/subscriptions/{key}", { params: { path: { key: ending } } }))}
          close={() => setEnding(null)}
        />
      )}
    </Part>
  );
}

function Edit({ type, close }: { type: Type | null; close: () => void }) {
  const { t } = useTranslation();
  const [key, setKey] = useState(type?.key ?? "");
  const [state, setState] = useState<"in" | "out">(type?.default ?? "out");
  const [names, setNames] = useState<Texts>({ ...EMPTY, ...type?.names });
  const [descriptions, setDescriptions] = useState<Texts>({ ...EMPTY, ...type?.descriptions });
  const saving = useChange(
    () =>
      data(
        client.PUT("/api/subscriptions/{key}", {
          params: { path: { key } },
          body: { default: state, names, descriptions },
        }),
      ),
    { done: t("settings.saved"), then: close },
  );
  return (
    <FormDialog
      title={type === null ? t("settings.subscriptions.add") : t("settings.subscriptions.edit", { key })}
      button={t("settings.save")}
      giving={saving}
      close={close}
      size="lg"
    >
      {type === null && (
        <TextInput
          label={t("settings.subscriptions.key")}
          description={t("settings.subscriptions.keyMeans")}
          required
          maxLength={64}
          pattern="[A-Za-z0-9_\-]+"
          data-autofocus
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
      )}
      <Radio.Group
        label={t("settings.subscriptions.default")}
        value={state}
        onChange={(value) => setState(value as "in" | "out")}
      >
        <Stack gap="xs" mt="xs">
          {(["out", "in"] as const).map((one) => (
            <Radio
              key={one}
              value={one}
              label={t(`settings.subscriptions.state.${one}.label`)}
              description={t(`settings.subscriptions.state.${one}.means`)}
            />
          ))}
        </Stack>
      </Radio.Group>
      {(Object.keys(LANGUAGES) as Language[]).map((language) => (
        <fieldset key={language} style={{ border: 0, margin: 0, padding: 0 }}>
          <Text component="legend" fw={600} size="sm" mb={4}>
            {LANGUAGES[language]}
          </Text>
          <Stack gap="xs">
            <TextInput
              label={t("settings.keys.name")}
              lang={language}
              maxLength={200}
              value={names[language]}
              onChange={(event) => setNames({ ...names, [language]: event.currentTarget.value })}
            />
            <Textarea
              label={t("settings.subscriptions.description")}
              lang={language}
              maxLength={200}
              autosize
              value={descriptions[language]}
              onChange={(event) =>
                setDescriptions({ ...descriptions, [language]: event.currentTarget.value })
              }
            />
          </Stack>
        </fieldset>
      ))}
    </FormDialog>
  );
}
