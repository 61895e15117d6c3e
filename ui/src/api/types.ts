import type { Schemas } from "./client";

export type Journey = Schemas["JourneyLine"];
export type JourneyDetail = Schemas["JourneyDetail"];
export type Version = Schemas["VersionLine"];
export type Status = NonNullable<Journey["status"]>;
export type Action = Schemas["Action"];
export type Command = Action["command"];
export type CommandAnswer = Schemas["CommandAnswer"];
export type LiveNumbers = Schemas["LiveNumbers"];
export type Participant = Schemas["ParticipantLine"];
export type Me = Schemas["Me"];
export type Role = "viewer" | "editor" | "publisher" | "admin";

const RANK: Record<Role, number> = { viewer: 0, editor: 1, publisher: 2, admin: 3 };

/** Tell whether somebody has a role, or a higher one. */
export function has(me: Me | undefined, role: Role): boolean {
  return me?.role != null && RANK[me.role] >= RANK[role];
}
