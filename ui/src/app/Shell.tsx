import {
  ActionIcon,
  Alert,
  Anchor,
  AppShell,
  Burger,
  Button,
  Group,
  Menu,
  NavLink,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useRouterState } from "@tanstack/react-router";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useAlerts, useMe, useSending } from "../api/queries";
import { has } from "../api/types";
import { Commands } from "../components/Commands";
import {
  Audience,
  History,
  Home,
  Leave,
  Mailbox,
  Moon,
  People,
  Settings,
  Alert as Sign,
  Sun,
} from "../components/icons";
import { useFormat } from "./format";
import { HoldSending } from "./HoldSending";
import { isLanguage, LANGUAGES, type Language, speak } from "./texts";

export function LanguageMenu() {
  const { t, i18n } = useTranslation();
  const language = isLanguage(i18n.language) ? i18n.language : "en";
  return (
    <Menu>
      <Menu.Target>
        <Button
          variant="subtle"
          size="compact-sm"
          color="gray"
          aria-label={`${t("app.language")}: ${LANGUAGES[language]}`}
        >
          {LANGUAGES[language]}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(LANGUAGES) as Language[]).map((one) => (
          <Menu.Item key={one} lang={one} onClick={() => void speak(one)}>
            {LANGUAGES[one]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function SchemeButton() {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme("light") === "dark";
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={isDark ? t("app.light") : t("app.dark")}
      onClick={() => setColorScheme(isDark ? "light" : "dark")}
    >
      {isDark ? <Sun size={18} /> : <Moon size={18} />}
    </ActionIcon>
  );
}

/** What stands around every screen: navigation, who is signed in, and what concerns every journey. */
export default function Shell() {
  const { t } = useTranslation();
  const [opened, { toggle, close }] = useDisclosure();
  const path = useLocation().pathname;
  const me = useMe().data;
  const queries = useQueryClient();
  const leaving = useMutation({
    mutationFn: () => data(client.DELETE("/api/session")),
    onSettled: () => queries.resetQueries(),
  });
  const places = [
    { to: "/", label: t("app.home"), Icon: Home, isHere: path === "/" || path.startsWith("/journeys") },
    {
      to: "/people",
      label: t("app.people"),
      Icon: People,
      isHere: /^\/(people|imports|events)(\/|$)/.test(path),
    },
    {
      to: "/audiences",
      label: t("app.audiences"),
      Icon: Audience,
      isHere: path.startsWith("/audiences") || path === "/new-audience",
    },
    { to: "/mailbox", label: t("app.mailbox"), Icon: Mailbox, isHere: path.startsWith("/mailbox") },
    { to: "/activity", label: t("app.activity"), Icon: History, isHere: path.startsWith("/activity") },
    { to: "/settings", label: t("app.settings"), Icon: Settings, isHere: path.startsWith("/settings") },
  ];
  return (
    <Commands>
      <AppShell
        header={{ height: 54 }}
        navbar={{ width: 200, breakpoint: "sm", collapsed: { mobile: !opened } }}
        padding="md"
      >
        <a className="skip" href="#content">
          {t("app.skip")}
        </a>
        <AppShell.Header px="md">
          <Group h="100%" justify="space-between" wrap="nowrap">
            <Group wrap="nowrap">
              <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t("app.menu")} />
              <Text component={Link} to="/" fw={700} fz="lg" c="var(--mantine-color-text)" td="none">
                Parcours
              </Text>
            </Group>
            <Group gap="xs" wrap="nowrap">
              {has(me, "admin") && <HoldSending visibleFrom="xs" />}
              <LanguageMenu />
              <SchemeButton />
              <Text size="sm" visibleFrom="md">
                {me?.full_name || me?.name}
              </Text>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t("app.signOut")}
                onClick={() => leaving.mutate()}
              >
                <Leave size={18} />
              </ActionIcon>
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="xs" aria-label={t("app.navigation")}>
          {places.map(({ to, label, Icon, isHere }) => (
            <NavLink
              key={to}
              component={Link}
              to={to as never}
              label={label}
              leftSection={<Icon size={18} />}
              active={isHere}
              aria-current={isHere ? "page" : undefined}
              onClick={close}
            />
          ))}
          {has(me, "admin") && <HoldSending hiddenFrom="xs" mt="md" />}
          <Anchor href="/licences.txt" target="_blank" size="xs" c="dimmed" mt="auto" p="xs">
            {t("app.licences")}
          </Anchor>
        </AppShell.Navbar>
        <AppShell.Main id="content" tabIndex={-1}>
          <Coming />
          <Notices />
          <Suspense>
            <Outlet />
          </Suspense>
        </AppShell.Main>
      </AppShell>
    </Commands>
  );
}

/** A screen that is not there at once is announced by a thin line, so that a click is seen to have worked. */
function Coming() {
  const isLoading = useRouterState({ select: (state) => state.isLoading });
  return isLoading ? <div className="coming" aria-hidden /> : null;
}

function Notices() {
  const { t } = useTranslation();
  const { said } = useFormat();
  const held = useSending().data?.held;
  const alerts = useAlerts().data?.filter((one) => one.cleared_at === null) ?? [];
  return (
    <>
      {held && (
        <Alert color="orange" variant="light" mb="md" icon={<Sign />} title={t("sending.held")}>
          {t("sending.heldMeans")} {held.reason ?? ""}
        </Alert>
      )}
      {alerts
        .filter((one) => one.severity === "critical")
        .map((one) => (
          <Alert key={one.id} color="red" variant="light" mb="md" icon={<Sign />} title={said(one.said)}>
            {said(one.remedy)}
          </Alert>
        ))}
    </>
  );
}
