import { Alert, Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useSending } from "../api/queries";
import { Mail } from "../components/icons";
import { useWords } from "../components/Trouble";

/** The switch over every journey: nothing leaves the house until it is released. */
export function HoldSending() {
  const { t } = useTranslation();
  const held = useSending().data?.held ?? null;
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  const words = useWords();
  const what = held === null ? "hold" : "release";
  const giving = useMutation({
    mutationFn: () => {
      const body = { reason: reason || undefined, dry_run: false } as never;
      return data(
        held === null
          ? client.POST("/api/sending/hold", { body })
          : client.POST("/api/sending/release", { body }),
      );
    },
    onSuccess: () => setOpen(false),
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <>
      <Button
        size="compact-sm"
        variant={held ? "filled" : "default"}
        color={held ? "orange.9" : undefined}
        leftSection={<Mail size={16} />}
        onClick={() => setOpen(true)}
        visibleFrom="xs"
      >
        {t(`sending.${what}`)}
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={t(`sending.${what}Title`)}
        closeButtonProps={{ "aria-label": t("dialog.close") }}
      >
        <Stack>
          <Text size="sm">{t(`sending.${what}Means`)}</Text>
          <Textarea
            label={t("dialog.reason")}
            autosize
            value={reason}
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
              color={held ? undefined : "orange.9"}
              loading={giving.isPending}
              onClick={() => giving.mutate()}
            >
              {t(`sending.${what}`)}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
