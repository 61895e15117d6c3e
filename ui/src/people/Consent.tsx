import { Alert, Button, Group, Modal, Skeleton, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useMe } from "../api/queries";
import { has } from "../api/types";
import { useFormat } from "../app/format";
import { Mark } from "../components/Mark";
import { Trouble, useWords } from "../components/Trouble";
import { tell } from "../components/tell";

const EVERYTHING = "*";
type State = "in" | "out";

/** Whether somebody may be written to: by kind of mail, all advertising, and the address itself. */
export function Consent({ userId, email }: { userId: string; email: string }) {
  const { t, i18n } = useTranslation();
  const { instant } = useFormat();
  const me = useMe().data;
  const by = (text: string) =>
    text === "feed" || text === "page" || text === "one_click" || text === "merge"
      ? t(`consent.by.${text}`)
      : text.replace(/^(api|user|cli|key):(user:)?/, "");
  const [asked, setAsked] = useState<{ key: string; name: string; state: State } | null>(null);
  const types = useQuery({
    queryKey: ["subscriptions"],
    queryFn: () => data(client.GET("/api/subscriptions")),
  });
  const said = useQuery({
    queryKey: ["consents", userId],
    queryFn: () =>
      data(client.GET("/api/people/{user_id}/consents", { params: { path: { user_id: userId } } })),
  });
  const trouble = types.error ?? said.error;
  if (trouble) return <Trouble error={trouble} again={() => said.refetch()} />;
  if (!types.data || !said.data) return <Skeleton h={240} />;
  const latest = new Map(said.data.map((one) => [one.subscription, one]));
  const language = i18n.language as "en" | "sv" | "fr";
  const declared = types.data.map((one) => ({
    key: one.key,
    name: one.names?.[language] || one.names?.en || one.key,
    otherwise: one.default as State,
  }));
  const known = new Set(declared.map((one) => one.key));
  const undeclared = said.data
    .filter((one) => one.subscription !== EVERYTHING && !known.has(one.subscription))
    .map((one) => ({ key: one.subscription, name: one.subscription, otherwise: "in" as State }));
  const refusedAll = latest.get(EVERYTHING)?.state === "out";
  const rows = [
    { key: EVERYTHING, name: t("consent.everything"), otherwise: null },
    ...declared,
    ...undeclared,
  ];
  return (
    <Stack gap="xl">
      <section>
        <Title order={2} size="h4" mb={4}>
          {t("consent.title")}
        </Title>
        <Text size="sm" c="dimmed" mb="sm">
          {t("consent.means")}
        </Text>
        {refusedAll && (
          <Alert color="orange" variant="light" mb="sm">
            {t("consent.refusedAll")}
          </Alert>
        )}
        <Table.ScrollContainer minWidth={560} type="native">
          <Table verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("consent.kind")}</Table.Th>
                <Table.Th>{t("consent.state")}</Table.Th>
                <Table.Th>{t("consent.said")}</Table.Th>
                {has(me, "publisher") && <Table.Th>{t("consent.change")}</Table.Th>}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row) => {
                const one = latest.get(row.key);
                const state = one?.state ?? row.otherwise;
                return (
                  <Table.Tr key={row.key}>
                    <Table.Td fw={row.key === EVERYTHING ? 600 : undefined}>{row.name}</Table.Td>
                    <Table.Td>
                      {state === null ? (
                        t("consent.nothing")
                      ) : (
                        <Mark color={state === "in" ? "teal" : "orange"}>{t(`consent.${state}`)}</Mark>
                      )}
                    </Table.Td>
                    <Table.Td>
                      {one ? (
                        <>
                          {instant(one.at)}
                          <Text size="xs" c="dimmed">
                            {[by(one.by), one.source].filter(Boolean).join(" · ")}
                          </Text>
                        </>
                      ) : (
                        <Text size="sm" c="dimmed">
                          {t("consent.never")}
                        </Text>
                      )}
                    </Table.Td>
                    {has(me, "publisher") && (
                      <Table.Td>
                        <Group gap={6} wrap="nowrap">
                          {(["in", "out"] as const)
                            .filter((next) => next !== one?.state)
                            .map((next) => (
                              <Button
                                key={next}
                                size="compact-xs"
                                variant="default"
                                aria-label={`${t(`consent.say.${next}`)}: ${row.name}`}
                                onClick={() => setAsked({ key: row.key, name: row.name, state: next })}
                              >
                                {t(`consent.say.${next}`)}
                              </Button>
                            ))}
                        </Group>
                      </Table.Td>
                    )}
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        {declared.length === 0 && (
          <Text size="sm" c="dimmed" mt="xs">
            {t("consent.noTypes")}
          </Text>
        )}
      </section>
      <Address email={email} />
      {asked && <Say userId={userId} asked={asked} close={() => setAsked(null)} />}
    </Stack>
  );
}

