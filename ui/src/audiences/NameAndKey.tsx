import { Group, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** What an audience is called, and the key by which journeys name it; the key is made of the name until it is written. */
export function NameAndKey({
  name,
  setName,
  id,
  setId,
  isTaken,
}: {
  name: string;
  setName: (name: string) => void;
  id: string;
  setId: (id: string) => void;
  isTaken: boolean;
}) {
  const { t } = useTranslation();
  return (
    <Group align="flex-start" grow preventGrowOverflow={false}>
      <TextInput
        label={t("audience.name")}
        description={t("audience.nameMeans")}
        value={name}
        maxLength={200}
        data-autofocus
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={t("audience.key")}
        description={t("audience.keyMeans")}
        value={id}
        maxLength={64}
        error={isTaken ? t("audience.keyTaken") : undefined}
        onChange={(event) => setId(event.currentTarget.value.replace(/[^A-Za-z0-9_-]/g, ""))}
      />
    </Group>
  );
}
