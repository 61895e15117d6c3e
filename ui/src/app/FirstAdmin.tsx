import {
  Alert,
  Button,
  Center,
  Group,
  Paper,
  PasswordInput,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, Refused } from "../api/client";
import { useWords } from "../components/Trouble";
import { isLanguage, LANGUAGES, speak } from "./texts";

/** The code that the link brought, behind its #. */
const brought = () => (location.pathname === "/setup" ? location.hash.slice(1) : "");

/** The first page of a new installation: who opens the link that the server printed becomes its administrator. */
export default function FirstAdmin() {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const words = useWords();
  const [given, setGiven] = useState({ code: brought(), name: "", email: "", password: "" });
  const language = isLanguage(i18n.language) ? i18n.language : "en";
  const languageLabel = useId();
  const making = useMutation({
    mutationFn: () => data(client.POST("/api/setup", { body: { ...given, language } })),
    onSuccess: () => queries.resetQueries(),
  });
  const code = making.error instanceof Refused ? making.error.code : "";
  const asksCode = brought() === "" || code === "wrong_setup_code";
  const field = (name: keyof typeof given) => ({
    value: given[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      setGiven({ ...given, [name]: event.currentTarget.value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <Center mih="100dvh" p="md" component="main">
      <Paper withBorder p="xl" w={440} maw="100%" component="form" onSubmit={submit}>
        <Stack>
          <div>
            <Text c="dimmed" size="sm" fw={600}>
              Parcours
            </Text>
            <Title order={1} size="h2">
              {t("setup.title")}
            </Title>
          </div>
          <Text c="dimmed" size="sm">
            {t("setup.why")}
          </Text>
          <div>
            <Text id={languageLabel} size="sm" fw={600} mb={4}>
              {t("app.language")}
            </Text>
            <SegmentedControl
              fullWidth
              aria-labelledby={languageLabel}
              value={language}
              data={Object.entries(LANGUAGES).map(([value, label]) => ({
                value,
                label: <span lang={value}>{label}</span>,
              }))}
              onChange={(next) => isLanguage(next) && void speak(next)}
            />
          </div>
          <TextInput
            label={t("setup.name")}
            autoComplete="name"
            maxLength={254}
            {...field("name")}
            data-autofocus
          />
          <TextInput
            label={t("signIn.email")}
            description={t("setup.emailMeans")}
            type="email"
            autoComplete="username"
            required
            maxLength={254}
            {...field("email")}
          />
          <PasswordInput
            label={t("signIn.password")}
            description={t("setup.passwordMeans")}
            autoComplete="new-password"
            required
            minLength={12}
            maxLength={1000}
            {...field("password")}
            visibilityToggleButtonProps={{ "aria-label": t("signIn.show") }}
          />
          {asksCode && (
            <TextInput
              label={t("setup.code")}
              description={t("setup.codeMeans")}
              required
              maxLength={200}
              autoComplete="off"
              spellCheck={false}
              {...field("code")}
            />
          )}
          {making.isError && (
            <Alert color="red" variant="light" role="alert" title={words(making.error).said}>
              {words(making.error).hint}
            </Alert>
          )}
          {code === "already_set_up" ? (
            <Button onClick={() => void queries.resetQueries()}>{t("signIn.go")}</Button>
          ) : (
            <Group grow>
              <Button type="submit" loading={making.isPending}>
                {t("setup.go")}
              </Button>
            </Group>
          )}
        </Stack>
      </Paper>
    </Center>
  );
}
