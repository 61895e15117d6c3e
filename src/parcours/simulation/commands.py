"""The commands file: each line carried out by the same services that the CLI and the API call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Audience, Journey
from parcours.domain.lifecycle import Command
from parcours.domain.records import FeedLine
from parcours.domain.timing import parse_instant
from parcours.service.audiences.conditions import save_condition
from parcours.service.commands.holding import hold_sending, release_sending
from parcours.service.commands.lifecycle import AVAILABLE, Order, execute
from parcours.service.commands.versions import lock_family
from parcours.service.editing.authoring import apply_journey
from parcours.service.intake.taking import add_people, delete_profile, remove_people, take
from parcours.simulation.consents import CONSENT_COMMANDS, carry_out_consent
from parcours.simulation.output import command_line, plain_line
from parcours.simulation.stubs import Stubs, read_stub
from parcours.store.database import Connection

__all__ = ["SWITCH", "Commander"]

SWITCH = {"hold_sending": hold_sending, "release_sending": release_sending}
LAST = datetime.max.replace(tzinfo=UTC)


@dataclass
class Commander:
    """Carries out command lines in the caller's transaction and returns their output lines."""

    connection: Connection
    buckets: int
    files: Mapping[str, Journey]
    stubs: Stubs
    # What commands cause comes before the lines of the same instant: their numbers lie below every line's.
    _number: int = field(default=-(1 << 40))

    def ordered(
        self, commands: Sequence[Mapping[str, Any]], start: datetime, to: datetime
    ) -> list[tuple[datetime, int, Mapping[str, Any]]]:
        """Return the commands inside the clock by (at, given order)."""
        found = []
        for number, command in enumerate(commands):
            at = parse_instant(str(command.get("at")))
            if at is None:
                raise ParcoursError(
                    "bad_timestamp", f"{command.get('at')!r} is no instant", place=f"command {number + 1} at",
                    hint="Write it as 2026-12-01T08:00:00Z.",
                )  # fmt: skip
            if start <= at < to:
                found.append((at, number, command))
        return sorted(found, key=lambda entry: entry[:2])

    def publishes_first(self, key: str, commands: Sequence[Mapping[str, Any]]) -> bool:
        """Tell whether the commands publish version 1 of this journey before they make a draft of it (P39)."""
        in_order = sorted(commands, key=lambda c: parse_instant(str(c.get("at"))) or LAST)
        for command in in_order:
            name = command.get("command")
            if name == "apply" and self._applied(command) == key:
                return False
            if name in ("new_version", "new-version", "edit") and command.get("journey") == key:
                return False
            if name == "publish" and command.get("journey") == key and command.get("version") in (None, 1):
                return True
        return False

    async def members(self, audiences: Sequence[Audience], at: datetime) -> None:
        """Load the members that audience files name, and the conditions."""
        for audience in audiences:
            if audience.where is not None:
                await save_condition(self.connection, audience, at, keep=False)
        lines = [
            FeedLine("audience", user_id, at, f"member {audience.key} {user_id}", name=audience.key)
            for audience in audiences
            for user_id in audience.members
        ]
        await take(
            self.connection, lines, buckets=self.buckets, received_at=None,
            numbers=[self.number() for _ in lines], mode="history",
        )  # fmt: skip

    async def carry_out(self, command: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        """Carry out one command; errors of the command itself are part of its line."""
        try:
            return await self._carry_out(command, at)
        except ParcoursError as error:
            return plain_line(at, command, error=error.code)

    async def _carry_out(self, command: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        name, key = str(command.get("command")), str(command.get("journey"))
        options = dict(command.get("options") or {})
        version = command.get("version")
        if name == "apply":
            return await self._apply(command, at)
        if name == "delete_profile":
            counts = {"deleted": 0}
            for user_id in options.get("user_ids") or [options.get("user_id")]:
                done = await delete_profile(
                    self.connection, str(user_id), buckets=self.buckets, at=at, number=self.number()
                )
                counts["deleted"] += done["deleted"]
            return plain_line(at, command, counts=counts)
        if name in CONSENT_COMMANDS:
            counts = await carry_out_consent(self.connection, name, options, at)
            return plain_line(at, command, counts=counts)
        if name == "stub":
            await self._find(key, version)
            return self._stub(command, key, options, at)
        if name.replace("-", "_") in SWITCH:
            return await self._switch(name.replace("-", "_"), options, at)
        if name in ("add_people", "remove_people"):
            return await self._people(command, key, options, at)
        if name in (*AVAILABLE, "new-version", "delete"):
            choices = {k: v for k, v in options.items() if k != "reason"}
            name = name.replace("-", "_")
            order = Order(key, cast("Command", name), version, choices, options.get("reason"), "simulation")
            return command_line(at, await execute(self.connection, order, at))
        raise ParcoursError(
            "unknown_command", f"there is no command {name}", hint=f"There are {', '.join(AVAILABLE)}."
        )

    async def _switch(self, name: str, options: dict[str, Any], at: datetime) -> dict[str, Any]:
        """Hold all sending, or release it: no journey is concerned more than another."""
        for option in options:
            if option != "reason":
                raise ParcoursError("bad_option", f"{name} has no choice {option}", place=f"options.{option}",
                                    hint="It has none.")  # fmt: skip
        result = await SWITCH[name](self.connection, at=at, actor="simulation", reason=options.get("reason"))
        line = command_line(at, result)
        return {**line, "journey": None, "counts": {"messages": result.counts["messages"]}}

    async def _find(self, key: str, version: int | None) -> tuple[str, int]:
        """Return status and number of the version looked at."""
        family = await lock_family(self.connection, key)
        found = family.find(version) if version is not None else (family.published or family.versions)[-1]
        return found.status, found.version_no

    async def _people(
        self, command: Mapping[str, Any], key: str, options: dict[str, Any], at: datetime
    ) -> dict[str, Any]:
        status, number = await self._find(key, command.get("version"))
        user_ids = [str(user_id) for user_id in options.get("user_ids") or []]
        if status == "draft":
            done = "added" if command["command"] == "add_people" else "removed"
            return plain_line(
                at,
                command,
                counts={done: 0, "unknown": 0},
                refused="not_published",
                status=status,
                version=number,
            )
        numbers = [self.number() for _ in user_ids]
        common: dict[str, Any] = {"buckets": self.buckets, "at": at, "numbers": numbers}
        if command["command"] == "add_people":
            counts = await add_people(self.connection, key, user_ids, **common)
        else:
            counts = await remove_people(
                self.connection, key, user_ids, **common, data={"version": command.get("version")}
            )
        return plain_line(at, command, counts=counts, status=status, version=number)

    async def _apply(self, command: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        file = str((command.get("options") or {}).get("file"))
        journey = self.files.get(file)
        if journey is None:
            raise ParcoursError(
                "unknown_file", f"{file} cannot be read", hint="Name a journey file beside the commands."
            )
        applied = await apply_journey(self.connection, journey, at)
        line = plain_line(
            at, command, version=applied.version_no, counts={"inside": 0, "queued": 0, "messages": 0}
        )
        return {**line, "journey": journey.key, "from": "draft" if applied.replaced else None, "to": "draft"}

    def _stub(
        self, command: Mapping[str, Any], key: str, options: dict[str, Any], at: datetime
    ) -> dict[str, Any]:
        user_id = options.get("user_id")
        self.stubs.known[key, str(options.get("step")), user_id] = read_stub(options)
        return plain_line(at, command)

    def _applied(self, command: Mapping[str, Any]) -> str | None:
        journey = self.files.get(str((command.get("options") or {}).get("file")))
        return journey.key if journey else None

    def number(self) -> int:
        """Return the next number for what commands cause."""
        self._number += 1
        return self._number
