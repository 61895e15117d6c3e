import { Alert, Anchor, Button, Group, Radio, Stack, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useMe } from "../api/queries";
import { has } from "../api/types";
import { useFormat } from "../app/format";
import { Trouble } from "../components/Trouble";
import { tell } from "../components/tell";
import { useAudiences } from "./Audiences";
import { ConditionEditor } from "./ConditionEditor";
import { keyOf, type Where } from "./condition";
import { changeMembers, Ids } from "./Ids";
import { NameAndKey } from "./NameAndKey";

/** Make an audience: by a condition, counted before it is saved, or a list of people. */
export default function NewAudience() {
  const { t } = useTranslation();
  const { number } = useFormat();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const me = useMe().data;
  const taken = new Set((useAudiences().data ?? []).map((one) => one.key));
  const [kind, setKind] = useState<"condition" | "list">("condition");
  const [name, setName] = useState("");
  const [written, setWritten] = useState<string | null>(null);
  const [where, setWhere] = useState<Where | null>(null);
  const [ids, setIds] = useState<string[]>([]);
  const [done, setDone] = useState(0);
  const key = written ?? keyOf(name);
  const saving = useMutation({
    mutationFn: async () => {
      await data(
        client.PUT("/api/audiences/{key}", {
          params: { path: { key } },
          body: { name, where: kind === "condition" ? where : null },
        }),
      );
      return kind === "list" && ids.length > 0 ? changeMembers(key, "add", ids, setDone) : null;
    },
    onSuccess: (members) => {
      tell({
        color: members?.bad ? "orange" : "teal",
        title: t("audience.saved", { name: name || key }),
        message: members
          ? [
              t("audience.added", { count: members.added, n: number(members.added) }),
              members.bad ? t("audience.badIds", { count: members.bad, n: number(members.bad) }) : "",
            ].join(" ")
          : "",
      });
      void navigate({ to: `/audiences/${key}` as never });
    },
    onSettled: () => queries.invalidateQueries(),
  });
  if (!has(me, "editor")) return <Alert color="yellow">{t("switch.mayNot")}</Alert>;
  const isTaken = taken.has(key) && !saving.isPending && !saving.isSuccess;
  const isReady = key !== "" && !isTaken && (kind === "list" || where !== null);
  return (
    <Stack maw={860}>
      <Anchor component={Link} to={"/audiences" as never} size="sm">
        {t("audience.title")}
      </Anchor>
      <Title order={1} size="h2">
        {t("audience.new")}
      </Title>
      <NameAndKey name={name} setName={setName} id={key} setId={setWritten} isTaken={isTaken} />
      <Radio.Group
        label={t("audience.who")}
        value={kind}
        onChange={(next) => setKind(next as "condition" | "list")}
      >
        <Stack gap="xs" mt="xs">
          {(["condition", "list"] as const).map((one) => (
            <Radio
              key={one}
              value={one}
              label={t(`audience.${one}`)}
              description={t(`audience.${one}Means`)}
            />
          ))}
        </Stack>
      </Radio.Group>
      {kind === "condition" ? (
        <ConditionEditor start={null} settle={setWhere} />
      ) : has(me, "publisher") ? (
        <Ids change={setIds} />
      ) : (
        <Alert color="blue" variant="light">
          {t("audience.emptyForYou")}
        </Alert>
      )}
      {saving.isError && <Trouble error={saving.error} />}
      <Group>
        <Button disabled={!isReady} loading={saving.isPending} onClick={() => saving.mutate()}>
          {saving.isPending && done > 0 ? number(done) : t("audience.save")}
        </Button>
        <Button component={Link} to={"/audiences" as never} variant="default">
          {t("dialog.cancel")}
        </Button>
      </Group>
    </Stack>
  );
}
