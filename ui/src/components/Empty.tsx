import { Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** Where nothing is: what it would show, and what to do next. */
export function Empty({
  title,
  hint,
  top,
  children,
}: {
  title: string;
  hint?: string;
  /** It is all that the page has: its heading is the page's. */
  top?: boolean;
  children?: ReactNode;
}) {
  return (
    <Stack align="center" py={48} gap="xs">
      <Title order={top ? 1 : 2} size="h4" ta="center">
        {title}
      </Title>
      {hint && (
        <Text c="dimmed" ta="center" maw={520}>
          {hint}
        </Text>
      )}
      {children}
    </Stack>
  );
}
