import { Skeleton, Tabs, Title } from "@mantine/core";
import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "../api/queries";
import { has } from "../api/types";
import { TabBar } from "../components/TabBar";

const PLACES = [
  "account",
  "users",
  "keys",
  "senders",
  "subscriptions",
  "suppressions",
  "rules",
  "retention",
] as const;

/** Settings: one's own account for everybody, the installation for administrators. */
export default function SettingsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const path = useLocation().pathname;
  const me = useMe().data;
  const places = has(me, "admin")
    ? PLACES
    : PLACES.filter((one) => one === "account" || (one === "suppressions" && has(me, "publisher")));
  const place = PLACES.find((one) => path.endsWith(`/${one}`)) ?? "account";
  const show = (next: string | null) =>
    void navigate({ to: next === null || next === "account" ? "/settings" : `/settings/${next}` } as never);
  return (
    <>
      <Title order={1} size="h2" mb="md">
        {t("app.settings")}
      </Title>
      <Tabs value={place} onChange={show} keepMounted={false}>
        <TabBar
          label={t("settings.part")}
          tabs={places.map((one) => ({ value: one, label: t(`settings.place.${one}`) }))}
          value={place}
          show={show}
        />
        <Tabs.Panel value={place}>
          <Suspense fallback={<Skeleton h={320} />}>
            <Outlet />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
