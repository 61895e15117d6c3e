import {
  Alert,
  Anchor,
  Group,
  List,
  Paper,
  SegmentedControl,
  Skeleton,
  Stack,
  Text,
  Textarea,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useFormat } from "../app/format";
import { Trouble } from "../components/Trouble";
import { ConditionBuilder, useCatalogue, useTypes } from "./ConditionBuilder";
import { type Friendly, fromWhere, newRow, toWhere, toYaml, type Where } from "./condition";
import { say } from "./say";

/** A condition by lines or as text, with how many people it means now; `settle` hears of it once it was counted. */
export function ConditionEditor({
  start,
  self,
  settle,
}: {
  start: Where | null;
  self?: string;
  settle: (where: Where | null) => void;
}) {
  const { t } = useTranslation();
  const known = useCatalogue().data;
  const { fields, properties } = useTypes(known);
  const [friendly, setFriendly] = useState<Friendly | null>(() =>
    start === null ? { join: "all", rows: [newRow("field")] } : fromWhere(start),
  );
  const [mode, setMode] = useState<"lines" | "text">(friendly === null ? "text" : "lines");
  const [text, setText] = useState(() => (start === null ? "" : toYaml(start).trimStart()));
  const where = useMemo(
    () => (friendly === null ? null : toWhere(friendly, fields, properties)),
    [friendly, fields, properties],
  );
  const now =
    mode === "lines"
      ? where && JSON.stringify({ where })
      : text.trim() !== ""
        ? JSON.stringify({ text })
        : null;
  const [asked] = useDebouncedValue(now, 400);
  const counted = useQuery({
    queryKey: ["preview", asked],
    enabled: asked !== null,
    queryFn: () =>
      data(
        client.POST("/api/audiences/preview", {
          body: { ...JSON.parse(asked ?? "{}"), sample: 8, seconds: 2 },
        }),
      ),
    retry: false,
    staleTime: 10_000,
    placeholderData: keepPreviousData,
  });
  const isCurrent = asked !== null && asked === now && counted.isSuccess && !counted.isPlaceholderData;
  const found = isCurrent ? (counted.data.where as Where) : null;
  const settled = found && JSON.stringify(found);
  // biome-ignore lint/correctness/useExhaustiveDependencies: told when another condition was counted, not otherwise
  useEffect(() => settle(found), [settled]);
  const turn = (next: string) => {
    if (next === "text") {
      if (where) setText(toYaml(where).trimStart());
      setMode("text");
      return;
    }
    const rows = found === null ? null : fromWhere(found);
    if (rows !== null) setFriendly(rows);
    else if (text.trim() === "") setFriendly({ join: "all", rows: [newRow("field")] });
    else return;
    setMode("lines");
  };
  const isTooMuch = mode === "text" && found !== null && fromWhere(found) === null;
  return (
    <Stack>
      <SegmentedControl
        aria-label={t("condition.mode")}
        data={[
          { value: "lines", label: t("condition.lines") },
          { value: "text", label: t("condition.text") },
        ]}
        value={mode}
        onChange={turn}
        style={{ alignSelf: "flex-start" }}
      />
      {mode === "lines" && friendly !== null && (
        <ConditionBuilder value={friendly} change={setFriendly} self={self} />
      )}
      {mode === "text" && (
        <Textarea
          label={t("condition.written")}
          description={t("condition.textMeans")}
          placeholder={
            "all:\n  - field: profile.country\n    is: SE\n  - event: Order Completed\n    at_least: 3\n    within: 30d"
          }
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autosize
          minRows={7}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        />
      )}
      {isTooMuch && (
        <Text size="sm" c="dimmed">
          {t("condition.onlyText")}
        </Text>
      )}
      <Size
        isOpen={now === null}
        isCounting={counted.isFetching}
        error={asked === now ? counted.error : null}
        found={counted.data && now ? counted.data : null}
        isCurrent={isCurrent}
      />
    </Stack>
  );
}

interface Counted {
  people: number;
  exact: boolean;
  low: number;
  high: number;
  sample: string[];
  problems: Record<string, unknown>[];
  where: Where;
}

/** How many people it is now, some of them, and the condition read back in words. */
function Size({
  isOpen,
  isCounting,
  error,
  found,
  isCurrent,
}: {
  isOpen: boolean;
  isCounting: boolean;
  error: unknown;
  found: Counted | null;
  isCurrent: boolean;
}) {
  const { t } = useTranslation();
  const { number } = useFormat();
  if (isOpen)
    return (
      <Text c="dimmed" size="sm" role="status">
        {t("condition.incomplete")}
      </Text>
    );
  if (error) return <Trouble error={error} />;
  if (found === null) return <Skeleton h={96} />;
  return (
    <Paper
      withBorder
      p="md"
      role="status"
      aria-busy={isCounting}
      style={{ opacity: isCurrent ? 1 : 0.6 }}
      data-size={isCurrent ? found.people : undefined}
    >
      <Group gap="xs" align="baseline">
        <Text fz={28} fw={650} lh={1.1}>
          {found.exact ? number(found.people) : t("condition.about", { n: number(found.people) })}
        </Text>
        <Text>{t("condition.people", { count: found.people })}</Text>
        {!found.exact && (
          <Text size="sm" c="dimmed">
            {t("condition.between", { low: number(found.low), high: number(found.high) })}
          </Text>
        )}
      </Group>
      <Text size="sm" mt={4}>
        {t("condition.means", { what: say(t, found.where) })}
      </Text>
      {found.sample.length > 0 && (
        <Text size="sm" c="dimmed" mt={4}>
          {t("condition.sample")}{" "}
          {found.sample.map((one, n) => (
            <span key={one}>
              {n > 0 && ", "}
              <Anchor
                component={Link}
                to={`/people/${encodeURIComponent(one)}` as never}
                size="sm"
                target="_blank"
              >
                {one}
              </Anchor>
            </span>
          ))}
        </Text>
      )}
      {found.problems.length > 0 && (
        <Alert color="yellow" variant="light" mt="sm" title={t("condition.warnings")}>
          <List size="sm">
            {found.problems.map((one) => (
              <List.Item key={String(one.place)}>
                {String(one.message)} {String(one.hint ?? "")}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Paper>
  );
}
