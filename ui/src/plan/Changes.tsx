import { Badge, Code, Group, List, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { duration } from "../journey/duration";
import { KINDS, type Kind } from "../journey/model";
import { useWay } from "../journey/WayArrow";
import type { Change, Mark } from "./difference";
import classes from "./plan.module.css";
import { type Said, type Sentence, say, type Where } from "./words";

export type NameOf = (step: string) => string;

const KNOWN = [
  "subject",
  "preheader",
  "template",
  "text",
  "html",
  "mjml",
  "from",
  "reply_to",
  "subscription",
  "for",
  "until",
  "until_field",
  "until_time",
  "window",
  "goal",
  "exit",
  "exclude",
  "filter",
  "triggers",
  "reentry",
  "cap",
  "start",
  "end",
  "rate",
  "timezone",
  "lifetime",
  "label",
  "note",
  "name",
  "description",
  "folder",
  "tags",
  "layout",
  "url",
  "method",
  "body",
  "headers",
  "set",
  "on_skip",
  "on_error",
  "expires",
] as const;
type Known = (typeof KNOWN)[number];

const markOf = (said: Said): Mark =>
  said.is === "added" || said.is === "set" || said.is === "branchSet"
    ? "added"
    : said.is === "removed" || said.is === "gone" || said.is === "branchGone"
      ? "removed"
      : "changed";

function useSentence(nameOf: NameOf) {
  const { t, i18n } = useTranslation();
  const way = useWay();
  const kind = (name: string) =>
    t(`kind.${(KINDS as readonly string[]).includes(name) ? (name as Kind) : "unknown"}`);
  const goal = (step: string | null) =>
    step === null ? t("plan.outside") : t("plan.named", { name: nameOf(step) });
  const setting = (name: string) =>
    (KNOWN as readonly string[]).includes(name)
      ? t(`plan.setting.${name as Known}`)
      : name.replaceAll("_", " ");
  const value = (text: string | null) => (text === null ? "–" : duration(text, i18n.language));
  const branch = (one: Parameters<typeof way>[0]) => way(one) || t("plan.branch");
  const told = ({ said, where }: Sentence): string => {
    // "Goal: goal is different" says a word twice.
    const isWhole = "section" in where && "name" in said && said.name === where.section;
    if (isWhole && said.is !== "was")
      return t(`plan.said.${said.is === "set" ? "wholeSet" : said.is === "gone" ? "wholeGone" : "whole"}`);
    switch (said.is) {
      case "added":
        return t("plan.said.added", { kind: kind(said.kind) });
      case "removed":
        return t("plan.said.removed", { kind: kind(said.kind) });
      case "kind":
        return t("plan.said.kind", { before: kind(said.before), after: kind(said.after) });
      case "first":
        return t("plan.said.first", { before: goal(said.before), after: goal(said.after) });
      case "next":
        return t("plan.said.next", { before: goal(said.before), after: goal(said.after) });
      case "branch":
        return t("plan.said.branch", {
          way: branch(said.way),
          before: goal(said.before),
          after: goal(said.after),
        });
      case "branchSet":
        return t("plan.said.branchSet", { way: branch(said.way) });
      case "branchGone":
        return t("plan.said.branchGone", { way: branch(said.way) });
      case "branchChanged":
        return t("plan.said.branchChanged", { way: branch(said.way) });
      case "share":
        return t("plan.said.share", { name: said.name, before: said.before, after: said.after });
      case "order":
        return t("plan.said.order");
      case "set":
        return said.after === null
          ? t("plan.said.set", { name: setting(said.name) })
          : t("plan.said.setTo", { name: setting(said.name), after: value(said.after) });
      case "gone":
        return t("plan.said.gone", { name: setting(said.name) });
      case "text":
        return t("plan.said.text", { name: setting(said.name) });
      case "was":
        return t("plan.said.was", {
          name: setting(said.name),
          before: value(said.before),
          after: value(said.after),
        });
    }
  };
  const place = (where: Where): string =>
    "step" in where ? nameOf(where.step) : t(`plan.section.${where.section}`);
  return { told, place };
}

/** The difference of the two versions in words: what concerns people first. */
export function Changes({ changes, nameOf }: { changes: readonly Change[]; nameOf: NameOf }) {
  const { t } = useTranslation();
  const loud = changes.filter((one) => one.people);
  const silent = changes.filter((one) => !one.people);
  if (changes.length === 0) return <Text size="sm">{t("plan.nothing")}</Text>;
  return (
    <Stack gap="sm">
      <Sentences changes={loud} nameOf={nameOf} />
      {silent.length > 0 && (
        <>
          <Text size="sm" c="dimmed">
            {t("plan.silent")}
          </Text>
          <Sentences changes={silent} nameOf={nameOf} />
        </>
      )}
    </Stack>
  );
}

function Sentences({ changes, nameOf }: { changes: readonly Change[]; nameOf: NameOf }) {
  const { t } = useTranslation();
  const { told, place } = useSentence(nameOf);
  return (
    <List listStyleType="none" spacing={8} size="sm" withPadding={false}>
      {changes.map((change) => {
        const sentence: Sentence = say(change);
        const mark = markOf(sentence.said);
        return (
          <List.Item key={`${change.place} ${change.text}`}>
            <Group gap={8} wrap="nowrap" align="flex-start">
              <span className={classes.mark} data-mark={mark}>
                <span aria-hidden>{t(`plan.sign.${mark as "added"}`)}</span>{" "}
                {t(`plan.mark.${mark as "added"}`)}
              </span>
              <div className={classes.said}>
                <Text size="sm">
                  <strong>{place(sentence.where)}</strong>: {told(sentence)}
                </Text>
                {sentence.exactly && <Exactly {...sentence.exactly} />}
              </div>
            </Group>
          </List.Item>
        );
      })}
    </List>
  );
}

function Exactly({ before, after }: { before: string | null; after: string | null }) {
  const { t } = useTranslation();
  return (
    <details>
      <summary className={classes.exactly}>{t("plan.exactly")}</summary>
      {before !== null && (
        <>
          <Badge size="xs" variant="default" tt="none" mt={4}>
            {t("plan.before")}
          </Badge>
          <Code block>{before}</Code>
        </>
      )}
      {after !== null && (
        <>
          <Badge size="xs" variant="default" tt="none" mt={4}>
            {t("plan.after")}
          </Badge>
          <Code block>{after}</Code>
        </>
      )}
    </details>
  );
}
