import {
  Alert,
  Anchor,
  Button,
  FileButton,
  Group,
  Progress,
  Radio,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "../api/queries";
import { has } from "../api/types";
import { useFormat } from "../app/format";
import { GRAVE } from "../app/theme";
import { Trouble } from "../components/Trouble";
import { Properties } from "../people/Properties";
import { BadLines } from "./BadLines";
import { type Checked, type Chosen, check, type Mode, start } from "./sending";
import { type Column, guess, isTable, KINDS, mapping, readHead } from "./table";

const HEAD = 256 * 1024; // bytes that are looked at for the preview
const MODES = ["state", "history", "live"] as const;

/** Bring people and events in: a file, what its columns are, a check that keeps nothing, and then the import. */
export default function NewImport() {
  const { t } = useTranslation();
  const { number, percent } = useFormat();
  const me = useMe().data;
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [rows, setRows] = useState<string[][]>([]);
  const [lines, setLines] = useState<string[]>([]);
  const [mode, setMode] = useState<Mode>("state");
  const [sent, setSent] = useState(0);
  const checking = useMutation({
    mutationFn: (what: Chosen) => check(what, setSent),
    onMutate: () => setSent(0),
  });
  const starting = useMutation({
    mutationFn: (what: Chosen) => start(what, mode, setSent),
    onMutate: () => setSent(0),
    onSuccess: (id) => void navigate({ to: `/imports/${id}` as never }),
  });
  const choose = async (file: File | null) => {
    if (file === null) return;
    checking.reset();
    starting.reset();
    const text = await file.slice(0, HEAD).text();
    if (isTable(file.name, text)) {
      const head = readHead(text);
      setRows(head.rows);
      setLines([]);
      setChosen({ file, columns: guess(head.header, head.rows) });
    } else {
      setRows([]);
      setLines(text.split(/\r?\n/).filter(Boolean).slice(0, 3));
      setChosen({ file, columns: null });
      checking.mutate({ file, columns: null });
    }
  };
  const put = (at: number, part: Partial<Column>) => {
    checking.reset();
    setChosen(
      (now) =>
        now && {
          ...now,
          columns: now.columns?.map((one, n) => (n === at ? { ...one, ...part } : one)) ?? null,
        },
    );
  };
  if (!has(me, "publisher")) return <Alert color="yellow">{t("switch.mayNot")}</Alert>;
  const problem = chosen?.columns ? mapping(chosen.columns).problem : null;
  const isBusy = checking.isPending || starting.isPending;
  return (
    <Stack maw={900}>
      <Anchor component={Link} to={"/imports" as never} size="sm">
        {t("person.tab.imports")}
      </Anchor>
      <Title order={1} size="h2">
        {t("loads.new")}
      </Title>
      <section>
        <Title order={2} size="h4" mb={4}>
          {t("loads.step.file")}
        </Title>
        <Text size="sm" c="dimmed" mb="xs">
          {t("loads.fileMeans")}
        </Text>
        <Group>
          <FileButton onChange={(file) => void choose(file)} accept=".csv,.tsv,.txt,.jsonl,.ndjson,.json">
            {(props) => (
              <Button {...props} variant={chosen ? "default" : "filled"} disabled={isBusy}>
                {t(chosen ? "loads.otherFile" : "loads.choose")}
              </Button>
            )}
          </FileButton>
          {chosen && (
            <Text fw={600}>
              {chosen.file.name}
              <Text span c="dimmed" size="sm" fw={400}>
                {" "}
                {t("loads.kilobytes", { n: number(Math.max(1, Math.round(chosen.file.size / 1024))) })}
              </Text>
            </Text>
          )}
        </Group>
      </section>
      {chosen?.columns && (
        <section>
          <Title order={2} size="h4" mb={4}>
            {t("loads.step.columns")}
          </Title>
          <Text size="sm" c="dimmed" mb="xs">
            {t("loads.columnsMeans")}
          </Text>
          <Mapping columns={chosen.columns} rows={rows} put={put} />
          {problem && (
            <Text c={GRAVE} size="sm" mt="xs" role="alert">
              {t(`loads.problem.${problem}`)}
            </Text>
          )}
          <Button
            mt="md"
            variant={checking.data ? "default" : "filled"}
            disabled={problem !== null || starting.isPending}
            loading={checking.isPending}
            onClick={() => checking.mutate(chosen)}
          >
            {t("loads.check")}
          </Button>
        </section>
      )}
      {lines.length > 0 && checking.isPending && <Text size="sm">{t("loads.checking")}</Text>}
      {isBusy && sent < 1 && (
        <Progress value={sent * 100} aria-label={t("loads.sending", { share: percent(sent) })} />
      )}
      {checking.isError && <Trouble error={checking.error} />}
      {chosen && checking.data && (
        <>
          <section>
            <Title order={2} size="h4" mb={4}>
              {t("loads.step.check")}
            </Title>
            <Result checked={checking.data} name={chosen.file.name} />
          </section>
          {checking.data.good > 0 && (
            <section>
              <Title order={2} size="h4" mb={4}>
                {t("loads.step.start")}
              </Title>
              <Radio.Group
                label={t("loads.modeLabel")}
                value={mode}
                onChange={(next) => setMode(next as Mode)}
              >
                <Stack gap="sm" mt="xs">
                  {MODES.map((one) => (
                    <Radio
                      key={one}
                      value={one}
                      label={t(`loads.mode.${one}.label`)}
                      description={t(`loads.mode.${one}.means`)}
                    />
                  ))}
                </Stack>
              </Radio.Group>
              {mode === "live" && (
                <Alert color="orange" variant="light" mt="sm">
                  {t("loads.liveWarning")}
                </Alert>
              )}
              {starting.isError && <Trouble error={starting.error} />}
              <Group mt="md">
                <Button
                  color={mode === "live" ? "red.9" : undefined}
                  loading={starting.isPending}
                  onClick={() => starting.mutate(chosen)}
                >
                  {t("loads.start", { count: checking.data.good, n: number(checking.data.good) })}
                </Button>
                {starting.isPending && (
                  <Text size="sm" role="status">
                    {t("loads.sending", { share: percent(sent) })}
                  </Text>
                )}
              </Group>
            </section>
          )}
        </>
      )}
    </Stack>
  );
}

/** Each column: what it becomes, and what stands in its first rows. */
function Mapping({
  columns,
  rows,
  put,
}: {
  columns: Column[];
  rows: string[][];
  put: (at: number, part: Partial<Column>) => void;
}) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer minWidth={720} type="native">
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            {(["column", "becomes", "attribute", "kind", "first"] as const).map((name) => (
              <Table.Th key={name}>{t(`loads.map.${name}`)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {columns.map((one, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have the same name
            <Table.Tr key={`${one.name} ${at}`}>
              <Table.Td fw={600}>{one.name || "–"}</Table.Td>
              <Table.Td>
                <Select
                  aria-label={`${t("loads.map.becomes")}: ${one.name}`}
                  data={(["person", "attribute", "none"] as const).map((use) => ({
                    value: use,
                    label: t(`loads.use.${use}`),
                  }))}
                  value={one.use}
                  onChange={(use) => put(at, { use: (use ?? "none") as Column["use"] })}
                  allowDeselect={false}
                  w={150}
                />
              </Table.Td>
              <Table.Td>
                {one.use === "attribute" && (
                  <TextInput
                    aria-label={`${t("loads.map.attribute")}: ${one.name}`}
                    value={one.trait}
                    onChange={(event) => put(at, { trait: event.currentTarget.value.trim() })}
                    w={150}
                  />
                )}
              </Table.Td>
              <Table.Td>
                {one.use === "attribute" && (
                  <Select
                    aria-label={`${t("loads.map.kind")}: ${one.name}`}
                    data={KINDS.map((kind) => ({ value: kind, label: t(`loads.kind.${kind}`) }))}
                    value={one.kind}
                    onChange={(kind) => put(at, { kind: (kind ?? "text") as Column["kind"] })}
                    allowDeselect={false}
                    w={120}
                  />
                )}
              </Table.Td>
              <Table.Td maw={260}>
                <Text size="sm" c="dimmed" truncate>
                  {rows
                    .map((row) => row[at] ?? "")
                    .filter(Boolean)
                    .slice(0, 3)
                    .join(" · ") || "–"}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** What a check found: how many lines are good, of what kind, the first of them, and those that would be left out. */
function Result({ checked, name }: { checked: Checked; name: string }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const kinds = Object.entries(checked.kinds) as ["identify", number][];
  return (
    <Stack>
      <Alert
        color={checked.good === 0 ? "red" : checked.bad > 0 ? "yellow" : "teal"}
        variant="light"
        role="status"
        title={t("loads.checked", { count: checked.good, n: number(checked.good) })}
      >
        {t("loads.checkedPeople", { count: checked.people, n: number(checked.people) })}{" "}
        {kinds.length > 1 &&
          kinds.map(([kind, n]) => `${t(`loads.lineKind.${kind}`)}: ${number(n)}`).join(" · ")}{" "}
        {!checked.whole && t("loads.notWhole")} {t("loads.nothingKept")}
      </Alert>
      {checked.sample.length > 0 && (
        <Table.ScrollContainer minWidth={480} type="native">
          <Table verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("people.person")}</Table.Th>
                <Table.Th>{t("loads.brings")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {checked.sample.map((one, n) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: lines may be alike
                <Table.Tr key={`${one.user_id} ${n}`}>
                  <Table.Td fw={600}>{one.user_id}</Table.Td>
                  <Table.Td>
                    {one.name && <Text size="sm">{one.name}</Text>}
                    <Properties data={one.data} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <BadLines errors={checked.errors} bad={checked.bad} name={name.replace(/\.\w+$/, "")} />
    </Stack>
  );
}
