import { Badge } from "@mantine/core";
import type { ReactNode } from "react";

/** A word on a coloured ground; the letters are those of the text, so that they can be read on each. */
export function Mark({ color, children }: { color: string; children: ReactNode }) {
  return (
    <Badge variant="light" color={color} tt="none" fw={600} c="var(--mantine-color-text)">
      {children}
    </Badge>
  );
}
