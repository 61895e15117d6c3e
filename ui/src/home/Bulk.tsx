import { Button, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import type { Journey } from "../api/types";
import { legal } from "../components/commands";
import { Folder, Pause, Play } from "../components/icons";
import { useWords } from "../components/Trouble";
import classes from "./home.module.css";

const MoveFolder = lazy(() => import("./MoveFolder").then((found) => ({ default: found.MoveFolder })));

/** Pause or resume several journeys; each answers for itself. */
export function Bulk({ journeys, clear }: { journeys: Journey[]; clear: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const words = useWords();
  const [moving, setMoving] = useState(false);
  const giving = useMutation({
    mutationFn: (command: "pause" | "resume") => {
      const body = { journeys: journeys.map((one) => one.journey), dry_run: false, wait: false, options: {} };
      return data(
        command === "pause"
          ? client.POST("/api/bulk/pause", { body })
          : client.POST("/api/bulk/resume", { body }),
      );
    },
    onSuccess: (answer) => {
      const bad = answer.results.filter((one) => one.code !== null);
      notifications.show({
        color: bad.length ? "orange" : "teal",
        title: t("bulk.done", { count: answer.results.length - bad.length }),
        message: bad.map((one) => `${one.journey}: ${one.detail ?? one.code}`).join(" · "),
      });
      clear();
    },
    onError: (error) =>
      notifications.show({ color: "red", title: words(error).said, message: words(error).hint }),
    onSettled: () => queries.invalidateQueries(),
  });
  const can = (command: "pause" | "resume") => journeys.some((one) => legal(one.actions).includes(command));
  return (
    <div className={classes.bulk} role="toolbar" aria-label={t("bulk.toolbar")}>
      <Text fw={600}>{t("bulk.chosen", { count: journeys.length })}</Text>
      <Button
        size="xs"
        leftSection={<Pause size={16} />}
        disabled={!can("pause")}
        loading={giving.isPending}
        onClick={() => giving.mutate("pause")}
      >
        {t("command.pause.label")}
      </Button>
      <Button
        size="xs"
        leftSection={<Play size={16} />}
        disabled={!can("resume")}
        loading={giving.isPending}
        onClick={() => giving.mutate("resume")}
      >
        {t("command.resume.label")}
      </Button>
      <Button size="xs" variant="default" leftSection={<Folder size={16} />} onClick={() => setMoving(true)}>
        {t("settings.move.label")}
      </Button>
      {moving && (
        <Suspense>
          <MoveFolder
            journeys={journeys}
            close={() => {
              setMoving(false);
              clear();
            }}
          />
        </Suspense>
      )}
      <Button size="xs" variant="default" onClick={clear}>
        {t("bulk.clear")}
      </Button>
    </div>
  );
}
