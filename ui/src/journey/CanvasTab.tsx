import { Alert, Skeleton, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useProblems, useVersion } from "../api/queries";
import { Trouble } from "../components/Trouble";
import Canvas from "./Canvas";
import { useShown } from "./JourneyPage";

export default function CanvasTab() {
  const { t } = useTranslation();
  const { journey, version, numbers } = useShown();
  const navigate = useNavigate();
  const found = useVersion(journey.journey, version);
  const problems = useProblems(journey.journey).data?.find((one) => one.version === version)?.problems ?? [];
  const show = useCallback(
    (step: string) =>
      void navigate({
        to: "/journeys/$key/participants",
        params: { key: journey.journey },
        search: { step, status: "active" } as never,
      }),
    [navigate, journey.journey],
  );
  if (found.isError) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (!found.data) return <Skeleton h={480} />;
  const isShown = numbers?.version === version;
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
        definition={found.data.definition}
        numbers={isShown ? numbers : null}
        problems={problems}
        show={show}
      />
    </>
  );
}
