import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useVersion } from "../api/queries";
import { useShown } from "./JourneyPage";
import { draw } from "./model";

/** The steps of the version that is shown, by id, with their labels; and what each is called where people read. */
export function useStepNames() {
  const { t } = useTranslation();
  const { journey, version } = useShown();
  const definition = useVersion(journey.journey, version).data?.definition;
  const names = useMemo(
    () =>
      new Map(
        definition
          ? draw(definition)
              .steps.filter((one) => one.kind !== "out")
              .map((one) => [one.id, one.label])
          : [],
      ),
    [definition],
  );
  const called = (step: string) => (step === "entry" ? t("people.queue") : names.get(step) || step);
  return { names, called };
}
