import { Group, Tabs, Title } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

const TABS = ["people", "imports", "events"] as const;
export type Tab = (typeof TABS)[number];

/** What stands above the screens about people: their title, what can be done, and the way to the others. */
export function Area({ tab, actions, children }: { tab: Tab; actions?: ReactNode; children: ReactNode }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <>
      <Group justify="space-between" mb="xs">
        <Title order={1} size="h2">
          {t("person.people")}
        </Title>
        <Group gap="xs">{actions}</Group>
      </Group>
      <Tabs value={tab} onChange={(next) => void navigate({ to: `/${next}` } as never)} keepMounted={false}>
        <Tabs.List>
          {TABS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t(`person.tab.${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={tab} pt="md">
          {children}
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
