import { Skeleton, Tabs, Title } from "@mantine/core";
import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "../api/queries";
import { has } from "../api/types";

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
  return (
    <>
      <Title order={1} size="h2" mb="md">
        {t("app.settings")}
      </Title>
      <Tabs
        value={place}
        onChange={(next) =>
          void navigate({ to: next === "account" ? "/settings" : `/settings/${next}` } as never)
        }
        keepMounted={false}
      >
        <Tabs.List mb="lg">
          {places.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t(`settings.place.${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={place}>
          <Suspense fallback={<Skeleton h={320} />}>
            <Outlet />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
