import { Anchor, Skeleton, Stack, Text, Title } from "@mantine/core";
import { Link, Navigate, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useJourney } from "../api/queries";
import { Trouble } from "../components/Trouble";
import { PlanOf } from "./PlanOf";

/** What publishing a draft would change: at an address of its own, with the number of the draft or without one. */
export default function PlanPage() {
  const { t } = useTranslation();
  const { key, version } = useParams({ strict: false }) as { key: string; version?: string };
  const found = useJourney(key);
  if (found.isError && !found.data) return <Trouble error={found.error} again={() => found.refetch()} />;
  if (!found.data)
    return (
      <Stack aria-busy aria-label={t("app.loading")}>
        <Skeleton h={36} w={320} />
        <Skeleton h={160} />
        <Skeleton h={420} />
      </Stack>
    );
  const journey = found.data;
  if (version === undefined && journey.draft !== null)
    return <Navigate to={`/journeys/${key}/plan/${journey.draft}` as never} replace />;
  if (journey.draft !== null && Number(version) === journey.draft)
    return <PlanOf key={journey.draft} journey={journey} version={journey.draft} />;
  const is = journey.versions.find((one) => one.version === Number(version));
  return (
    <Stack gap="xs" maw={560}>
      <Title order={1} size="h2">
        {t("plan.none", { name: journey.name || key })}
      </Title>
      <Text>
        {is
          ? t("plan.isPublished", { version: is.version, status: t(`status.${is.status}.label`) })
          : t("plan.noDraft")}
      </Text>
      {journey.draft !== null && (
        <Anchor component={Link} to={`/journeys/${key}/plan/${journey.draft}` as never}>
          {t("plan.ofDraft", { version: journey.draft })}
        </Anchor>
      )}
      <Anchor component={Link} to={`/journeys/${key}` as never}>
        {t("plan.back", { name: journey.name || key })}
      </Anchor>
    </Stack>
  );
}
