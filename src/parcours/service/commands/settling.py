"""A version that is still being written down takes only `stop`, and its successor `pause` (lifecycle: Guarantee)."""

from __future__ import annotations

from collections.abc import Sequence

from parcours.domain.lifecycle import Command, Making
from parcours.service.commands.versions import Family, VersionRow
from parcours.store.queries import query

__all__ = ["settling", "takes_now"]


async def settling(family: Family, versions: Sequence[VersionRow]) -> list[VersionRow]:
    """Return those of these versions of which some bucket has not written down what a command made true."""
    found = []
    for version in versions:
        if version.settling is None:
            continue
        given = {"j": family.journey_id, "v": version.version_id}
        row = await (await family.connection.execute(query("tasks_open"), given)).fetchone()
        if row and row[0]:
            found.append(version)
    return found


async def takes_now(
    family: Family, command: Command | Making, versions: Sequence[VersionRow]
) -> tuple[list[VersionRow], VersionRow | None]:
    """Return on which of these versions a command may act now, and the version because of which it is refused.

    `stop` acts on all of them, `pause` on those that are settled; any other waits for all.
    """
    busy = await settling(family, versions) if command != "stop" else []
    free = [version for version in versions if version not in busy]
    if busy and not (command == "pause" and free):
        return [], busy[-1]
    return free, None
