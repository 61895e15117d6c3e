import type { ComponentType } from "react";
import type { Action, Command } from "../api/types";
import { Close, Copy, Draft, Pause, Play, Restart, Stop, Trash, Versions } from "./icons";

export const SIGNS: Record<Command, ComponentType<{ size?: number | string }>> = {
  publish: Play,
  pause: Pause,
  resume: Play,
  close: Close,
  stop: Stop,
  restart: Restart,
  edit: Draft,
  new_version: Versions,
  duplicate: Copy,
  delete: Trash,
};

/** Commands that take something from people for good: red. */
export const GRAVE: ReadonlySet<Command> = new Set(["stop", "delete"]);

/** Editing waits for the editors; until then a journey is brought in as a file. */
const NOT_HERE: ReadonlySet<Command> = new Set(["edit"]);

/** Shown when a row is hovered or focused; what is left stands in the menu. */
const QUICK: readonly Command[] = ["publish", "pause", "resume", "close", "stop", "restart"];

export function legal(actions: readonly Action[]): Command[] {
  return actions
    .filter((one) => one.state === "legal" && !NOT_HERE.has(one.command))
    .map((one) => one.command);
}

export function quick(actions: readonly Action[]): Command[] {
  const found = legal(actions);
  return QUICK.filter((command) => found.includes(command));
}

export type Turn =
  | { on: boolean; command: Command; disabled: false }
  | { on: boolean; command: null; disabled: true; why: "closed" | "none" };

/** What the ON/OFF switch shows, and which command turning it gives. */
export function turn(status: string | null, actions: readonly Action[]): Turn {
  const found = legal(actions);
  if (status === "live") {
    return found.includes("pause")
      ? { on: true, command: "pause", disabled: false }
      : { on: true, command: null, disabled: true, why: "none" };
  }
  if (status === "closed") return { on: false, command: null, disabled: true, why: "closed" };
  const wanted: Command =
    status === "paused" ? "resume" : status === "stopped" || status === "finished" ? "restart" : "publish";
  return found.includes(wanted)
    ? { on: false, command: wanted, disabled: false }
    : { on: false, command: null, disabled: true, why: "none" };
}

/** A draft that is published beside a version with people in it is looked at as a plan first. */
export function isPlanned(asked: { command: Command; actions: readonly Action[]; draft?: boolean }): boolean {
  return asked.command === "publish" && asked.draft === true && legal(asked.actions).includes("stop");
}
