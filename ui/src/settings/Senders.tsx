import { Badge, Button, Group, Switch, Table, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, type Schemas } from "../api/client";
import { Ask, FormDialog, Named, Part, RowButton, TableOf, useChange } from "./parts";

type Sender = Schemas["Sender"];

/** Who mails come from; one of them for the journeys that name nobody. */
export default function Senders() {
  const { t } = useTranslation();
  const senders = useQuery({ queryKey: ["senders"], queryFn: () => data(client.GET("/api/senders")) });
  const [shown, setShown] = useState<Sender | "new" | null>(null);
  const [ending, setEnding] = useState<Sender | null>(null);
  return (
    <Part
      title={t("settings.senders.title")}
      means={t("settings.senders.means")}
      action={<Button onClick={() => setShown("new")}>{t("settings.senders.add")}</Button>}
    >
      <TableOf
        of={senders}
        none={t("settings.senders.none")}
        least={560}
        head={[t("settings.senders.sender"), t("settings.senders.answers")]}
      >
        {(one) => (
          <Table.Tr key={one.key} data-sender={one.key}>
            <Table.Td>
              <Named
                name={
                  <Group gap="xs">
                    {one.name || one.address}
                    {one.default && <Badge variant="light">{t("settings.senders.default")}</Badge>}
                  </Group>
                }
              >
                {one.name ? `${one.address} · ${one.key}` : one.key}
              </Named>
            </Table.Td>
            <Table.Td>{one.reply_to || one.address}</Table.Td>
            <Table.Td>
              <Group gap="xs" justify="flex-end" wrap="nowrap">
                <RowButton label={t("settings.change")} of={one.key} onClick={() => setShown(one)} />
                <RowButton label={t("settings.delete")} of={one.key} onClick={() => setEnding(one)} />
              </Group>
            </Table.Td>
          </Table.Tr>
        )}
      </TableOf>
      {shown !== null && (
        <Edit
          sender={shown === "new" ? null : shown}
          first={senders.data?.length === 0}
          close={() => setShown(null)}
        />
      )}
      {ending !== null && (
        <Ask
          title={t("settings.senders.deleteWhich", { name: ending.name || ending.address })}
          means={t("settings.senders.deleteMeans")}
          button={t("settings.delete")}
          grave
          run={() => data(client.DELETE("/api/senders/{key}", { params: { path: { key: ending.key } } }))}
          close={() => setEnding(null)}
        />
      )}
    </Part>
  );
}

function Edit({ sender, first, close }: { sender: Sender | null; first: boolean; close: () => void }) {
  const { t } = useTranslation();
  const [key, setKey] = useState(sender?.key ?? "");
  const [given, setGiven] = useState({
    name: sender?.name ?? "",
    address: sender?.address ?? "",
    reply_to: sender?.reply_to ?? "",
  });
  // Whether it is the first may become known behind the opening of the dialog.
  const [chosen, setChosen] = useState<boolean | null>(null);
  const usual = chosen ?? sender?.default ?? first;
  const saving = useChange(
    () =>
      data(
        client.PUT("/api/senders/{key}", {
          params: { path: { key } },
          body: { ...given, reply_to: given.reply_to || null, default: usual },
        }),
      ),
    { done: t("settings.saved"), then: close },
  );
  const field = (name: keyof typeof given) => ({
    value: given[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      setGiven({ ...given, [name]: event.currentTarget.value }),
  });
  return (
    <FormDialog
      title={sender === null ? t("settings.senders.add") : t("settings.senders.edit", { key })}
      button={t("settings.save")}
      giving={saving}
      close={close}
    >
      {sender === null && (
        <TextInput
          label={t("settings.subscriptions.key")}
          description={t("settings.senders.keyMeans")}
          required
          maxLength={64}
          pattern="[A-Za-z0-9_\-]+"
          data-autofocus
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
      )}
      <TextInput
        label={t("settings.senders.name")}
        description={t("settings.senders.nameMeans")}
        maxLength={200}
        {...field("name")}
      />
      <TextInput
        label={t("settings.senders.address")}
        description={t("settings.senders.addressMeans")}
        type="email"
        required
        maxLength={254}
        {...field("address")}
      />
      <TextInput
        label={t("settings.senders.answers")}
        description={t("settings.senders.answersMean")}
        type="email"
        maxLength={254}
        {...field("reply_to")}
      />
      <Switch
        label={t("settings.senders.default")}
        description={t("settings.senders.defaultMeans")}
        checked={usual}
        onChange={(event) => setChosen(event.currentTarget.checked)}
      />
    </FormDialog>
  );
}
