"""Publish with people `move`: whom it takes along, what must be answered first, and the task that does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parcours.domain.errors import ParcoursError
from parcours.domain.fence import Task
from parcours.domain.journey import Journey, Target
from parcours.domain.parse import parse_journey
from parcours.domain.records import CommandResult
from parcours.domain.refusals import refusal
from parcours.domain.transfer import Needs, needs_of, read_answers
from parcours.service.commands.answering import Order, audit
from parcours.service.commands.versions import Family, VersionRow
from parcours.store.queries import query

__all__ = [
    "Move",
    "changes_too",
    "empty_into",
    "finish_emptied",
    "heed_transfer",
    "moves_people",
    "plan_move",
    "sources_of",
]


@dataclass(frozen=True, slots=True)
class Move:
    """A transfer to be: the versions whose people go along, the answers, and what stands in the way.

    `unanswered` and `changed` are steps with people at them, and how many.
    """

    sources: tuple[VersionRow, ...]
    definitions: Mapping[int, Journey]  # by version_id
    needs: Needs
    answers: Mapping[str, Target]
    unanswered: Mapping[str, int]
    changed: Mapping[str, int]

    def refusal(self, after: Journey) -> ParcoursError | None:
        """Return why people cannot be moved like this; None where they can."""
        if self.changed:
            error = refusal("kind_changed")
            names = ", ".join(
                f"{step} ({self.needs.kind_changed[step]}, {n})" for step, n in self.changed.items()
            )
            return ParcoursError(error.code, f"{error.message.rstrip('.')}: {names}.", hint=error.hint)
        if self.unanswered:
            error = refusal("answers_needed")
            names = ", ".join(f"{step} ({n})" for step, n in self.unanswered.items())
            step = next(iter(self.unanswered))
            hint = f"Say for each of them --answer {step}=STEP or --answer {step}=drop_out; STEP is one of "
            hint += f"{', '.join(after.steps)}."
            return ParcoursError(error.code, f"{error.message.rstrip('.')}: {names}.", hint=hint)
        return None


def moves_people(options: Mapping[str, Any]) -> bool:
    """Tell whether people are to be moved. Raises ParcoursError `bad_option`."""
    people = options.get("people", "stay")
    if people not in ("stay", "move"):
        raise ParcoursError(
            "bad_option", f"people is {people!r}", place="options.people", hint="Write stay or move."
        )
    if people == "stay" and options.get("answers"):
        raise ParcoursError(
            "bad_option", "answers are for people who are moved", place="options.answers",
            hint="Add people: move, or leave the answers out.",
        )  # fmt: skip
    return bool(people == "move")


def changes_too(options: Mapping[str, Any]) -> bool:
    """Tell whether a resume brings changes along. Raises ParcoursError `bad_option`."""
    changes = options.get("with_changes", False)
    if not isinstance(changes, bool):
        raise ParcoursError(
            "bad_option",
            f"with_changes is {changes!r}",
            place="options.with_changes",
            hint="Write true or false.",
        )
    return changes


def sources_of(family: Family) -> list[VersionRow]:
    """Return the versions whose people a transfer takes along, oldest first."""
    return [version for version in family.published if version.status in ("live", "paused", "closed")]


def heed_transfer(family: Family, command: str, acted: list[VersionRow]) -> tuple[list[VersionRow], bool]:
    """Return the versions on which a command acts while people are on the way, and whether it has to wait instead.

    A stop of the newest version reaches those on the way to it; a pause freezes them when they have arrived.
    """
    leaving = family.transferring
    if not leaving or not acted:
        return acted, False
    if command == "stop":
        arriving = family.published[-1] in acted
        return [v for v in family.published if v in acted or (arriving and v in leaving)], False
    staying = [v for v in acted if v not in leaving]
    return staying, command != "pause" and len(staying) > 0


async def plan_move(family: Family, after: Journey, answers: Any) -> Move:
    """See what a transfer would meet now; exact where the fences are locked.

    Raises ParcoursError `bad_option`, `unknown_answer`.
    """
    sources = sources_of(family)
    definitions = {version.version_id: definition_of(version) for version in sources}
    needs = needs_of(after, definitions.values())
    known = {step for version in family.published for step in version.definition["steps"]}
    read = read_answers(answers, after, known)
    suspicious = [*needs.removed, *needs.kind_changed]
    standing: dict[str, int] = {}
    if suspicious:
        cursor = await family.connection.execute(
            query("standing_at"),
            {"j": family.journey_id, "versions": list(definitions), "steps": suspicious},
        )
        standing = dict(await cursor.fetchall())
    return Move(
        tuple(sources), definitions, needs, read,
        {step: standing[step] for step in needs.removed if step in standing and step not in read},
        {step: standing[step] for step in needs.kind_changed if step in standing},
    )  # fmt: skip


async def empty_into(family: Family, move: Move, at: datetime) -> dict[int, Task]:
    """Close the versions that people are taken from; return the tasks that take them, by version."""
    tasks: dict[int, Task] = {}
    for version in move.sources:
        if await family.anybody_inside(version):
            await family.set_status(version, "closed", entry_open=False, at=at, settling="transfer")
            tasks[version.version_id] = "transfer"
        else:
            await family.set_status(version, "finished", entry_open=False, at=at)
    return tasks


async def finish_emptied(family: Family, at: datetime) -> None:
    """Finish the versions whose people have all been taken over by now; housekeeping would a little later."""
    done = []
    for version in family.transferring:
        given = {"j": family.journey_id, "v": version.version_id}
        row = await (await family.connection.execute(query("tasks_open"), given)).fetchone()
        if row is not None and row[0] == 0:
            done.append(version)
    if not done:
        return
    await family.lock_fences()
    for version in done:
        await family.set_status(version, "finished", entry_open=False, at=at)
    await family.set_fences(at)
    for version in done:
        order = Order(
            family.key, "close", version.version_no, actor="engine", reason="everybody has been transferred"
        )
        result = CommandResult(family.key, version.version_no, "finish", version.status, "finished", {})
        await audit(family.connection, order, at, result)


def definition_of(version: VersionRow) -> Journey:
    """Return what a published version says."""
    journey, problems = parse_journey(version.definition, templates=version.templates)
    if journey is None:
        raise ValueError(f"version {version.version_no} cannot be read: {problems[0].message}")
    return journey
