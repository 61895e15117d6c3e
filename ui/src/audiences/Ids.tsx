import { Button, FileButton, Group, Stack, Text, Textarea } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useFormat } from "../app/format";
import { readIds } from "./condition";

export const MANY = 10_000; // people in one request

/** User ids, pasted or from a file, with what was read of them. */
export function Ids({ change }: { change: (ids: string[]) => void }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const [text, setText] = useState("");
  const [file, setFile] = useState<string | null>(null);
  const read = useMemo(() => readIds(text), [text]);
  const put = (next: string, name: string | null) => {
    setText(next);
    setFile(name);
    change(readIds(next).ids);
  };
  return (
    <Stack gap="xs">
      {file === null ? (
        <Textarea
          label={t("audience.ids")}
          description={t("audience.idsMeans")}
          value={text}
          onChange={(event) => put(event.currentTarget.value, null)}
          autosize
          minRows={4}
          maxRows={12}
          spellCheck={false}
          data-autofocus
        />
      ) : (
        <Group gap="xs">
          <Text fw={600}>{file}</Text>
          <Button size="compact-sm" variant="subtle" onClick={() => put("", null)}>
            {t("audience.otherFile")}
          </Button>
        </Group>
      )}
      <FileButton
        accept=".csv,.txt,.jsonl,.ndjson"
        onChange={(chosen) => void chosen?.text().then((found) => put(found, chosen.name))}
      >
        {(props) => (
          <Button {...props} variant="default" size="xs" style={{ alignSelf: "flex-start" }}>
            {t("audience.fromFile")}
          </Button>
        )}
      </FileButton>
      {text.trim() !== "" && (
        <Text size="sm" role="status">
          {t("audience.read", { count: read.ids.length, n: number(read.ids.length) })}
          {read.repeated > 0 &&
            ` ${t("audience.repeated", { count: read.repeated, n: number(read.repeated) })}`}
          {read.bad > 0 && ` ${t("audience.badLines", { count: read.bad, n: number(read.bad) })}`}
          {read.ids.length > 0 && (
            <Text span c="dimmed" size="sm">
              {" "}
              {read.ids.slice(0, 5).join(", ")}
              {read.ids.length > 5 ? " …" : ""}
            </Text>
          )}
        </Text>
      )}
    </Stack>
  );
}

export interface MembersDone {
  added: number;
  removed: number;
  bad: number;
}

/** Put people into a list or take them out, as many requests as it takes. */
export async function changeMembers(
  key: string,
  op: "add" | "remove",
  ids: string[],
  progress: (done: number) => void = () => {},
): Promise<MembersDone> {
  const done: MembersDone = { added: 0, removed: 0, bad: 0 };
  for (let first = 0; first < ids.length; first += MANY) {
    const some = ids.slice(first, first + MANY);
    const answer = await data(
      client.POST("/api/audiences/{key}/members", {
        params: { path: { key } },
        body: { add: op === "add" ? some : [], remove: op === "remove" ? some : [] },
      }),
    );
    done.added += answer.added;
    done.removed += answer.removed;
    done.bad += answer.bad.length;
    progress(first + some.length);
  }
  return done;
}
