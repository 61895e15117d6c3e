import { Button, Group, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../api/client";
import { useFormat } from "../app/format";
import { cell, saveText } from "../components/download";
import { lineOf } from "./table";

type Bad = Schemas["BadLine"];
const SHOWN = 20;

/** The lines that were left out, or would be: which, why, and what to do; all that are kept as a file. */
export function BadLines({ errors, bad, name }: { errors: Bad[]; bad: number; name: string }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  if (errors.length === 0) return null;
  const download = () => {
    const rows = errors.map((one) => {
      const { line, field } = lineOf(one.place);
      return [line === null ? "" : String(line), field, one.message, one.hint, one.code].map(cell).join(",");
    });
    saveText(["line,field,message,hint,code", ...rows, ""].join("\n"), `${name}-refused.csv`);
  };
  return (
    <section>
      <Group justify="space-between" mb="xs">
        <Text fw={600}>{t("loads.leftOut", { count: bad, n: number(bad) })}</Text>
        <Button size="xs" variant="default" onClick={download}>
          {t("loads.download")}
        </Button>
      </Group>
      <Table.ScrollContainer minWidth={520} type="native">
        <Table verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("loads.line")}</Table.Th>
              <Table.Th>{t("loads.where")}</Table.Th>
              <Table.Th>{t("loads.why")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {errors.slice(0, SHOWN).map((one, n) => {
              const { line, field } = lineOf(one.place);
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: a line may have two of the same
                <Table.Tr key={`${one.place} ${one.code} ${n}`}>
                  <Table.Td>{line === null ? "–" : number(line)}</Table.Td>
                  <Table.Td>{field || "–"}</Table.Td>
                  <Table.Td>
                    {one.message}
                    {one.hint && (
                      <Text size="xs" c="dimmed">
                        {one.hint}
                      </Text>
                    )}
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {bad > SHOWN && (
        <Text size="sm" c="dimmed" mt="xs">
          {bad > errors.length
            ? t("loads.firstKept", { shown: number(SHOWN), kept: number(errors.length) })
            : t("loads.firstShown", { shown: number(SHOWN) })}
        </Text>
      )}
    </section>
  );
}
