import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "../app/format";
import { flat, valueText } from "./values";

const SHOWN = 12;

/** Properties in one line: name and value, name and value. */
export function Properties({ data }: { data: Record<string, unknown> }) {
  const { t } = useTranslation();
  const { instant, number } = useFormat();
  const rows = flat(data);
  if (rows.length === 0) return null;
  const words = { yes: t("why.yes"), no: t("why.no"), instant, number };
  const said = rows.slice(0, SHOWN).map(([name, value]) => `${name}: ${valueText(value, words)}`);
  return (
    <Text size="sm" style={{ overflowWrap: "anywhere" }}>
      {said.join(" · ")}
      {rows.length > SHOWN ? " …" : ""}
    </Text>
  );
}
