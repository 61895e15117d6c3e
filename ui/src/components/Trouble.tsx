import { Alert, Button, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Refused, Unreachable } from "../api/client";
import { Alert as Sign } from "./icons";

/** What went wrong, in words, with what to do next. */
export function useWords(): (error: unknown) => { said: string; hint: string } {
  const { t } = useTranslation();
  return (error) => {
    if (error instanceof Refused) return { said: error.message, hint: error.hint };
    if (error instanceof Unreachable)
      return { said: t("trouble.unreachable"), hint: t("trouble.unreachableHint") };
    return { said: t("trouble.unknown"), hint: error instanceof Error ? error.message : "" };
  };
}

export function Trouble({ error, again }: { error: unknown; again?: () => void }) {
  const { t } = useTranslation();
  const { said, hint } = useWords()(error);
  return (
    <Alert color="red" variant="light" icon={<Sign />} title={said} role="alert" my="md">
      {hint && <Text size="sm">{hint}</Text>}
      {again && (
        <Button size="xs" mt="sm" variant="default" onClick={again}>
          {t("trouble.again")}
        </Button>
      )}
    </Alert>
  );
}
