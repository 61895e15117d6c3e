import { Badge, Button, PasswordInput, Select, Table, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useMe } from "../api/queries";
import type { Me } from "../api/types";
import { useFormat } from "../app/format";
import { isLanguage, LANGUAGES, type Language, speak } from "../app/texts";
import { device } from "./device";
import { Ask, Loaded, PageForm, Part, RowButton, TableOf, useChange, Wrong } from "./parts";

type Way = "password" | "link" | "invitation" | "setup";

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
      <PageForm giving={saving} button={t("settings.save")}>
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
      </PageForm>
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
      <PageForm giving={saving} button={t("settings.account.takePassword")}>
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
      </PageForm>
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
      <TableOf
        of={found}
        least={520}
        spacing="xs"
        head={[t("settings.account.browser"), t("settings.account.seen"), t("settings.account.way")]}
      >
        {(one) => (
          <Table.Tr key={one.id}>
            <Table.Td>
              <Text size="sm">{device(one.agent) || t("settings.account.unknownBrowser")}</Text>
              <Text size="xs" c="dimmed">
                {one.address}
              </Text>
            </Table.Td>
            <Table.Td title={instant(one.seen_at)}>{ago(one.seen_at)}</Table.Td>
            <Table.Td>{t(`settings.way.${one.way as Way}`)}</Table.Td>
            <Table.Td ta="right">
              {one.current ? (
                <Badge variant="light">{t("settings.account.here")}</Badge>
              ) : (
                <RowButton
                  label={t("settings.account.end")}
                  of={`${device(one.agent)} ${one.address}`}
                  onClick={() => ending.mutate(one.id)}
                />
              )}
            </Table.Td>
          </Table.Tr>
        )}
      </TableOf>
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
