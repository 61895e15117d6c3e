import {
  Badge,
  Button,
  Group,
  PasswordInput,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
  VisuallyHidden,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useMe } from "../api/queries";
import type { Me } from "../api/types";
import { useFormat } from "../app/format";
import { isLanguage, LANGUAGES, type Language, speak } from "../app/texts";
import { device } from "./device";
import { Ask, Loaded, Part, useChange, Wide, Wrong } from "./parts";

/** One's own account: name, language, password, and the browsers that are signed in. */
export default function Account() {
  const me = useMe();
  return (
    <Loaded of={me}>
      {(found) => (
        <>
          <Mine me={found} />
          <Password />
          <Sessions />
        </>
      )}
    </Loaded>
  );
}

function Mine({ me }: { me: Me }) {
  const { t, i18n } = useTranslation();
  const [name, setName] = useState(me.full_name);
  const [language, setLanguage] = useState<Language>(isLanguage(i18n.language) ? i18n.language : "en");
  const saving = useChange(
    async () => {
      await data(client.PATCH("/api/me", { body: { name, language } }));
      await speak(language);
    },
    { done: t("settings.saved") },
  );
  return (
    <Part
      title={t("settings.account.me")}
      means={t("settings.account.signedInAs", {
        email: me.name,
        role: t(`settings.role.${me.role ?? "viewer"}.label`),
      })}
    >
      <Stack
        component="form"
        maw={420}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          saving.mutate(undefined);
        }}
      >
        <TextInput
          label={t("settings.name")}
          value={name}
          maxLength={254}
          autoComplete="name"
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label={t("app.language")}
          data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          value={language}
          allowDeselect={false}
          onChange={(value) => setLanguage(value as Language)}
        />
        <Wrong error={saving.error} />
        <Group>
          <Button type="submit" loading={saving.isPending}>
            {t("settings.save")}
          </Button>
        </Group>
      </Stack>
    </Part>
  );
}

function Password() {
  const { t } = useTranslation();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const saving = useChange(
    () => data(client.POST("/api/me/password", { body: { password, current: current || null } })),
    {
      done: t("settings.account.passwordTaken"),
      then: () => {
        setCurrent("");
        setPassword("");
      },
    },
  );
  const eye = { "aria-label": t("signIn.show") };
  return (
    <Part title={t("settings.account.password")} means={t("settings.account.passwordMeans")}>
      <Stack
        component="form"
        maw={420}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          saving.mutate(undefined);
        }}
      >
        <PasswordInput
          label={t("settings.account.current")}
          description={t("settings.account.currentMeans")}
          autoComplete="current-password"
          value={current}
          visibilityToggleButtonProps={eye}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          label={t("settings.account.next")}
          description={t("settings.account.nextMeans")}
          autoComplete="new-password"
          required
          minLength={12}
          value={password}
          visibilityToggleButtonProps={eye}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Wrong error={saving.error} />
        <Group>
          <Button type="submit" loading={saving.isPending}>
            {t("settings.account.takePassword")}
          </Button>
        </Group>
      </Stack>
    </Part>
  );
}

function Sessions() {
  const { t } = useTranslation();
  const { ago, instant } = useFormat();
  const [asked, setAsked] = useState(false);
  const found = useQuery({ queryKey: ["sessions"], queryFn: () => data(client.GET("/api/me/sessions")) });
  const ending = useChange(
    (id: number) =>
      data(client.DELETE("/api/me/sessions/{session_id}", { params: { path: { session_id: id } } })),
    { done: t("settings.account.ended") },
  );
  return (
    <Part
      title={t("settings.account.sessions")}
      means={t("settings.account.sessionsMean")}
      action={
        <Button variant="default" onClick={() => setAsked(true)}>
          {t("settings.account.everywhere")}
        </Button>
      }
    >
      <Wrong error={ending.error} />
      <Loaded of={found}>
        {(sessions) => (
          <Wide least={520}>
            <Table verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("settings.account.browser")}</Table.Th>
                  <Table.Th>{t("settings.account.seen")}</Table.Th>
                  <Table.Th>{t("settings.account.way")}</Table.Th>
                  <Table.Th>
                    <VisuallyHidden>{t("home.actions")}</VisuallyHidden>
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {sessions.map((one) => (
                  <Table.Tr key={one.id}>
                    <Table.Td>
                      <Text size="sm">{device(one.agent) || t("settings.account.unknownBrowser")}</Text>
                      <Text size="xs" c="dimmed">
                        {one.address}
                      </Text>
                    </Table.Td>
                    <Table.Td title={instant(one.seen_at)}>{ago(one.seen_at)}</Table.Td>
                    <Table.Td>{t(`settings.way.${one.way as "password" | "link" | "invitation"}`)}</Table.Td>
                    <Table.Td ta="right">
                      {one.current ? (
                        <Badge variant="light">{t("settings.account.here")}</Badge>
                      ) : (
                        <Button
                          size="xs"
                          variant="default"
                          onClick={() => ending.mutate(one.id)}
                          aria-label={`${t("settings.account.end")}: ${device(one.agent)} ${one.address}`}
                        >
                          {t("settings.account.end")}
                        </Button>
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Loaded>
      {asked && (
        <Ask
          title={t("settings.account.everywhere")}
          means={t("settings.account.everywhereMeans")}
          button={t("settings.account.everywhere")}
          run={() => data(client.DELETE("/api/me/sessions"))}
          close={() => setAsked(false)}
        />
      )}
    </Part>
  );
}
