import { Anchor, Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type MouseEvent, useState } from "react";
import { refusal, Unreachable } from "../api/client";
import { useWords } from "./Trouble";

/** What a table is asked for: values of a query, lists among them. */
export type Asked = Record<string, string | number | boolean | readonly string[] | undefined>;

/** Return an address with what is asked for. */
export function address(path: string, asked: Asked = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== "") query.append(name, String(one));
    }
  }
  return query.size ? `${path}?${query}` : path;
}

/** Fetch a table as text: a link cannot say that it wants one. Throws `Refused` or `Unreachable`. */
async function fetchTable(path: string): Promise<Blob> {
  let answer: Response;
  try {
    answer = await fetch(path, { headers: { Accept: "text/csv" } });
  } catch {
    throw new Unreachable();
  }
  if (!answer.ok) throw await refusal(answer);
  return answer.blob();
}

/** Saves a table of the API as a CSV file: a link beside a heading, or with words of its own a button. */
export function Csv({
  path,
  asked,
  name,
  label,
  size,
}: {
  path: string;
  asked?: Asked;
  name: string;
  label?: string;
  size?: "xs";
}) {
  const [busy, setBusy] = useState(false);
  const words = useWords();
  const href = address(path, asked);
  const save = async (event: MouseEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    try {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await fetchTable(href));
      link.download = `${name}.csv`;
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (error) {
      const { said, hint } = words(error);
      notifications.show({ color: "red", title: said, message: hint });
    } finally {
      setBusy(false);
    }
  };
  const onClick = (event: MouseEvent) => void save(event);
  if (label === undefined)
    return (
      <Anchor size="sm" href={href} aria-busy={busy} onClick={onClick}>
        CSV
      </Anchor>
    );
  return (
    <Button component="a" variant="default" size={size} href={href} loading={busy} onClick={onClick}>
      {label}
    </Button>
  );
}
