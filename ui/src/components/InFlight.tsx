import { Alert, Button, Group, Loader, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { give, type Order } from "../api/queries";
import type { CommandAnswer } from "../api/types";
import { useFormat } from "../app/format";

/**
 * Behind a command: how many messages a provider held already, and then what became of them. The command is given again
 * with its key, which does nothing but wait; whoever leaves misses nothing.
 */
export function InFlight({
  order,
  once,
  answer,
  close,
}: {
  order: Order;
  once: string;
  answer: CommandAnswer;
  close: () => void;
}) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const waiting = useQuery({
    queryKey: ["in-flight", once],
    queryFn: () => give(order, false, once, true),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const settled = waiting.data?.settled;
  return (
    <Stack gap="md" role="status">
      <Text size="sm">{t("done.inFlight", { count: answer.in_flight, n: number(answer.in_flight) })}</Text>
      {settled ? (
        <Alert color="teal" variant="light">
          {t("done.settled", { sent: number(settled.sent), uncertain: number(settled.uncertain) })}
        </Alert>
      ) : (
        <Group gap="xs" wrap="nowrap">
          <Loader size="xs" aria-hidden />
          <Text size="sm">{t("done.waiting")}</Text>
        </Group>
      )}
      <Group justify="flex-end">
        <Button variant={settled ? "filled" : "default"} onClick={close} data-autofocus>
          {settled ? t("done.ok") : t("done.leave")}
        </Button>
      </Group>
    </Stack>
  );
}
