import { Menu } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "../api/queries";
import { type Command, has, type Journey } from "../api/types";
import { GRAVE as RED } from "../app/theme";
import { useAsk } from "./Commands";
import { GRAVE, legal, quick, SIGNS } from "./commands";

/** Commands that make something beside the journey: of whoever may edit. */
const MAKES: ReadonlySet<Command> = new Set(["duplicate", "new_version"]);

/** What somebody may command of a journey now, what of it is quickly at hand, and how it is given. */
export function useCommands(journey: Journey): {
  may: boolean;
  allowed: Command[];
  shown: Command[];
  give: (command: Command) => void;
} {
  const ask = useAsk();
  const me = useMe().data;
  const may = has(me, "publisher");
  const makes = has(me, "editor");
  return {
    may,
    allowed: legal(journey.actions).filter((one) => may || (makes && MAKES.has(one))),
    shown: may ? quick(journey.actions) : [],
    give: (command) =>
      ask({
        journey: journey.journey,
        name: journey.name || journey.journey,
        command,
        actions: journey.actions,
        draft: journey.draft !== null,
      }),
  };
}

/** The menu of commands below a button; each opens its dialog. */
export function CommandMenu({
  commands,
  give,
  more,
  children,
}: {
  commands: readonly Command[];
  give: (command: Command) => void;
  /** What stands below the commands. */
  more?: ReactNode;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>{children}</Menu.Target>
      <Menu.Dropdown>
        {commands.map((command) => {
          const Sign = SIGNS[command];
          return (
            <Menu.Item
              key={command}
              leftSection={<Sign size={16} />}
              c={GRAVE.has(command) ? RED : undefined}
              onClick={() => give(command)}
            >
              {t(`command.${command}.label`)}
            </Menu.Item>
          );
        })}
        {more}
      </Menu.Dropdown>
    </Menu>
  );
}
