import {
  Alert,
  Button,
  Checkbox,
  Group,
  List,
  Loader,
  Modal,
  Stack,
  Table,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Unreachable } from "../api/client";
import { give, type Order, useGive, useJourney, useVersion } from "../api/queries";
import type { Command, CommandAnswer } from "../api/types";
import { useFormat } from "../app/format";
import { type Back, Backfill, startsByEvent } from "./Backfill";
import { GRAVE, legal, SIGNS } from "./commands";
import { InFlight } from "./InFlight";
import { Alert as Sign } from "./icons";
import { PauseChoices, type PauseOptions } from "./PauseChoices";
import { ResumePreview } from "./ResumePreview";
import { Trouble, useWords } from "./Trouble";

export interface Asked {
  journey: string;
  name: string;
  command: Command;
  version?: number;
  /** Other commands that are legal now: Stop names the gentler ones first. */
  actions: Parameters<typeof legal>[0];
  /** There is a draft: what publishing it changes for people inside is told by its plan. */
  draft?: boolean;
}

const GENTLER: readonly Command[] = ["close", "pause"];

/** Asks before a command is given: what it would do now, the choices there are, and whether it can be undone. */
export function ConfirmDialog({
  asked,
  close,
  instead,
}: {
  asked: Asked;
  close: () => void;
  instead: (command: Command) => void;
}) {
  const { t } = useTranslation();
  const { command, journey, name } = asked;
  const [reason, setReason] = useState("");
  const [pause, setPause] = useState<PauseOptions>({});
  const [stopFirst, setStopFirst] = useState(false);
  const [copy, setCopy] = useState("");
  const [back, setBack] = useState<Back>(null);
  const detail = useJourney(journey).data;
  const navigate = useNavigate();
  const isItsPage = useLocation().pathname.split("/")[2] === encodeURIComponent(journey);
  const draft = useVersion(
    journey,
    command === "publish" ? (asked.version ?? detail?.draft ?? null) : null,
  ).data;
  const once = useMemo(() => crypto.randomUUID(), []);
  const options = useMemo(() => {
    if (command === "pause") return { ...pause };
    if (command === "delete" && stopFirst) return { stop_first: true };
    if (command === "publish" && back !== null) return { backfill: back };
    if (command === "duplicate" && copy) return { key: copy };
    return undefined;
  }, [command, pause, stopFirst, copy, back]);
  const order: Order = { key: journey, command, version: asked.version, options, reason };
  const dry = useQuery({
    queryKey: ["dry-run", journey, command, asked.version, options],
    queryFn: () => give({ ...order, reason: undefined }, true),
    staleTime: 0,
    gcTime: 0,
    retry: false,
    placeholderData: (before) => before,
  });
  const giving = useGive(false);
  const [given, setGiven] = useState<CommandAnswer | null>(null);
  const { said } = useFormat();
  const words = useWords();
  const refused = dry.data?.refused ?? null;
  const needsStop = command === "delete" && refused === "stop_first_needed";
  const confirm = () =>
    giving.mutate(
      { order, once },
      {
        onSuccess: (answer) => {
          // Nobody stays at the page of what is gone.
          if (command === "delete" && asked.version === undefined && isItsPage) void navigate({ to: "/" });
          if (answer.in_flight > 0) {
            setGiven(answer);
            return;
          }
          close();
          notifications.show({
            message: <Done answer={answer} name={name} />,
            color: "teal",
            autoClose: 8000,
          });
        },
      },
    );
  const gentler = command === "stop" ? GENTLER.filter((one) => legal(asked.actions).includes(one)) : [];
  const Mark = SIGNS[command];
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={
        <Text fw={650} size="lg">
          {given
            ? t(`command.${command}.done` as "command.pause.done", { name })
            : t(`command.${command}.title`, { name })}
        </Text>
      }
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      {given && <InFlight order={order} once={once} answer={given} close={close} />}
      <Stack gap="md" display={given ? "none" : undefined}>
        {gentler.length > 0 && (
          <Alert variant="light" color="blue" title={t("dialog.gentler")}>
            <Stack gap="xs">
              {gentler.map((one) => (
                <Group key={one} justify="space-between" wrap="nowrap">
                  <Text size="sm">{t(`command.${one}.gentler` as "command.close.gentler")}</Text>
                  <Button size="xs" variant="default" onClick={() => instead(one)} style={{ flexShrink: 0 }}>
                    {t(`command.${one}.label`)}
                  </Button>
                </Group>
              ))}
            </Stack>
          </Alert>
        )}
        {dry.isPending && <Loader size="sm" aria-label={t("dialog.counting")} />}
        {dry.isError && !dry.data && <Trouble error={dry.error} again={() => dry.refetch()} />}
        {dry.data && (
          <>
            <Counts answer={dry.data} />
            <Effects command={command} />
          </>
        )}
        {command === "pause" && <PauseChoices value={pause} change={setPause} />}
        {command === "publish" && startsByEvent(draft?.definition) && (
          <Backfill
            value={back}
            change={setBack}
            count={dry.isPlaceholderData ? undefined : dry.data?.counts.backfill}
          />
        )}
        {command === "resume" && <ResumePreview journey={journey} preview={dry.data?.preview ?? null} />}
        {command === "resume" && asked.draft && (
          <Alert variant="light" color="blue">
            <Group justify="space-between">
              <Text size="sm">{t("plan.resumeHint")}</Text>
              <Button
                size="xs"
                variant="default"
                component={Link}
                to={`/journeys/${journey}/plan` as never}
                onClick={close}
              >
                {t("plan.resumeWithChanges")}
              </Button>
            </Group>
          </Alert>
        )}
        {(needsStop || stopFirst) && (
          <Checkbox
            color="red"
            checked={stopFirst}
            onChange={(event) => setStopFirst(event.currentTarget.checked)}
            label={t("delete.stopFirst")}
          />
        )}
        {command === "duplicate" && (
          <TextInput
            label={t("duplicate.key")}
            description={t("duplicate.keyMeans")}
            placeholder={`${journey}-copy`}
            value={copy}
            data-autofocus
            onChange={(event) => setCopy(event.currentTarget.value)}
          />
        )}
        {refused && (
          <Alert color="orange" variant="light" icon={<Sign />} title={said(dry.data?.message)}>
            {said(dry.data?.hint)}
          </Alert>
        )}
        {(dry.data?.warnings ?? []).length > 0 && (
          <Alert color="yellow" variant="light" title={t("dialog.breaks")}>
            <List size="sm">
              {dry.data?.warnings.map((one) => (
                <List.Item key={one}>{one}</List.Item>
              ))}
            </List>
          </Alert>
        )}
        <Textarea
          label={t("dialog.reason")}
          description={t("dialog.reasonMeans")}
          autosize
          minRows={1}
          maxLength={1000}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {giving.isError && (
          <Alert color="red" variant="light" icon={<Sign />} title={words(giving.error).said} role="alert">
            {giving.error instanceof Unreachable ? t("trouble.giveAgain") : words(giving.error).hint}
          </Alert>
        )}
        <Group justify="flex-end" mt="xs">
          <Button
            variant="default"
            onClick={close}
            data-autofocus={command === "duplicate" ? undefined : true}
          >
            {t("dialog.cancel")}
          </Button>
          <Button
            color={GRAVE.has(command) ? "red.9" : undefined}
            leftSection={<Mark size={16} />}
            loading={giving.isPending}
            disabled={dry.isPending || (refused !== null && refused !== undefined)}
            onClick={confirm}
          >
            {t(`command.${command}.label`)}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Counts({ answer }: { answer: CommandAnswer }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const shown = (["inside", "queued", "messages", "messages_cancelled"] as const).filter(
    (name) => answer.counts[name] !== undefined,
  );
  if (shown.length === 0) return null;
  return (
    <Table withRowBorders={false} verticalSpacing={2} aria-label={t("dialog.counts")}>
      <Table.Tbody>
        {shown.map((name) => (
          <Table.Tr key={name}>
            <Table.Td w={1} ta="right" fw={650} style={{ fontVariantNumeric: "tabular-nums" }}>
              {number(answer.counts[name] ?? 0)}
            </Table.Td>
            <Table.Td>{t(`count.${name}`, { count: answer.counts[name] ?? 0 })}</Table.Td>
          </Table.Tr>
        ))}
        {answer.in_flight > 0 && (
          <Table.Tr>
            <Table.Td ta="right" fw={650}>
              {number(answer.in_flight)}
            </Table.Td>
            <Table.Td>{t("count.in_flight", { count: answer.in_flight })}</Table.Td>
          </Table.Tr>
        )}
      </Table.Tbody>
    </Table>
  );
}

const EFFECTS = ["new", "inside", "waits", "messages", "undo"] as const;

function Effects({ command }: { command: Command }) {
  const { t } = useTranslation();
  const told: readonly Command[] = ["publish", "pause", "resume", "close", "stop", "restart", "delete"];
  if (!told.includes(command))
    return <Text size="sm">{t(`command.${command}.means` as "command.duplicate.means")}</Text>;
  return (
    <Table withTableBorder verticalSpacing={6} layout="fixed" aria-label={t("dialog.effects")}>
      <Table.Tbody>
        {EFFECTS.map((what) => (
          <Table.Tr key={what}>
            <Table.Th w="32%" fw={600}>
              {t(`effect.${what}`)}
            </Table.Th>
            <Table.Td>{t(`command.${command}.${what}` as "command.stop.new")}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Done({ answer, name }: { answer: CommandAnswer; name: string }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const command = answer.command as Command;
  return (
    <Stack gap={2}>
      <Text fw={600} size="sm">
        {t(`command.${command}.done` as "command.pause.done", { name })}
      </Text>
      {answer.in_flight > 0 && (
        <Text size="sm">{t("done.inFlight", { count: answer.in_flight, n: number(answer.in_flight) })}</Text>
      )}
      {answer.settled && (
        <Text size="sm">
          {t("done.settled", {
            sent: number(answer.settled.sent),
            uncertain: number(answer.settled.uncertain),
          })}
        </Text>
      )}
    </Stack>
  );
}
