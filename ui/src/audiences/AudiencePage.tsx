import {
  Alert,
  Anchor,
  Button,
  Group,
  Modal,
  Skeleton,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, Refused, type Schemas } from "../api/client";
import { useMe } from "../api/queries";
import { has } from "../api/types";
import { useFormat } from "../app/format";
import { Csv } from "../components/Csv";
import { Empty } from "../components/Empty";
import { Trouble } from "../components/Trouble";
import { tell } from "../components/tell";
import { Kind, Users, useUses } from "./Audiences";
import { ConditionEditor } from "./ConditionEditor";
import type { Where } from "./condition";
import { changeMembers, Ids } from "./Ids";
import { say } from "./say";

type Audience = Schemas["AudienceInFull"];

/** One audience: who belongs, by what, who uses it; changed and deleted here. */
export default function AudiencePage() {
  const { t } = useTranslation();
  const { number, percent } = useFormat();
  const { key } = useParams({ from: "/audiences/$key" });
  const me = useMe().data;
  const found = useQuery({
    queryKey: ["audience", key],
    queryFn: () => data(client.GET("/api/audiences/{key}", { params: { path: { key } } })),
    refetchInterval: (query) => ((query.state.data?.asked ?? 1) < 1 ? 1500 : 10_000),
  });
  const from = useUses().data?.find((one) => one.key === key)?.filled_from ?? [];
  const [open, setOpen] = useState<"name" | "delete" | "add" | "remove" | null>(null);
  const [isEdited, setEdited] = useState(false);
  const back = (
    <Anchor component={Link} to={"/audiences" as never} size="sm">
      {t("audience.title")}
    </Anchor>
  );
  if (found.error instanceof Refused && found.error.code === "no_such_audience")
    return (
      <Stack>
        {back}
        <Empty top title={t("audience.missing", { key })} hint={t("audience.missingHint")} />
      </Stack>
    );
  if (found.isError && !found.data) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (!found.data) return <Skeleton h={420} />;
  const audience = found.data;
  const isList = audience.kind === "list";
  const close = () => setOpen(null);
  return (
    <Stack>
      {back}
      <Group justify="space-between" align="flex-start">
        <div>
          <Group gap="sm">
            <Title order={1} size="h2" style={{ overflowWrap: "anywhere" }}>
              {audience.name || audience.key}
            </Title>
            <Kind audience={audience} from={from} />
          </Group>
          <Text size="sm" c="dimmed">
            {t("audience.keyIs", { key: audience.key })}
          </Text>
        </div>
        <Group gap="xs">
          {has(me, "editor") && (
            <Button variant="default" onClick={() => setOpen("name")}>
              {t("audience.rename")}
            </Button>
          )}
          {has(me, "editor") && !isList && !isEdited && (
            <Button variant="default" onClick={() => setEdited(true)}>
              {t("audience.editCondition")}
            </Button>
          )}
          {has(me, "editor") && (
            <Button variant="default" onClick={() => setOpen("delete")}>
              {t("audience.delete")}
            </Button>
          )}
        </Group>
      </Group>
      <Group gap="xs" align="baseline">
        <Text fz={28} fw={650} lh={1.1}>
          {number(audience.members)}
        </Text>
        <Text>{t("condition.people", { count: audience.members })}</Text>
        {audience.asked < 1 && (
          <Text size="sm" c="dimmed" role="status">
            {t("audience.asked", { share: percent(audience.asked) })}
          </Text>
        )}
      </Group>
      {!isList && !isEdited && audience.where && (
        <Text>{t("condition.means", { what: say(t, audience.where as Where) })}</Text>
      )}
      {isEdited && <EditCondition audience={audience} close={() => setEdited(false)} />}
      <section>
        <Title order={2} size="h4" mb="xs">
          {t("audience.used")}
        </Title>
        <Users used={audience.used} />
      </section>
      <section>
        <Group justify="space-between" mb="xs">
          <Title order={2} size="h4">
            {t("audience.members")}
          </Title>
          <Group gap="xs">
            {isList && has(me, "publisher") && (
              <>
                <Button size="xs" variant="default" onClick={() => setOpen("add")}>
                  {t("audience.add")}
                </Button>
                <Button size="xs" variant="default" onClick={() => setOpen("remove")}>
                  {t("audience.remove")}
                </Button>
              </>
            )}
            <Csv
              path={`/api/audiences/${key}/members`}
              name={`${key}-members`}
              label={t("people.export")}
              size="xs"
            />
          </Group>
        </Group>
        <Members audience={audience} />
      </section>
      {open === "name" && <Rename audience={audience} close={close} />}
      {open === "delete" && <Delete audience={audience} close={close} />}
      {(open === "add" || open === "remove") && <ChangeMembers audience={audience} op={open} close={close} />}
    </Stack>
  );
}

