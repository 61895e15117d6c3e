import {
  Button,
  Group,
  Menu,
  Modal,
  Radio,
  Select,
  Skeleton,
  Stack,
  Text,
  UnstyledButton,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, type Schemas } from "../api/client";
import { useMe } from "../api/queries";
import { has } from "../api/types";
import { useFormat } from "../app/format";
import { Audience } from "../components/icons";
import { Trouble } from "../components/Trouble";
import { tell } from "../components/tell";
import { useAudiences } from "./Audiences";
import { keyOf } from "./condition";
import { NameAndKey } from "./NameAndKey";

/** The people behind a number, as the API counts them. */
export type Count = Partial<Schemas["CountWanted"]> & Pick<Schemas["CountWanted"], "journey" | "kind">;
export interface Counted {
  label: string;
  count: Count;
}

/** Make a list of the people behind a number; nothing for who may not. */
export function SaveAsAudience({ label, count }: Counted) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  if (!has(useMe().data, "publisher")) return null;
  return (
    <>
      <Button variant="default" leftSection={<Audience size={16} />} onClick={() => setOpen(true)}>
        {t("audience.saveAs")}
      </Button>
      {open && <Dialog counted={{ label, count }} close={() => setOpen(false)} />}
    </>
  );
}

/** The same for several numbers of a row: a sign with a menu that names each. */
export function SaveOneOf({ of, items }: { of: string; items: Counted[] }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<Counted | null>(null);
  if (!has(useMe().data, "publisher") || items.length === 0) return null;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <UnstyledButton
            aria-label={t("audience.saveOf", { name: of })}
            title={t("audience.saveAs")}
            c="dimmed"
            p={4}
            style={{ lineHeight: 0, borderRadius: 4 }}
          >
            <Audience size={16} />
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t("audience.saveAs")}</Menu.Label>
          {items.map((one) => (
            <Menu.Item key={one.label} onClick={() => setOpen(one)}>
              {one.label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {open && <Dialog counted={open} close={() => setOpen(null)} />}
    </>
  );
}

function Dialog({ counted, close }: { counted: Counted; close: () => void }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const audiences = useAudiences().data ?? [];
  const lists = audiences.filter((one) => one.kind === "list");
  const [into, setInto] = useState<"new" | "old">("new");
  const [old, setOld] = useState<string | null>(null);
  const [name, setName] = useState(counted.label);
  const [written, setWritten] = useState<string | null>(null);
  const fresh = written ?? keyOf(name);
  const key = into === "new" ? fresh : (old ?? "");
  const isTaken = into === "new" && audiences.some((one) => one.key === fresh);
  const ask = (target: string, dryRun: boolean) =>
    data(
      client.POST("/api/audiences/{key}/from", {
        params: { path: { key: target } },
        body: {
          statuses: [],
          steps: [],
          ...counted.count,
          name: into === "new" ? name : "",
          dry_run: dryRun,
        },
      }),
    );
  const size = useQuery({
    queryKey: ["count", counted.count],
    queryFn: () => ask("_", true),
    staleTime: 0,
  });
  const saving = useMutation({
    mutationFn: () => ask(key, false),
    onSuccess: (done) => {
      tell({
        color: "teal",
        message: t("audience.added", { count: done.added, n: number(done.added) }),
      });
      close();
      void navigate({ to: `/audiences/${done.key}` as never });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["audiences"] }),
  });
  return (
    <Modal
      opened
      onClose={close}
      title={t("audience.saveAs")}
      size="lg"
      closeButtonProps={{ "aria-label": t("dialog.close") }}
    >
      <Stack>
        <div>
          <Text fw={600}>{counted.label}</Text>
          {size.isError ? (
            <Trouble error={size.error} />
          ) : size.data ? (
            <Text role="status" data-people={size.data.people}>
              {t("audience.now", { count: size.data.people, n: number(size.data.people) })}
            </Text>
          ) : (
            <Skeleton h={20} w={200} />
          )}
        </div>
        <Text size="sm" c="dimmed">
          {t("audience.saveAsMeans")}
        </Text>
        {lists.length > 0 && (
          <Radio.Group
            label={t("audience.into")}
            value={into}
            onChange={(next) => setInto(next as "new" | "old")}
          >
            <Group mt="xs">
              <Radio value="new" label={t("audience.intoNew")} />
              <Radio value="old" label={t("audience.intoOld")} />
            </Group>
          </Radio.Group>
        )}
        {into === "new" ? (
          <NameAndKey name={name} setName={setName} id={fresh} setId={setWritten} isTaken={isTaken} />
        ) : (
          <Select
            label={t("audience.one")}
            data={lists.map((one) => ({ value: one.key, label: one.name || one.key }))}
            value={old}
            onChange={setOld}
            searchable
          />
        )}
        {saving.isError && <Trouble error={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("dialog.cancel")}
          </Button>
          <Button
            disabled={key === "" || isTaken || !size.data}
            loading={saving.isPending}
            onClick={() => saving.mutate()}
          >
            {t("audience.save")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
