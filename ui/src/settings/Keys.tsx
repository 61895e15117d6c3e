import { Badge, Button, Checkbox, Select, Stack, Table, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, type Schemas } from "../api/client";
import { useFormat } from "../app/format";
import { Ask, FormDialog, Named, Once, Part, RowButton, TableOf, useChange } from "./parts";

type Key = Schemas["Key"];
type Scope = Key["scopes"][number];
const SCOPES: readonly Scope[] = ["read", "write", "publish", "admin", "ingest"];
const ENDS = ["30", "90", "365", "never"] as const;
type What = "key" | "source";

/** What programs come in with: API keys with scopes, and write keys of sources. */
export default function Keys() {
  const { t } = useTranslation();
  const { ago, instant } = useFormat();
  const keys = useQuery({ queryKey: ["keys"], queryFn: () => data(client.GET("/api/keys")) });
  const sources = useQuery({ queryKey: ["sources"], queryFn: () => data(client.GET("/api/sources")) });
  const [making, setMaking] = useState<What | null>(null);
  const [ending, setEnding] = useState<{ what: What; name: string } | null>(null);
  const used = (at: string | null) =>
    at ? <span title={instant(at)}>{ago(at)}</span> : t("settings.keys.unused");
  return (
    <>
      <Part
        title={t("settings.keys.title")}
        means={t("settings.keys.means")}
        action={<Button onClick={() => setMaking("key")}>{t("settings.keys.make")}</Button>}
      >
        <TableOf
          of={keys}
          none={t("settings.keys.none")}
          least={600}
          head={[
            t("settings.keys.name"),
            t("settings.keys.may"),
            t("settings.keys.used"),
            t("settings.keys.ends"),
          ]}
        >
          {(one) => (
            <Table.Tr key={one.name} data-key={one.name}>
              <Table.Td>
                <Named name={one.name}>
                  {one.prefix}… · {one.person}
                </Named>
              </Table.Td>
              <Table.Td>{one.scopes.map((scope) => t(`settings.scope.${scope}.label`)).join(", ")}</Table.Td>
              <Table.Td>{used(one.used_at)}</Table.Td>
              <Table.Td>{one.expires_at ? ago(one.expires_at) : t("settings.keys.never")}</Table.Td>
              <Table.Td ta="right">
                <End
                  name={one.name}
                  over={one.revoked_at}
                  ask={() => setEnding({ what: "key", name: one.name })}
                />
              </Table.Td>
            </Table.Tr>
          )}
        </TableOf>
      </Part>
      <Part
        title={t("settings.sources.title")}
        means={t("settings.sources.means")}
        action={<Button onClick={() => setMaking("source")}>{t("settings.sources.make")}</Button>}
      >
        <TableOf
          of={sources}
          none={t("settings.sources.none")}
          least={440}
          head={[t("settings.keys.name"), t("settings.sources.seen")]}
        >
          {(one) => (
            <Table.Tr key={one.name} data-source={one.name}>
              <Table.Td>
                <Named name={one.name}>…{one.key}</Named>
              </Table.Td>
              <Table.Td>{used(one.seen_at)}</Table.Td>
              <Table.Td ta="right">
                <End
                  name={one.name}
                  over={one.revoked_at}
                  ask={() => setEnding({ what: "source", name: one.name })}
                />
              </Table.Td>
            </Table.Tr>
          )}
        </TableOf>
      </Part>
      {making === "key" && <MakeKey close={() => setMaking(null)} />}
      {making === "source" && <MakeSource close={() => setMaking(null)} />}
      {ending && (
        <Ask
          title={t("settings.keys.revokeWho", { name: ending.name })}
          means={t(ending.what === "key" ? "settings.keys.revokeMeans" : "settings.sources.revokeMeans")}
          button={t("settings.keys.revoke")}
          grave
          run={() => {
            const params = { path: { name: ending.name } };
            return ending.what === "key"
              ? data(client.DELETE("/api/keys/{name}", { params }))
              : data(client.DELETE("/api/sources/{name}", { params }));
          }}
          close={() => setEnding(null)}
        />
      )}
    </>
  );
}

function End({ name, over, ask }: { name: string; over: string | null; ask: () => void }) {
  const { t } = useTranslation();
  const { ago } = useFormat();
  if (over)
    return (
      <Badge color="gray" variant="light">
        {t("settings.keys.revoked", { at: ago(over) })}
      </Badge>
    );
  return <RowButton label={t("settings.keys.revoke")} of={name} onClick={ask} />;
}

function MakeKey({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>(["read"]);
  const [end, setEnd] = useState<string>("365");
  const [secret, setSecret] = useState<string | null>(null);
  const making = useChange(
    () => {
      const days = Number(end);
      const expires_at = end === "never" ? null : new Date(Date.now() + days * 86_400_000).toISOString();
      return data(client.POST("/api/keys", { body: { name, scopes: scopes as Scope[], expires_at } }));
    },
    { then: (made) => setSecret(made.secret) },
  );
  if (secret !== null) {
    return (
      <Once
        title={t("settings.keys.made", { name })}
        means={t("settings.keys.madeMeans")}
        text={secret}
        close={close}
      />
    );
  }
  return (
    <FormDialog
      title={t("settings.keys.make")}
      button={t("settings.keys.make")}
      giving={making}
      close={close}
      disabled={scopes.length === 0}
    >
      <TextInput
        label={t("settings.keys.name")}
        description={t("settings.keys.nameMeans")}
        required
        maxLength={64}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Checkbox.Group label={t("settings.keys.may")} value={scopes} onChange={setScopes}>
        <Stack gap="xs" mt="xs">
          {SCOPES.map((scope) => (
            <Checkbox
              key={scope}
              value={scope}
              label={t(`settings.scope.${scope}.label`)}
              description={t(`settings.scope.${scope}.means`)}
            />
          ))}
        </Stack>
      </Checkbox.Group>
      <Select
        label={t("settings.keys.ends")}
        data={ENDS.map((value) => ({ value, label: t(`settings.keys.end.${value}`) }))}
        value={end}
        allowDeselect={false}
        onChange={(value) => setEnd(value ?? "365")}
      />
    </FormDialog>
  );
}

function MakeSource({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [secret, setSecret] = useState<string | null>(null);
  const making = useChange(() => data(client.POST("/api/sources", { body: { name } })), {
    then: (made) => setSecret(made.write_key),
  });
  if (secret !== null) {
    return (
      <Once
        title={t("settings.sources.made", { name })}
        means={t("settings.sources.madeMeans")}
        text={secret}
        close={close}
      />
    );
  }
  return (
    <FormDialog
      title={t("settings.sources.make")}
      button={t("settings.sources.make")}
      giving={making}
      close={close}
    >
      <TextInput
        label={t("settings.keys.name")}
        description={t("settings.sources.nameMeans")}
        required
        maxLength={64}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