function Members({ audience }: { audience: Audience }) {
  const { t } = useTranslation();
  const { instant, ago } = useFormat();
  const found = useInfiniteQuery({
    queryKey: ["members", audience.key, audience.members, audience.asked],
    queryFn: ({ pageParam }) =>
      data(
        client.GET("/api/audiences/{key}/members", {
          params: { path: { key: audience.key }, query: { limit: 50, after: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const rows = found.data?.pages.flatMap((page) => page.members) ?? [];
  if (found.isError && !found.data) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (found.isPending) return <Skeleton h={160} />;
  if (rows.length === 0)
    return (
      <Text c="dimmed">
        {t(audience.kind === "list" ? "audience.nobodyInList" : "audience.nobodyMatches")}
      </Text>
    );
  return (
    <>
      <Table verticalSpacing={6} maw={640}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("people.person")}</Table.Th>
            <Table.Th>{t("audience.since")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((one) => (
            <Table.Tr key={one.user_id}>
              <Table.Td>
                <Anchor component={Link} to={`/people/${encodeURIComponent(one.user_id)}` as never}>
                  {one.user_id}
                </Anchor>
              </Table.Td>
              <Table.Td title={instant(one.since)}>{one.since ? ago(one.since) : "–"}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {found.hasNextPage && (
        <Button
          variant="default"
          mt="sm"
          onClick={() => found.fetchNextPage()}
          loading={found.isFetchingNextPage}
        >
          {t("home.moreRows")}
        </Button>
      )}
    </>
  );
}

function EditCondition({ audience, close }: { audience: Audience; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [where, setWhere] = useState<Where | null>(null);
  const going = audience.used.some((one) => ["live", "paused", "closed"].includes(one.status ?? ""));
  const saving = useMutation({
    mutationFn: () =>
      data(
        client.PUT("/api/audiences/{key}", {
          params: { path: { key: audience.key } },
          body: { name: audience.name, where },
        }),
      ),
    onSuccess: () => {
      tell({
        color: "teal",
        message: t("audience.saved", { name: audience.name || audience.key }),
      });
      close();
    },
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Stack maw={860}>
      <Alert color="blue" variant="light">
        {t("audience.editMeans")} {going && t("audience.editGoing")}
      </Alert>
      <ConditionEditor start={audience.where as Where | null} self={audience.key} settle={setWhere} />
      {saving.isError && <Trouble error={saving.error} />}
      <Group>
        <Button disabled={where === null} loading={saving.isPending} onClick={() => saving.mutate()}>
          {t("audience.save")}
        </Button>
        <Button variant="default" onClick={close}>
          {t("dialog.cancel")}
        </Button>
      </Group>
    </Stack>
  );
}

function Rename({ audience, close }: { audience: Audience; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState(audience.name);
  const saving = useMutation({
    mutationFn: () =>
      data(client.PATCH("/api/audiences/{key}", { params: { path: { key: audience.key } }, body: { name } })),
    onSuccess: close,
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Modal
      opened
      onClose={close}
      title={t("audience.renameTitle")}
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      <Stack>
        <TextInput
          label={t("audience.name")}
          description={t("audience.renameMeans", { key: audience.key })}
          value={name}
          maxLength={200}
          data-autofocus
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {saving.isError && <Trouble error={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("dialog.cancel")}
          </Button>
          <Button loading={saving.isPending} onClick={() => saving.mutate()}>
            {t("audience.rename")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** Delete, or say by whom it is used, with the way there. */
function Delete({ audience, close }: { audience: Audience; close: () => void }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [reason, setReason] = useState("");
  const gone = useMutation({
    mutationFn: () =>
      data(
        client.DELETE("/api/audiences/{key}", {
          params: { path: { key: audience.key }, query: reason ? { reason } : {} },
        }),
      ),
    onSuccess: () => {
      tell({
        color: "teal",
        message: t("audience.deleted", { name: audience.name || audience.key }),
      });
      void navigate({ to: "/audiences" as never });
      queries.removeQueries({ queryKey: ["audience", audience.key] });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["audiences"] }),
  });
  const isUsed = audience.used.length > 0;
  const name = audience.name || audience.key;
  return (
    <Modal
      opened
      onClose={close}
      title={t(isUsed ? "audience.inUse" : "audience.deleteTitle", { name })}
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      <Stack>
        {isUsed ? (
          <>
            <Text size="sm">{t("audience.inUseMeans")}</Text>
            <Table verticalSpacing={6}>
              <Table.Tbody>
                {audience.used.map((one) => (
                  <Table.Tr key={`${one.journey} ${one.version} ${one.audience} ${one.place}`}>
                    <Table.Td>
                      {one.journey === null ? (
                        <Anchor component={Link} to={`/audiences/${one.audience}` as never}>
                          {t("audience.called", { name: one.audience ?? "" })}
                        </Anchor>
                      ) : (
                        <Anchor component={Link} to={`/journeys/${one.journey}` as never}>
                          {one.journey}
                        </Anchor>
                      )}
                    </Table.Td>
                    <Table.Td>
                      {one.version !== null && t("journey.versionNo", { version: one.version })}
                    </Table.Td>
                    <Table.Td>{one.status && t(`status.${one.status as "live"}.label`)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </>
        ) : (
          <>
            <Text size="sm">
              {t("audience.deleteMeans", { count: audience.members, n: number(audience.members) })}
            </Text>
            <TextInput
              label={t("dialog.reason")}
              description={t("dialog.reasonMeans")}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          </>
        )}
        {gone.isError && <Trouble error={gone.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {t(isUsed ? "dialog.close" : "dialog.cancel")}
          </Button>
          {!isUsed && (
            <Button color="red.9" loading={gone.isPending} onClick={() => gone.mutate()}>
              {t("audience.delete")}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

function ChangeMembers({
  audience,
  op,
  close,
}: {
  audience: Audience;
  op: "add" | "remove";
  close: () => void;
}) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const queries = useQueryClient();
  const [ids, setIds] = useState<string[]>([]);
  const [at, setAt] = useState(0);
  const giving = useMutation({
    mutationFn: () => changeMembers(audience.key, op, ids, setAt),
    onSuccess: (done) => {
      const n = op === "add" ? done.added : done.removed;
      tell({
        color: done.bad ? "orange" : "teal",
        title: t(op === "add" ? "audience.added" : "audience.removed", { count: n, n: number(n) }),
        message: done.bad ? t("audience.badIds", { count: done.bad, n: number(done.bad) }) : "",
      });
      close();
    },
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Modal
      opened
      onClose={close}
      title={t(`audience.${op}Title`, { name: audience.name || audience.key })}
      closeButtonProps={{ "aria-label": t("dialog.close") }}
      size="lg"
    >
      <Stack>
        <Text size="sm">{t(`audience.${op}Means`)}</Text>
        <Ids change={setIds} />
        {giving.isPending && ids.length > at && at > 0 && (
          <Text size="sm" role="status">
            {t("audience.progress", { n: number(at), of: number(ids.length) })}
          </Text>
        )}
        {giving.isError && <Trouble error={giving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("dialog.cancel")}
          </Button>
          <Button
            color={op === "remove" ? "red.9" : undefined}
            disabled={ids.length === 0}
            loading={giving.isPending}
            onClick={() => giving.mutate()}
          >
            {t(`audience.${op}`)}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
