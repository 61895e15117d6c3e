import { Alert, Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useWords } from "../components/Trouble";

/** Asks before all sending is held, or released. */
export function HoldDialog({ held, close }: { held: boolean; close: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  const words = useWords();
  const what = held ? "release" : "hold";
  const giving = useMutation({
    mutationFn: () => {
      const body = { reason: reason || undefined, dry_run: false } as never;
      return data(
        held ? client.POST("/api/sending/release", { body }) : client.POST("/api/sending/hold", { body }),
      );
    },
    onSuccess: close,
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Modal
      opened
      onClose={close}
      title={t(`sending.${what}Title`)}
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      <Stack>
        <Text size="sm">{t(`sending.${what}Means`)}</Text>
        <Textarea
          label={t("dialog.reason")}
          autosize
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
          <Button variant="default" onClick={close}>
            {t("dialog.cancel")}
          </Button>
          <Button
            color={held ? undefined : "#a63c06"}
            loading={giving.isPending}
            onClick={() => giving.mutate()}
          >
            {t(`sending.${what}`)}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
