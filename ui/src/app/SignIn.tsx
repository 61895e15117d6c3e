import {
  Alert,
  Anchor,
  Button,
  Center,
  Group,
  Paper,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data } from "../api/client";
import { useWords } from "../components/Trouble";
import { LanguageMenu } from "./Shell";
import { allTexts } from "./texts";

const FirstAdmin = lazy(async () => (await Promise.all([import("./FirstAdmin"), allTexts()]))[0]);

/** Shown where nobody is signed in, in place of every screen; where nobody works here yet, the first makes an account. */
export default function Entrance() {
  const setup = useQuery({
    queryKey: ["setup"],
    queryFn: () => data(client.GET("/api/setup")),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (setup.isPending) return null;
  if (!setup.data?.needed) return <SignIn />;
  return (
    <Suspense>
      <FirstAdmin />
    </Suspense>
  );
}

function SignIn() {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const queries = useQueryClient();
  const words = useWords();
  const signing = useMutation({
    mutationFn: () => data(client.POST("/api/session", { body: { email, password } })),
    onSuccess: () => queries.resetQueries(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signing.mutate();
  };
  return (
    <Center mih="100dvh" p="md" component="main" id="content">
      <Paper withBorder p="xl" w={400} maw="100%" component="form" onSubmit={submit}>
        <Stack>
          <Title order={1} size="h2">
            Parcours
          </Title>
          <Text c="dimmed" size="sm">
            {t("signIn.why")}
          </Text>
          {signing.isError && (
            <Alert color="red" variant="light" role="alert" title={words(signing.error).said}>
              {words(signing.error).hint}
            </Alert>
          )}
          <TextInput
            label={t("signIn.email")}
            type="email"
            autoComplete="username"
            required
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            autoFocus
          />
          <PasswordInput
            label={t("signIn.password")}
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            visibilityToggleButtonProps={{ "aria-label": t("signIn.show") }}
          />
          <Button type="submit" loading={signing.isPending}>
            {t("signIn.go")}
          </Button>
          <Text size="xs" c="dimmed">
            {t("signIn.forgotten")}
          </Text>
          <Group justify="space-between">
            <LanguageMenu />
            <Anchor href="/licences.txt" target="_blank" size="xs" c="dimmed">
              {t("app.licences")}
            </Anchor>
          </Group>
        </Stack>
      </Paper>
    </Center>
  );
}
