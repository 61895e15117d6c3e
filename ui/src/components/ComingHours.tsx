import { Table, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../app/format";
import { clock, hoursOf, type Later } from "./hours";

interface Props {
  rows: readonly Later[];
  /** How many hours were looked at. */
  hours: number;
  nameOf: (step: string) => string;
}

/** What becomes due in the hours to come, hour by hour, for who opens it. */
export function ComingHours({ rows, hours, nameOf }: Props) {
  const { t, i18n } = useTranslation();
  const { number } = useFormat();
  const [from] = useState(() => Date.now());
  const found = hoursOf(rows);
  if (found.length === 0) return null;
  const mails = found.some((one) => one.messages > 0);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <details data-hours>
      <summary>
        <Text span size="sm">
          {t("hours.title", { hours })}
        </Text>
      </summary>
      <Table.ScrollContainer minWidth={280} mt={4}>
        <Table verticalSpacing={3} horizontalSpacing={6} fz="sm" aria-label={t("hours.title", { hours })}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("hours.time", { zone })}</Table.Th>
              <Table.Th ta="right">{t("hours.people")}</Table.Th>
              {mails && <Table.Th ta="right">{t("hours.messages")}</Table.Th>}
              <Table.Th>{t("hours.steps")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody style={{ fontVariantNumeric: "tabular-nums" }}>
            {found.map((one) => (
              <Table.Tr key={one.hour} data-hour={one.hour}>
                <Table.Td style={{ whiteSpace: "nowrap" }}>{clock(one.hour, from, i18n.language)}</Table.Td>
                <Table.Td ta="right">{one.people > 0 ? number(one.people) : ""}</Table.Td>
                {mails && <Table.Td ta="right">{one.messages > 0 ? number(one.messages) : ""}</Table.Td>}
                <Table.Td>
                  {one.steps
                    .map(({ step, people, messages }) =>
                      one.steps.length === 1
                        ? nameOf(step)
                        : `${nameOf(step)} (${number(people + messages)})`,
                    )
                    .join(", ")}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </details>
  );
}
