import { Autocomplete, Button, Group, Modal, Stack } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useFacets } from "../api/queries";
import type { Journey } from "../api/types";
import { useChange, Wrong } from "../settings/parts";

/** Puts journeys into a folder: one that is there, or a new one. */
export function MoveFolder({ journeys, close }: { journeys: readonly Journey[]; close: () => void }) {
  const { t } = useTranslation();
  const facets = useFacets().data;
  const [folder, setFolder] = useState(journeys[0]?.folder ?? "");
  const moving = useChange(
    async () => {
      for (const one of journeys) {
        const params = { path: { key: one.journey } };
        await data(client.PATCH("/api/journeys/{key}", { params, body: { folder: folder.trim() } }));
      }
    },
    { done: t("settings.move.done"), then: close },
  );
  return (
    <Modal
      opened
      onClose={close}
      title={t("settings.move.title")}
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      <Stack
        component="form"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          moving.mutate(undefined);
        }}
      >
        <Autocomplete
          label={t("home.folder")}
          description={`${t("settings.journey.folderMeans")} ${t("settings.move.empty")}`}
          data={[...new Set(facets?.folders.map((one) => one.name).filter(Boolean) ?? [])]}
          value={folder}
          maxLength={200}
          onChange={setFolder}
          data-autofocus
          openOnFocus={false} // the dialog is read first
        />
        <Wrong error={moving.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("dialog.cancel")}
          </Button>
          <Button type="submit" loading={moving.isPending}>
            {t("settings.move.go")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
