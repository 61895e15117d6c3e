import { Anchor, Grid, Skeleton, Stack, Table, Tabs, Text, Title, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, Refused } from "../api/client";
import { Trouble } from "../components/Trouble";
import { useFormat } from "./format";

/** What the built-in catch-all has taken: list, rendered view, text and source. */
export default function MailboxPage() {
  const { t } = useTranslation();
  const { instant } = useFormat();
  const [shown, setShown] = useState<number | null>(null);
  const mails = useQuery({
    queryKey: ["mailbox"],
    queryFn: () => data(client.GET("/api/mailbox")),
    refetchInterval: 5000,
    retry: false,
  });
  const isMissing = mails.error instanceof Refused && mails.error.code === "no_mailbox";
  return (
    <Stack>
      <Title order={1} size="h2">
        {t("app.mailbox")}
      </Title>
      {isMissing && <Text c="dimmed">{t("mailbox.missing")}</Text>}
      {mails.isError && !isMissing && <Trouble error={mails.error} again={() => mails.refetch()} />}
      {mails.isPending && <Skeleton h={240} />}
      {mails.data && mails.data.items.length === 0 && (
        <Text c="dimmed" ta="center" py="xl">
          {t("mailbox.none")}
        </Text>
      )}
      {mails.data && mails.data.items.length > 0 && (
        <Grid>
          <Grid.Col span={{ base: 12, md: shown === null ? 12 : 5 }}>
            <Table verticalSpacing="xs">
              <Table.Tbody>
                {mails.data.items.map((one) => (
                  <Table.Tr
                    key={one.number}
                    bg={shown === one.number ? "var(--mantine-primary-color-light)" : undefined}
                  >
                    <Table.Td>
                      <UnstyledButton onClick={() => setShown(one.number)} w="100%">
                        <Text fw={600} size="sm">
                          {one.subject || t("mailbox.noSubject")}
                        </Text>
                        <Text size="xs" c="dimmed">
                          {one.to.join(", ")} · {instant(one.at)}
                        </Text>
                      </UnstyledButton>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Grid.Col>
          {shown !== null && (
            <Grid.Col span={{ base: 12, md: 7 }}>
              <Mail number={shown} />
            </Grid.Col>
          )}
        </Grid>
      )}
    </Stack>
  );
}

function Mail({ number }: { number: number }) {
  const { t } = useTranslation();
  const found = useQuery({
    queryKey: ["mail", number],
    queryFn: () => data(client.GET("/api/mailbox/{number}", { params: { path: { number } } })),
  });
  if (found.isError && !found.data) return <Trouble error={found.error} />;
  if (!found.data) return <Skeleton h={320} />;
  const mail = found.data;
  return (
    <Tabs defaultValue={mail.html ? "html" : "text"}>
      <Tabs.List>
        {mail.html && <Tabs.Tab value="html">{t("mailbox.html")}</Tabs.Tab>}
        <Tabs.Tab value="text">{t("mailbox.text")}</Tabs.Tab>
        <Tabs.Tab value="headers">{t("mailbox.headers")}</Tabs.Tab>
      </Tabs.List>
      {mail.html && (
        <Tabs.Panel value="html">
          {/* A frame of no origin: nothing in a mail can reach this page. */}
          <iframe
            title={t("mailbox.html")}
            sandbox=""
            srcDoc={mail.html}
            style={{ width: "100%", height: 480, border: 0, background: "#fff" }}
          />
        </Tabs.Panel>
      )}
      <Tabs.Panel value="text">
        <Text component="pre" size="sm" style={{ whiteSpace: "pre-wrap" }}>
          {mail.text}
        </Text>
      </Tabs.Panel>
      <Tabs.Panel value="headers">
        <Text component="pre" size="xs" style={{ whiteSpace: "pre-wrap" }}>
          {JSON.stringify(mail.headers, null, 1)}
        </Text>
      </Tabs.Panel>
      <Anchor size="sm" href={`/api/mailbox/${number}/source`}>
        {t("mailbox.source")}
      </Anchor>
    </Tabs>
  );
}
