import { Alert, Skeleton, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useProblems, useVersion } from "../api/queries";
import { Trouble } from "../components/Trouble";
import Canvas from "./Canvas";
import { useShown } from "./JourneyPage";
import { draw } from "./model";
import { Numbers } from "./numbers";
import { useSent } from "./sent";

export default function CanvasTab() {
  const { t } = useTranslation();
  const { journey, version, numbers } = useShown();
  const navigate = useNavigate();
  const found = useVersion(journey.journey, version);
  const asked = useProblems(journey.journey).data;
  const problems = useMemo(
    () => asked?.find((one) => one.version === version)?.problems ?? [],
    [asked, version],
  );
  const [shown] = useState(() => new Numbers());
  const isShown = numbers?.version === version;
  useEffect(() => shown.tell(isShown ? numbers : null), [shown, isShown, numbers]);
  const sent = useSent(journey.journey, isShown);
  useEffect(() => shown.tellMessages(isShown ? sent : []), [shown, sent, isShown]);
  const show = useCallback(
    (step: string, status: "active" | "dropped_out") =>
      void navigate({
        to: "/journeys/$key/participants",
        params: { key: journey.journey },
        search: { step, status } as never,
      }),
    [navigate, journey.journey],
  );
  const definition = found.data?.definition;
  const drawing = useMemo(() => (definition ? draw(definition) : null), [definition]);
  if (found.isError && !found.data) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (!drawing) return <Skeleton h={480} />;
  const general = problems.filter((one) => one.step_id === null);
  return (
    <>
      {general.length > 0 && (
        <Alert color="orange" variant="light" mb="sm" title={t("canvas.problems", { count: general.length })}>
          {general.map((one) => (
            <Text key={one.code + one.place} size="sm">
              {one.message} {one.hint}
            </Text>
          ))}
        </Alert>
      )}
      <Canvas
        key={`${journey.journey} ${version}`}
        drawing={drawing}
        numbers={shown}
        problems={problems}
        show={show}
      />
    </>
  );
}
