import {
  ActionIcon,
  Alert,
  Button,
  Code,
  CopyButton,
  Group,
  Modal,
  Skeleton,
  Stack,
  Table,
  Text,
  Title,
  Tooltip,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type UseQueryResult, useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Check, Copy } from "../components/icons";
import { Trouble, useWords } from "../components/Trouble";

/** A part of the settings: its heading, what it means, a button at its right, and what stands below. */
export function Part({
  title,
  means,
  action,
  children,
}: {
  title: string;
  means?: string;
  action?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <Stack component="section" gap="sm" mb="xl" aria-label={title}>
      <Group justify="space-between" align="flex-start">
        <div style={{ flex: "1 1 280px", maxWidth: 640 }}>
          <Title order={2} size="h4">
            {title}
          </Title>
          {means && (
            <Text size="sm" c="dimmed">
              {means}
            </Text>
          )}
        </div>
        {action}
      </Group>
      {children}
    </Stack>
  );
}

/** What a question to the server has brought: a skeleton before, and what went wrong. */
export function Loaded<T>({ of, children }: { of: UseQueryResult<T>; children: (found: T) => ReactNode }) {
  if (of.isError && !of.data) return <Trouble error={of.error} again={() => of.refetch()} />;
  if (of.data === undefined) return <Skeleton h={160} />;
  return children(of.data);
}

/** A table that may be wider than the window; it can be moved by the keyboard, too. */
export function Wide({ least, children }: { least: number; children: ReactNode }) {
  return (
    <Table.ScrollContainer minWidth={least} type="native" tabIndex={0}>
      {children}
    </Table.ScrollContainer>
  );
}

/** Change something on the server, say that it is done, and look at everything anew. */
export function useChange<Given, Answer>(
  change: (given: Given) => Promise<Answer>,
  { done, then }: { done?: string; then?: (answer: Answer) => void },
) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (answer) => {
      then?.(answer);
      if (done) notifications.show({ message: done, color: "teal" });
    },
    onSettled: () => queries.invalidateQueries(),
  });
}

/** What went wrong with a change, inside a form or dialog. */
export function Wrong({ error }: { error: unknown }) {
  const words = useWords();
  if (!error) return null;
  const { said, hint } = words(error);
  return (
    <Alert color="red" variant="light" role="alert" title={said}>
      {hint}
    </Alert>
  );
}

/** Asks before something is done that cannot simply be undone; the button carries its name. */
export function Ask({
  title,
  means,
  button,
  grave,
  run,
  close,
}: {
  title: string;
  means: string;
  button: string;
  grave?: boolean;
  run: () => Promise<unknown>;
  close: () => void;
}) {
  const { t } = useTranslation();
  const giving = useChange(run, { then: close });
  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ "aria-label": t("dialog.close") }}>
      <Stack>
        <Text size="sm">{means}</Text>
        <Wrong error={giving.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("dialog.cancel")}
          </Button>
          <Button
            color={grave ? "red.8" : undefined}
            loading={giving.isPending}
            onClick={() => giving.mutate(undefined)}
          >
            {button}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** Something that the server tells once: a link or a key, to be copied now. */
export function Once({
  text,
  title,
  means,
  close,
}: {
  text: string;
  title: string;
  means: string;
  close: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={close}
      title={title}
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      <Stack>
        <Text size="sm">{means}</Text>
        <Group wrap="nowrap" gap="xs">
          <Code block style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap", flex: 1 }} data-secret>
            {text}
          </Code>
          <CopyButton value={text}>
            {({ copied, copy }) => (
              <Tooltip label={t(copied ? "settings.copied" : "settings.copy")}>
                <ActionIcon
                  variant="default"
                  size="lg"
                  aria-label={t(copied ? "settings.copied" : "settings.copy")}
                  onClick={copy}
                >
                  {copied ? <Check size={18} /> : <Copy size={18} />}
                </ActionIcon>
              </Tooltip>
            )}
          </CopyButton>
        </Group>
        <Alert color="orange" variant="light">
          {t("settings.onlyOnce")}
        </Alert>
        <Group justify="flex-end">
          <Button onClick={close}>{t("settings.kept")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
