import { Alert, Button, Checkbox, Group, List, Loader, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useFormat } from "../app/format";
import { saveText } from "../components/download";
import { Trouble } from "../components/Trouble";

/** All that is known of somebody, as a file. */
export function Export({ userId }: { userId: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const giving = useMutation({
    mutationFn: () =>
      data(
        client.GET("/api/people/{user_id}/export", {
          params: { path: { user_id: userId }, query: reason ? { reason } : {} },
        }),
      ),
    onSuccess: (found) => {
      saveText(
        JSON.stringify(found, null, 2),
        `${userId.replace(/[^\w@.-]+/g, "_")}.json`,
        "application/json",
      );
      setOpen(false);
    },
  });
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        {t("person.export.label")}
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={t("person.export.title")}
        closeButtonProps={{ "aria-label": t("dialog.close") }}
      >
        <Stack>
          <Text size="sm">{t("person.export.means")}</Text>
          <TextInput
            label={t("dialog.reason")}
            description={t("dialog.reasonMeans")}
            value={reason}
            data-autofocus
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          {giving.isError && <Trouble error={giving.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setOpen(false)}>
              {t("dialog.cancel")}
            </Button>
            <Button loading={giving.isPending} onClick={() => giving.mutate()}>
              {t("person.export.go")}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

const COUNTED = ["events", "passages", "inside", "messages", "names"] as const;

/** Forget somebody for good: says what that means, counts what goes, and lets nobody do it by accident. */
export function Erase({ userId, email }: { userId: string; email: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        {t("erase.label")}
      </Button>
      {open && <EraseDialog userId={userId} email={email} close={() => setOpen(false)} />}
    </>
  );
}

function EraseDialog({ userId, email, close }: { userId: string; email: string; close: () => void }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const [suppress, setSuppress] = useState(true);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const path = { user_id: userId };
  const effect = useQuery({
    queryKey: ["erasure", userId, "effect"],
    queryFn: () =>
      data(client.POST("/api/people/{user_id}/erasure", { params: { path, query: { dry_run: true } } })),
  });
  const giving = useMutation({
    mutationFn: () =>
      data(
        client.POST("/api/people/{user_id}/erasure", {
          params: { path, query: { suppress, ...(reason ? { reason } : {}) } },
        }),
      ),
  });
  const standing = useQuery({
    queryKey: ["erasure", userId],
    enabled: giving.isSuccess,
    queryFn: () => data(client.GET("/api/people/{user_id}/erasure", { params: { path } })),
    refetchInterval: (query) => (query.state.data?.done_at ? false : 1000),
  });
  const leave = () => {
    close();
    if (giving.isSuccess) {
      void navigate({ to: "/people" as never });
      void queries.invalidateQueries();
    }
  };
  const counts = COUNTED.filter((name) => (effect.data?.counts[name] ?? 0) > 0);
  return (
    <Modal
      opened
      onClose={leave}
      title={t(giving.isSuccess ? "erase.doneTitle" : "erase.title", { name: userId })}
      size="lg"
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      {giving.isSuccess ? (
        <Stack>
          <Text>{t("erase.done")}</Text>
          <Group gap="xs" role="status">
            {standing.data?.done_at ? (
              <Text>{t("erase.allGone")}</Text>
            ) : (
              <>
                <Loader size="xs" />
                <Text>{t("erase.going")}</Text>
              </>
            )}
          </Group>
          <Group justify="flex-end">
            <Button onClick={leave}>{t("erase.leave")}</Button>
          </Group>
        </Stack>
      ) : (
        <Stack>
          <Alert color="red" variant="light" title={t("erase.forGood")}>
            {t("erase.forGoodMeans")}
          </Alert>
          <List size="sm" spacing={4}>
            <List.Item>{t("erase.what.gone")}</List.Item>
            <List.Item>{t("erase.what.journeys")}</List.Item>
            <List.Item>{t("erase.what.later")}</List.Item>
            <List.Item>{t("erase.what.totals")}</List.Item>
            <List.Item>{t("erase.what.sent")}</List.Item>
          </List>
          {effect.isError && <Trouble error={effect.error} />}
          {counts.length > 0 && (
            <Text size="sm" fw={600}>
              {counts
                .map((name) =>
                  t(`erase.count.${name}`, {
                    count: effect.data?.counts[name] ?? 0,
                    n: number(effect.data?.counts[name] ?? 0),
                  }),
                )
                .join(" · ")}
            </Text>
          )}
          {email && (
            <Checkbox
              label={t("erase.suppress")}
              description={t("erase.suppressMeans", { address: email })}
              checked={suppress}
              onChange={(event) => setSuppress(event.currentTarget.checked)}
            />
          )}
          <TextInput
            label={t("dialog.reason")}
            description={t("dialog.reasonMeans")}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <TextInput
            label={t("erase.type", { name: userId })}
            value={typed}
            autoComplete="off"
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          {giving.isError && <Trouble error={giving.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              {t("dialog.cancel")}
            </Button>
            <Button
              color="red.9"
              disabled={typed.trim() !== userId}
              loading={giving.isPending}
              onClick={() => giving.mutate()}
            >
              {t("erase.label")}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
