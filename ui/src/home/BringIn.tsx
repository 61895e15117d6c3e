import { Button, FileButton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Refused } from "../api/client";
import { bringIn } from "../api/files";
import { useWords } from "../components/Trouble";

/** Bring a journey in as a file: a new journey with a first draft, or the next draft of one that there is. */
export function BringIn({ journey }: { journey?: string }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const words = useWords();
  const take = async (file: File | null) => {
    if (file === null) return;
    setBusy(true);
    try {
      const made = await bringIn(file, journey);
      await queries.invalidateQueries();
      const errors = made.problems.filter((one) => one.severity === "error").length;
      notifications.show({
        color: errors ? "orange" : "teal",
        title: t("bringIn.done", { name: made.journey, version: made.version }),
        message: errors ? t("bringIn.problems", { count: errors }) : "",
      });
      // A version beside another one is shown with what it would change.
      void navigate({
        to: `/journeys/${made.journey}${made.version > 1 ? `/plan/${made.version}` : ""}` as never,
      });
    } catch (error) {
      const { said, hint } = words(error);
      const more =
        error instanceof Refused && Array.isArray(error.body.problems)
          ? ` ${firstOf(error.body.problems)}`
          : "";
      notifications.show({ color: "red", title: said, message: hint + more, autoClose: 12_000 });
    } finally {
      setBusy(false);
    }
  };
  return (
    <FileButton onChange={(file) => void take(file)} accept=".yaml,.yml,.json">
      {(props) => (
        <Button {...props} loading={busy} variant={journey ? "default" : "filled"}>
          {t(journey ? "bringIn.version" : "bringIn.journey")}
        </Button>
      )}
    </FileButton>
  );
}

/** The first thing that is wrong with a file: where, what, and what to do. */
function firstOf(problems: readonly unknown[]): string {
  const first = problems[0];
  if (typeof first !== "object" || first === null) return "";
  const { place, message, hint } = first as { place?: string; message?: string; hint?: string };
  return [place && `${place}:`, message, hint].filter(Boolean).join(" ");
}
