import {
  ActionIcon,
  Badge,
  Button,
  Group,
  List,
  Menu,
  Radio,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
} from "@mantine/core";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, data, type Schemas } from "../api/client";
import { useMe } from "../api/queries";
import type { Role } from "../api/types";
import { useFormat } from "../app/format";
import { LANGUAGES, type Language } from "../app/texts";
import { GRAVE } from "../app/theme";
import { Dots } from "../components/icons";
import { Ask, FormDialog, Loaded, Named, Once, Part, RowButton, TableOf, useChange, Wrong } from "./parts";

type User = Schemas["User"];
type Invitation = Schemas["Invitation"];
const ROLES: readonly Role[] = ["viewer", "editor", "publisher", "admin"];

/** Who works here and with which role, and who is invited. */
export default function Users() {
  const { t } = useTranslation();
  const users = useQuery({ queryKey: ["users"], queryFn: () => data(client.GET("/api/users")) });
  const invitations = useQuery({
    queryKey: ["invitations"],
    queryFn: () => data(client.GET("/api/invitations")),
  });
  const [inviting, setInviting] = useState(false);
  return (
    <>
      <Part
        title={t("settings.users.title")}
        means={t("settings.users.means")}
        action={<Button onClick={() => setInviting(true)}>{t("settings.users.invite")}</Button>}
      >
        <UserTable users={users} />
      </Part>
      <Loaded of={invitations}>{(found) => <Invitations all={found} />}</Loaded>
      <Part title={t("settings.users.roles")} means={t("settings.users.rolesMean")}>
        <List spacing="xs">
          {ROLES.map((role) => (
            <List.Item key={role}>
              <Text component="span" fw={600}>
                {t(`settings.role.${role}.label`)}
              </Text>{" "}
              – {t(`settings.role.${role}.may`)}
            </List.Item>
          ))}
        </List>
      </Part>
      {inviting && <Invite close={() => setInviting(false)} />}
    </>
  );
}

function UserTable({ users }: { users: UseQueryResult<User[]> }) {
  const { t } = useTranslation();
  const { ago, instant } = useFormat();
  const me = useMe().data;
  const [asked, setAsked] = useState<{ user: User; what: "role" | "off" } | null>(null);
  const [link, setLink] = useState<string | null>(null);
  const changing = useChange(
    ({ email, disabled }: { email: string; disabled: boolean }) =>
      data(client.PATCH("/api/users/{email}", { params: { path: { email } }, body: { disabled } })),
    { done: t("settings.saved") },
  );
  const linking = useChange(
    (email: string) => data(client.POST("/api/users/{email}/link", { params: { path: { email } } })),
    { then: (made) => setLink(made.link) },
  );
  return (
    <>
      <Wrong error={changing.error ?? linking.error} />
      <TableOf
        of={users}
        least={560}
        head={[t("settings.users.who"), t("settings.users.role"), t("settings.users.signedIn")]}
      >
        {(user) => (
          <Table.Tr key={user.email} data-user={user.email}>
            <Table.Td>
              <Group gap="xs">
                <Text fw={600} size="sm">
                  {user.name || user.email}
                </Text>
                {user.email === me?.name && <Badge variant="light">{t("settings.users.you")}</Badge>}
                {user.disabled_at && (
                  <Badge color="gray" variant="light">
                    {t("settings.users.off")}
                  </Badge>
                )}
              </Group>
              {user.name && (
                <Text size="xs" c="dimmed">
                  {user.email}
                </Text>
              )}
            </Table.Td>
            <Table.Td>{t(`settings.role.${user.role}.label`)}</Table.Td>
            <Table.Td title={instant(user.signed_in_at)}>
              {user.signed_in_at ? ago(user.signed_in_at) : t("settings.users.never")}
            </Table.Td>
            <Table.Td ta="right">
              <Menu position="bottom-end">
                <Menu.Target>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={t("settings.users.more", { who: user.name || user.email })}
                  >
                    <Dots size={18} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item onClick={() => setAsked({ user, what: "role" })}>
                    {t("settings.users.changeRole")}
                  </Menu.Item>
                  {!user.disabled_at && (
                    <Menu.Item onClick={() => linking.mutate(user.email)}>
                      {t("settings.users.link")}
                    </Menu.Item>
                  )}
                  {user.disabled_at ? (
                    <Menu.Item onClick={() => changing.mutate({ email: user.email, disabled: false })}>
                      {t("settings.users.enable")}
                    </Menu.Item>
                  ) : (
                    <Menu.Item c={GRAVE} onClick={() => setAsked({ user, what: "off" })}>
                      {t("settings.users.disable")}
                    </Menu.Item>
                  )}
                </Menu.Dropdown>
              </Menu>
            </Table.Td>
          </Table.Tr>
        )}
      </TableOf>
      {asked?.what === "role" && <ChangeRole user={asked.user} close={() => setAsked(null)} />}
      {asked?.what === "off" && (
        <Ask
          title={t("settings.users.disableWho", { who: asked.user.name || asked.user.email })}
          means={t("settings.users.disableMeans")}
          button={t("settings.users.disable")}
          grave
          run={() =>
            data(
              client.PATCH("/api/users/{email}", {
                params: { path: { email: asked.user.email } },
                body: { disabled: true },
              }),
            )
          }
          close={() => setAsked(null)}
        />
      )}
      {link && (
        <Once
          title={t("settings.users.link")}
          means={t("settings.users.linkMeans")}
          text={link}
          close={() => setLink(null)}
        />
      )}
    </>
  );
}

