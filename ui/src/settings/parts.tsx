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
  VisuallyHidden,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type UseQueryResult, useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent, ReactNode } from "react";
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

/** What can be done with a row: its name alone for the eye, with the row's own for whoever does not see the row. */
export function RowButton({ label, of, onClick }: { label: string; of: string; onClick: () => void }) {
  return (
    <Button size="xs" variant="default" onClick={onClick} aria-label={`${label}: ${of}`}>
      {label}
    </Button>
  );
}

/** What a row is about: its name, and something smaller below. */
export function Named({ name, children }: { name: ReactNode; children?: ReactNode }) {
  return (
    <>
      <Text size="sm" fw={600} component="div">
        {name}
      </Text>
      {children !== undefined && (
        <Text size="xs" c="dimmed" component="div">
          {children}
        </Text>
      )}
    </>
  );
}

/** A column: its name, and where its values stand. */
export type Column = string | { label: string; right: true };

/** A table of what a question has brought, one row each, what can be done with it last; or what stands where there is nothing. */
export function TableOf<T>({
  of,
  none,
  head,
  least,
  spacing = "sm",
  children,
}: {
  of: UseQueryResult<T[]>;
  none?: ReactNode;
  head?: readonly Column[];
  least: number;
  spacing?: "xs" | "sm";
  children: (one: T) => ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <Loaded of={of}>
      {(found) =>
        found.length === 0 && none !== undefined ? (
          <Text c="dimmed" component="div">
            {none}
          </Text>
        ) : (
          <Wide least={least}>
            <Table verticalSpacing={spacing}>
              {head && (
                <Table.Thead>
                  <Table.Tr>
                    {head.map((one) =>
                      typeof one === "string" ? (
                        <Table.Th key={one}>{one}</Table.Th>
                      ) : (
                        <Table.Th key={one.label} ta="right">
                          {one.label}
                        </Table.Th>
                      ),
                    )}
                    <Table.Th>
                      <VisuallyHidden>{t("home.actions")}</VisuallyHidden>
                    </Table.Th>
                  </Table.Tr>
                </Table.Thead>
              )}
              <Table.Tbody>{found.map(children)}</Table.Tbody>
            </Table>
          </Wide>
        )
      }
    </Loaded>
  );
}

/** A change that a form gives: what `useChange` returns. */
interface Giving {
  mutate: (given: undefined) => void;
  isPending: boolean;
  error: unknown;
}

const submitted = (giving: Giving) => (event: FormEvent) => {
  event.preventDefault();
  giving.mutate(undefined);
};

/** A form on a page, with its button below; none where nothing may be changed. */
export function PageForm({
  giving,
  button,
  width = 420,
  may = true,
  children,
}: {
  giving: Giving;
  button: string;
  width?: number;
  may?: boolean;
  children: ReactNode;
}) {
  return (
    <Stack component="form" maw={width} onSubmit={submitted(giving)}>
      {children}
      <Wrong error={giving.error} />
      {may && (
        <Group>
          <Button type="submit" loading={giving.isPending}>
            {button}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

/** A dialog with one form; its button carries the name of what it does. */
export function FormDialog({
  title,
  button,
  giving,
  close,
  size,
  grave,
  disabled,
  children,
}: {
  title: string;
  button: string;
  giving: Giving;
  close: () => void;
  size?: "lg";
  grave?: boolean;
  disabled?: boolean;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={close}
      size={size}
      title={title}
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      <Stack component="form" onSubmit={submitted(giving)}>
        {children}
        <Wrong error={giving.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {t("dialog.cancel")}
          </Button>
          <Button
            type="submit"
            loading={giving.isPending}
            disabled={disabled}
            color={grave ? "red.8" : undefined}
          >
            {button}
          </Button>
        </Group>
      </Stack>
    </Modal>
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
  const giving = useChange(() => run(), { then: close });
  return (
    <FormDialog title={title} button={button} giving={giving} close={close} grave={grave}>
      <Text size="sm">{means}</Text>
    </FormDialog>
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
                  data-autofocus
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
