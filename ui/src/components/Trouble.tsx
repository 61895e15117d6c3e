import { Alert, Button, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Refused, Unreachable } from "../api/client";
import { useFormat } from "../app/format";
import { Alert as Sign } from "./icons";

/** A hint without those that name commands of the command line. */
function advice(hint: string): string {
  return /\bparcours [a-z]+|--[a-z]/.test(hint) ? "" : hint;
}

/** What went wrong, in words, with what to do next. */
export function useWords(): (error: unknown) => { said: string; hint: string } {
  const { t } = useTranslation();
  const { said } = useFormat();
  return (error) => {
    if (error instanceof Refused) return { said: said(error.message), hint: advice(said(error.hint)) };
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
