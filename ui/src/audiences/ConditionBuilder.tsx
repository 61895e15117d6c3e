import {
  ActionIcon,
  Autocomplete,
  Button,
  Group,
  NumberInput,
  Paper,
  SegmentedControl,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { client, data, type Schemas } from "../api/client";
import { Trash } from "../components/icons";
import {
  COUNTS,
  type Comparison,
  type EventRow,
  FIELD_OPS,
  type FieldOp,
  type Friendly,
  newComparison,
  newRow,
  only,
  opsFor,
  type Row,
  type Types,
} from "./condition";

export type Known = Schemas["Known"];

export function useCatalogue() {
  return useQuery({
    queryKey: ["catalogue"],
    queryFn: () => data(client.GET("/api/catalogue")),
    staleTime: 60_000,
  });
}

/** The types of fields, and those of the properties of each event. */
export function useTypes(known: Known | undefined): { fields: Types; properties: (event: string) => Types } {
  return useMemo(() => {
    const types = (fields: { name: string; types: string[] }[]) =>
      new Map(fields.map((one) => [one.name, one.types]));
    const events = new Map(known?.events.map((one) => [one.name, types(one.properties)]));
    return {
      fields: types(known?.fields ?? []),
      properties: (event: string) => events.get(event) ?? new Map(),
    };
  }, [known]);
}

/** A condition for everyday use: lines about attributes, events and audiences, all of them or any. */
export function ConditionBuilder({
  value,
  change,
  self,
}: {
  value: Friendly;
  change: (next: Friendly) => void;
  self?: string;
}) {
  const { t } = useTranslation();
  const known = useCatalogue().data;
  const { fields, properties } = useTypes(known);
  const put = (row: Row) =>
    change({ ...value, rows: value.rows.map((one) => (one.id === row.id ? row : one)) });
  return (
    <Stack gap="sm">
      {value.rows.length > 1 && (
        <SegmentedControl
          aria-label={t("condition.join")}
          data={(["all", "any"] as const).map((one) => ({ value: one, label: t(`condition.join_${one}`) }))}
          value={value.join}
          onChange={(join) => change({ ...value, join: join as Friendly["join"] })}
          style={{ alignSelf: "flex-start" }}
        />
      )}
      {value.rows.map((row, n) => (
        <Paper
          key={row.id}
          withBorder
          p="sm"
          component="fieldset"
          aria-label={t("condition.row", { n: n + 1 })}
        >
          <Group align="flex-start" wrap="nowrap" gap="xs">
            <Group align="flex-end" gap="xs" style={{ flex: 1 }}>
              {row.kind === "field" && (
                <Compare one={row} types={fields} values={{}} change={(next) => put({ ...row, ...next })} />
              )}
              {row.kind === "event" && (
                <EventLine row={row} known={known} types={properties(row.event)} put={put} />
              )}
              {row.kind === "audience" && (
                <>
                  <Select
                    label={t("condition.membership")}
                    data={[
                      { value: "in", label: t("condition.isMember") },
                      { value: "out", label: t("condition.isNoMember") },
                    ]}
                    value={row.member ? "in" : "out"}
                    onChange={(next) => put({ ...row, member: next !== "out" })}
                    allowDeselect={false}
                  />
                  <Select
                    label={t("condition.audience")}
                    data={(known?.audiences ?? []).map((one) => one.name).filter((one) => one !== self)}
                    value={row.audience || null}
                    onChange={(next) => put({ ...row, audience: next ?? "" })}
                    searchable
                  />
                </>
              )}
            </Group>
            <ActionIcon
              variant="subtle"
              color="gray"
              mt={24}
              aria-label={t("condition.remove", { n: n + 1 })}
              onClick={() => change({ ...value, rows: value.rows.filter((one) => one.id !== row.id) })}
            >
              <Trash size={18} />
            </ActionIcon>
          </Group>
        </Paper>
      ))}
      <Group gap="xs">
        {(["field", "event", "audience"] as const).map((kind) => (
          <Button
            key={kind}
            size="xs"
            variant="default"
            onClick={() => change({ ...value, rows: [...value.rows, newRow(kind)] })}
          >
            {t(`condition.add.${kind}`)}
          </Button>
        ))}
      </Group>
    </Stack>
  );
}

/** A field, how it is compared, and with what; values that people have are suggested. */
function Compare({
  one,
  types,
  values,
  change,
}: {
  one: Comparison;
  types: Types;
  values: { event?: string };
  change: (next: Comparison) => void;
}) {
  const { t } = useTranslation();
  const known = types.get(one.field);
  const ops = opsFor(known);
  const event = values.event;
  const seen = useQuery({
    queryKey: ["values", event ?? null, one.field],
    enabled: one.field !== "" && types.has(one.field),
    staleTime: 60_000,
    queryFn: () =>
      event === undefined
        ? data(client.GET("/api/catalogue/field-values", { params: { query: { field: one.field } } }))
        : data(
            client.GET("/api/catalogue/property-values", { params: { query: { event, field: one.field } } }),
          ),
  });
  const found = (seen.data ?? []).map((value) => String(value.value));
  const kind = FIELD_OPS[one.op];
  const set = (part: Partial<Comparison>) => change({ ...one, ...part });
  const named = (field: string) => {
    const allowed = opsFor(types.get(field));
    set({ field, op: allowed.includes(one.op) ? one.op : (allowed[0] ?? "is"), value: "", values: [] });
  };
  return (
    <>
      <Autocomplete
        label={t(event === undefined ? "condition.field" : "condition.property")}
        data={[...types.keys()]}
        value={one.field}
        onChange={named}
        maxDropdownHeight={280}
        w={{ base: "100%", xs: 190 }}
      />
      <Select
        label={t("condition.compared")}
        data={ops.map((op) => ({ value: op, label: t(`condition.op.${op}`) }))}
        value={one.op}
        onChange={(op) => op && set({ op: op as FieldOp })}
        allowDeselect={false}
        w={{ base: "100%", xs: 190 }}
      />
      {kind === "list" && (
        <TagsInput
          label={t("condition.values")}
          data={found}
          value={one.values}
          onChange={(next) => set({ values: next })}
          w={{ base: "100%", xs: 260 }}
        />
      )}
      {kind === "text" &&
        (only(known, "boolean") ? (
          <Select
            label={t("condition.value")}
            data={[
              { value: "true", label: t("why.yes") },
              { value: "false", label: t("why.no") },
            ]}
            value={one.value || null}
            onChange={(value) => set({ value: value ?? "" })}
            w={{ base: "100%", xs: 140 }}
          />
        ) : (
          <Autocomplete
            label={t("condition.value")}
            data={[...new Set(found)]}
            value={one.value}
            onChange={(value) => set({ value })}
            maxDropdownHeight={280}
            w={{ base: "100%", xs: 200 }}
          />
        ))}
      {(kind === "number" || kind === "range") && (
        <NumberInput
          label={t(kind === "range" ? "condition.from" : "condition.value")}
          value={one.value === "" ? "" : Number(one.value)}
          onChange={(value) => set({ value: String(value) })}
          w={120}
        />
      )}
      {kind === "range" && (
        <NumberInput
          label={t("condition.to")}
          value={one.to === "" ? "" : Number(one.to)}
          onChange={(value) => set({ to: String(value) })}
          w={120}
        />
      )}
      {kind === "days" && (
        <NumberInput
          label={t("condition.daysLabel")}
          min={1}
          allowDecimal={false}
          value={one.value === "" ? "" : Number(one.value)}
          onChange={(value) => set({ value: String(value) })}
          w={120}
        />
      )}
      {kind === "date" && (
        <TextInput
          type="date"
          label={t("condition.date")}
          value={one.value}
          onChange={(event) => set({ value: event.currentTarget.value })}
        />
      )}
    </>
  );
}

function EventLine({
  row,
  known,
  types,
  put,
}: {
  row: EventRow;
  known: Known | undefined;
  types: Types;
  put: (row: Row) => void;
}) {
  const { t } = useTranslation();
  return (
    <>
      <Autocomplete
        label={t("condition.event")}
        data={(known?.events ?? []).map((one) => one.name)}
        value={row.event}
        onChange={(event) => put({ ...row, event, when: null })}
        maxDropdownHeight={280}
        w={{ base: "100%", xs: 210 }}
      />
      <Select
        label={t("condition.often")}
        data={COUNTS.map((one) => ({ value: one, label: t(`condition.count.${one}`) }))}
        value={row.count}
        onChange={(count) => count && put({ ...row, count: count as EventRow["count"] })}
        allowDeselect={false}
        w={130}
      />
      {row.count !== "never" && (
        <NumberInput
          label={t("condition.times")}
          min={row.count === "at_least" ? 1 : 0}
          allowDecimal={false}
          value={row.times}
          onChange={(times) => put({ ...row, times: Number(times) || 0 })}
          w={90}
        />
      )}
      <Select
        label={t("condition.period")}
        data={[
          { value: "days", label: t("condition.lastDays") },
          { value: "ever", label: t("condition.ever") },
        ]}
        value={row.days === null ? "ever" : "days"}
        onChange={(next) => put({ ...row, days: next === "ever" ? null : 30 })}
        allowDeselect={false}
        w={180}
      />
      {row.days !== null && (
        <NumberInput
          label={t("condition.daysLabel")}
          min={1}
          allowDecimal={false}
          value={row.days}
          onChange={(days) => put({ ...row, days: Number(days) || 0 })}
          w={90}
        />
      )}
      {row.when === null ? (
        <Button variant="subtle" size="sm" onClick={() => put({ ...row, when: newComparison() })}>
          {t("condition.where")}
        </Button>
      ) : (
        <Group align="flex-end" gap="xs" w="100%">
          <Text size="sm" mb={8}>
            {t("condition.whereWord")}
          </Text>
          <Compare
            one={row.when}
            types={types}
            values={{ event: row.event }}
            change={(when) => put({ ...row, when })}
          />
          <Button variant="subtle" color="gray" onClick={() => put({ ...row, when: null })}>
            {t("condition.noWhere")}
          </Button>
        </Group>
      )}
    </>
  );
}