function Say({
  userId,
  asked,
  close,
}: {
  userId: string;
  asked: { key: string; name: string; state: State };
  close: () => void;
}) {
  const { t } = useTranslation();
  const [source, setSource] = useState("");
  const queries = useQueryClient();
  const giving = useMutation({
    mutationFn: () =>
      client.POST("/api/people/{user_id}/consents", {
        params: { path: { user_id: userId } },
        body: { subscription: asked.key, state: asked.state, source: source || null },
      }),
    onSuccess: () => {
      tell({ color: "teal", message: t("consent.kept") });
      close();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["consents", userId] }),
  });
  return (
    <Modal
      opened
      onClose={close}
      title={t(`consent.ask.${asked.state}`, { name: asked.name })}
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      <Stack>
        <Text size="sm">{t(`consent.askMeans.${asked.state}`)}</Text>
        <TextInput
          label={t("consent.source")}
          description={t("consent.sourceMeans")}
          value={source}
          maxLength={200}
          data-autofocus
          onChange={(event) => setSource(event.currentTarget.value)}
        />
        {giving.isError && <Trouble error={giving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("dialog.cancel")}
          </Button>
          <Button loading={giving.isPending} onClick={() => giving.mutate()}>
            {t(`consent.say.${asked.state}`)}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** Whether the address is on the list of those that are written to no more. */
function Address({ email }: { email: string }) {
  const { t } = useTranslation();
  const { instant } = useFormat();
  const me = useMe().data;
  const words = useWords();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const listed = useQuery({
    queryKey: ["suppressions", email],
    enabled: email !== "",
    queryFn: () => data(client.GET("/api/suppressions", { params: { query: { address: email } } })),
  });
  const isListed = (listed.data?.length ?? 0) > 0;
  const what = isListed ? "remove" : "add";
  const giving = useMutation({
    mutationFn: () => {
      const given = {
        params: { query: reason ? { reason } : {} },
        body: { addresses: [email], dry_run: false },
      };
      return data(
        isListed ? client.POST("/api/suppressions/remove", given) : client.POST("/api/suppressions", given),
      );
    },
    onSuccess: () => {
      tell({ color: "teal", message: t(`consent.address.${what}Done`) });
      setOpen(false);
      setReason("");
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["suppressions", email] }),
  });
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {t("consent.address.title")}
      </Title>
      {email === "" && <Text c="dimmed">{t("consent.address.none")}</Text>}
      {listed.isError && <Trouble error={listed.error} />}
      {email !== "" && listed.data && (
        <Stack gap="xs" align="flex-start">
          <Text>
            {email}
            {" · "}
            {t(isListed ? "consent.address.listed" : "consent.address.free")}
          </Text>
          {listed.data.map((one) => (
            <Text size="sm" c="dimmed" key={`${one.reason} ${one.added_at}`}>
              {t(`consent.why.${one.reason}`)} · {instant(one.added_at)}
              {one.detail ? ` · ${one.detail}` : ""}
            </Text>
          ))}
          {has(me, "publisher") && (
            <Button variant="default" size="xs" onClick={() => setOpen(true)}>
              {t(`consent.address.${what}`)}
            </Button>
          )}
        </Stack>
      )}
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={t(`consent.address.${what}Title`, { address: email })}
        closeButtonProps={{ "aria-label": t("dialog.close") }}
      >
        <Stack>
          <Text size="sm">{t(`consent.address.${what}Means`)}</Text>
          <TextInput
            label={t("dialog.reason")}
            description={t("dialog.reasonMeans")}
            value={reason}
            data-autofocus
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          {giving.isError && (
            <Alert color="red" variant="light" role="alert" title={words(giving.error).said}>
              {words(giving.error).hint}
            </Alert>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setOpen(false)}>
              {t("dialog.cancel")}
            </Button>
            <Button
              color={isListed ? undefined : "red.9"}
              loading={giving.isPending}
              onClick={() => giving.mutate()}
            >
              {t(`consent.address.${what}`)}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </section>
  );
}
