import {
  Button,
  Group,
  Modal,
  Radio,
  Stack,
  Table,
  Text,
  Textarea,
  TextInput,
  VisuallyHidden,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, type Schemas } from "../api/client";
import { useFormat } from "../app/format";
import { isLanguage, LANGUAGES, type Language } from "../app/texts";
import { Ask, Loaded, Part, useChange, Wide, Wrong } from "./parts";

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
      <Loaded of={types}>
        {(found) =>
          found.length === 0 ? (
            <Text c="dimmed">{t("settings.subscriptions.none")}</Text>
          ) : (
            <Wide least={640}>
              <Table verticalSpacing="sm">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("settings.keys.name")}</Table.Th>
                    <Table.Th>{t("settings.subscriptions.default")}</Table.Th>
                    <Table.Th ta="right">{t("settings.subscriptions.in")}</Table.Th>
                    <Table.Th ta="right">{t("settings.subscriptions.out")}</Table.Th>
                    <Table.Th>
                      <VisuallyHidden>{t("home.actions")}</VisuallyHidden>
                    </Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {found.map((one) => {
                    const name = one.names[language] || one.names.en || one.key;
                    return (
                      <Table.Tr key={one.key} data-subscription={one.key}>
                        <Table.Td>
                          <Text size="sm" fw={600}>
                            {name}
                          </Text>
                          <Text size="xs" c="dimmed">
                            {one.key}
                          </Text>
                        </Table.Td>
                        <Table.Td>{t(`settings.subscriptions.short.${one.default}`)}</Table.Td>
                        <Table.Td ta="right">{people(one.key, "in")}</Table.Td>
                        <Table.Td ta="right">{people(one.key, "out")}</Table.Td>
                        <Table.Td>
                          <Group gap="xs" justify="flex-end" wrap="nowrap">
                            <Button
                              size="xs"
                              variant="default"
                              onClick={() => setShown(one)}
                              aria-label={`${t("settings.change")}: ${name}`}
                            >
                              {t("settings.change")}
                            </Button>
                            <Button
                              size="xs"
                              variant="default"
                              onClick={() => setEnding(one.key)}
                              aria-label={`${t("settings.delete")}: ${name}`}
                            >
                              {t("settings.delete")}
                            </Button>
                          </Group>
                        </Table.Td>
                      </Table.Tr>
                    );
                  })}
                </Table.Tbody>
              </Table>
            </Wide>
          )
        }
      </Loaded>
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
    <Modal
      opened
      onClose={close}
      size="lg"
      title={type === null ? t("settings.subscriptions.add") : t("settings.subscriptions.edit", { key })}
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      <Stack
        component="form"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          saving.mutate(undefined);
        }}
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
        <Wrong error={saving.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("dialog.cancel")}
          </Button>
          <Button type="submit" loading={saving.isPending}>
            {t("settings.save")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