function RoleChoice({
  role,
  choose,
  first,
}: {
  role: Role;
  choose: (role: Role) => void;
  /** It is the first thing of its dialog. */
  first?: boolean;
}) {
  const { t } = useTranslation();
  return (
    <Radio.Group label={t("settings.users.role")} value={role} onChange={(value) => choose(value as Role)}>
      <Stack gap="xs" mt="xs">
        {ROLES.map((one) => (
          <Radio
            key={one}
            value={one}
            data-autofocus={(first && one === role) || undefined}
            label={t(`settings.role.${one}.label`)}
            description={t(`settings.role.${one}.may`)}
          />
        ))}
      </Stack>
    </Radio.Group>
  );
}

function ChangeRole({ user, close }: { user: User; close: () => void }) {
  const { t } = useTranslation();
  const [role, setRole] = useState<Role>(user.role);
  const saving = useChange(
    () =>
      data(client.PATCH("/api/users/{email}", { params: { path: { email: user.email } }, body: { role } })),
    { done: t("settings.saved"), then: close },
  );
  return (
    <FormDialog
      title={t("settings.users.roleOf", { who: user.name || user.email })}
      button={t("settings.users.changeRole")}
      giving={saving}
      close={close}
    >
      <RoleChoice role={role} choose={setRole} first />
    </FormDialog>
  );
}

function Invite({ close }: { close: () => void }) {
  const { t, i18n } = useTranslation();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const [language, setLanguage] = useState<Language>((i18n.language as Language) ?? "en");
  const [link, setLink] = useState<string | null>(null);
  const inviting = useChange(
    () => data(client.POST("/api/invitations", { body: { email, role, language } })),
    {
      then: (made) => setLink(made.link),
    },
  );
  if (link !== null) {
    return (
      <Once
        title={t("settings.users.invited", { email })}
        means={t("settings.users.invitedMeans")}
        text={link}
        close={close}
      />
    );
  }
  return (
    <FormDialog
      title={t("settings.users.invite")}
      button={t("settings.users.makeLink")}
      giving={inviting}
      close={close}
    >
      <TextInput
        label={t("signIn.email")}
        type="email"
        required
        data-autofocus
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <RoleChoice role={role} choose={setRole} />
      <Select
        label={t("app.language")}
        data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
        value={language}
        allowDeselect={false}
        onChange={(value) => setLanguage(value as Language)}
      />
    </FormDialog>
  );
}

function Invitations({ all }: { all: Invitation[] }) {
  const { t } = useTranslation();
  const { ago, instant } = useFormat();
  const open = all.filter((one) => one.accepted_at === null && one.withdrawn_at === null);
  const withdrawing = useChange(
    (id: number) =>
      data(client.DELETE("/api/invitations/{invitation_id}", { params: { path: { invitation_id: id } } })),
    { done: t("settings.users.withdrawn") },
  );
  if (open.length === 0) return null;
  return (
    <Part title={t("settings.users.invitations")} means={t("settings.users.invitationsMean")}>
      <Wrong error={withdrawing.error} />
      <Table verticalSpacing="xs">
        <Table.Tbody>
          {open.map((one) => (
            <Table.Tr key={one.id} data-invitation={one.email}>
              <Table.Td>
                <Named name={one.email}>
                  {t(`settings.role.${one.role}.label`)} ·{" "}
                  <span title={instant(one.expires_at)}>
                    {t(
                      Date.parse(one.expires_at) > Date.now()
                        ? "settings.users.holdsUntil"
                        : "settings.users.heldUntil",
                      { at: ago(one.expires_at) },
                    )}
                  </span>
                </Named>
              </Table.Td>
              <Table.Td ta="right">
                <RowButton
                  label={t("settings.users.withdraw")}
                  of={one.email}
                  onClick={() => withdrawing.mutate(one.id)}
                />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Part>
  );
}
