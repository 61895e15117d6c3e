import { Button, Group, Select, Stack, Table, Text, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, type Schemas } from "../api/client";
import { useMe } from "../api/queries";
import { has } from "../api/types";
import { useFormat } from "../app/format";
import { Csv } from "../components/Csv";
import { Ask, FormDialog, Named, Part, RowButton, TableOf, useChange } from "./parts";

type Listed = Schemas["Listed"];
type Reason = Listed["reason"];
const REASONS: readonly Reason[] = ["bounce", "complaint", "manual", "erased"];
const BY_HAND = ["manual", "complaint", "bounce"] as const;
const SHOWN = 200;

/** What the list is filtered by; kept in the address of the page. */
export interface SuppressionSearch {
  address?: string;
  reason?: Reason;
}

const route = getRouteApi("/settings/suppressions");

/** The addresses that are written to no more: why, since when, and taking them off again. */
export default function Suppressions() {
  const { t } = useTranslation();
  const { ago, instant } = useFormat();
  const asked = route.useSearch() as SuppressionSearch;
  const navigate = useNavigate();
  const may = has(useMe().data, "publisher");
  const [address, setAddress] = useState(asked.address ?? "");
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<string | null>(null);
  const found = useQuery({
    queryKey: ["suppressions", asked],
    queryFn: () => data(client.GET("/api/suppressions", { params: { query: { ...asked, limit: SHOWN } } })),
  });
  const show = (next: SuppressionSearch) => {
    const { address, reason } = { ...asked, ...next };
    const search = { ...(address && { address }), ...(reason && { reason }) };
    void navigate({ to: "/settings/suppressions", search, replace: true } as never);
  };
  const filtered = asked.address !== undefined || asked.reason !== undefined;
  return (
    <Part
      title={t("settings.suppressions.title")}
      means={t("settings.suppressions.means")}
      action={
        <Group gap="xs">
          <Csv
            path="/api/suppressions"
            asked={{ ...asked }}
            name="suppressions"
            label={t("settings.suppressions.csv")}
          />
          {may && <Button onClick={() => setAdding(true)}>{t("settings.suppressions.add")}</Button>}
        </Group>
      }
    >
      <Group
        component="form"
        align="flex-end"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          show({ address: address.trim() || undefined });
        }}
      >
        <TextInput
          label={t("settings.suppressions.search")}
          type="search"
          style={{ flex: "1 1 220px", maxWidth: 360 }}
          maxLength={320}
          value={address}
          onChange={(event) => {
            setAddress(event.currentTarget.value);
            if (event.currentTarget.value === "") show({ address: undefined });
          }}
        />
        <Select
          label={t("settings.suppressions.reason")}
          data={REASONS.map((value) => ({ value, label: t(`settings.suppressions.why.${value}.label`) }))}
          placeholder={t("settings.suppressions.every")}
          clearable
          clearButtonProps={{ "aria-label": t("settings.suppressions.every") }}
          value={asked.reason ?? null}
          onChange={(reason) => show({ reason: (reason as Reason | null) ?? undefined })}
        />
        <Button type="submit" variant="default">
          {t("settings.suppressions.find")}
        </Button>
      </Group>
      <TableOf
        of={found}
        none={t(filtered ? "settings.suppressions.noneFound" : "settings.suppressions.none")}
        least={600}
        head={[
          t("settings.suppressions.address"),
          t("settings.suppressions.reason"),
          t("settings.suppressions.since"),
        ]}
      >
        {(one) => (
          <Table.Tr key={`${one.key} ${one.reason}`} data-suppressed={one.address ?? one.key}>
            <Table.Td>
              <Named name={one.address ?? t("settings.suppressions.erased")}>
                {one.added_by.replace(/^\w+:/, "")}
              </Named>
            </Table.Td>
            <Table.Td>
              <Text size="sm">{t(`settings.suppressions.why.${one.reason}.label`)}</Text>
              <Text size="xs" c="dimmed">
                {one.detail || t(`settings.suppressions.why.${one.reason}.means`)}
              </Text>
            </Table.Td>
            <Table.Td title={instant(one.added_at)}>{ago(one.added_at)}</Table.Td>
            <Table.Td ta="right">
              {may && one.address !== null && (
                <RowButton
                  label={t("settings.suppressions.remove")}
                  of={one.address}
                  onClick={() => setEnding(one.address)}
                />
              )}
            </Table.Td>
          </Table.Tr>
        )}
      </TableOf>
      {(found.data?.length ?? 0) >= SHOWN && (
        <Text size="sm" c="dimmed">
          {t("settings.suppressions.first", { count: SHOWN })}
        </Text>
      )}
      {adding && <Add close={() => setAdding(false)} />}
      {ending !== null && (
        <Ask
          title={t("settings.suppressions.removeWhich", { address: ending })}
          means={t("settings.suppressions.removeMeans")}
          button={t("settings.suppressions.remove")}
          run={() =>
            data(client.POST("/api/suppressions/remove", { body: { addresses: [ending], dry_run: false } }))
          }
          close={() => setEnding(null)}
        />
      )}
    </Part>
  );
}

function Add({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [reason, setReason] = useState<(typeof BY_HAND)[number]>("manual");
  const [detail, setDetail] = useState("");
  const addresses = text.split(/[\s,;]+/).filter(Boolean);
  const adding = useChange(
    () =>
      data(
        client.POST("/api/suppressions", {
          body: { addresses, reason, detail: detail.trim() || null, dry_run: false },
        }),
      ),
    { done: t("settings.saved"), then: close },
  );
  return (
    <FormDialog
      title={t("settings.suppressions.add")}
      button={t("settings.suppressions.addGo", { count: addresses.length })}
      giving={adding}
      close={close}
      disabled={addresses.length === 0}
    >
      <Stack>
        <Textarea
          label={t("settings.suppressions.addresses")}
          description={t("settings.suppressions.addressesMean")}
          required
          autosize
          minRows={3}
          maxRows={12}
          data-autofocus
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Select
          label={t("settings.suppressions.reason")}
          description={t(`settings.suppressions.why.${reason}.means`)}
          data={BY_HAND.map((value) => ({ value, label: t(`settings.suppressions.why.${value}.label`) }))}
          value={reason}
          allowDeselect={false}
          onChange={(value) => setReason((value as typeof reason) ?? "manual")}
        />
        <TextInput
          label={t("settings.suppressions.detail")}
          maxLength={1000}
          value={detail}
          onChange={(event) => setDetail(event.currentTarget.value)}
        />
      </Stack>
    </FormDialog>
  );
}
