"""All that can be said about a definition before it is published: its form, its sense, its templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from parcours.domain.check_audience import check_audience
from parcours.domain.checks import Known, check_journey, not_available, unique
from parcours.domain.journey import Audience, Journey, ScheduleTrigger
from parcours.domain.parse import parse_journey
from parcours.domain.problems import Problem
from parcours.domain.reading import problem_at
from parcours.domain.records import CommandResult
from parcours.domain.senders import with_senders
from parcours.service.commands.schedules import never_occurs
from parcours.service.editing.attachments import read_attachments
from parcours.service.editing.files import LoadedFile
from parcours.service.editing.surroundings import surroundings, wide_surroundings
from parcours.service.editing.template_checks import template_problems
from parcours.store.database import Connection

__all__ = [
    "Checked",
    "Defined",
    "check_version",
    "definition_problems",
    "file_problems",
    "problems_of_step",
    "problems_of_version",
    "refused_as_invalid",
]


class Defined(Protocol):
    """A version with its definition, as `VersionRow` and `StoredVersion` are."""

    @property
    def version_id(self) -> int:
        """Its id."""

    @property
    def definition(self) -> dict[str, Any]:
        """The journey file, canonical."""

    @property
    def templates(self) -> dict[str, str]:
        """The texts of its template files by name."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A version's definition, None where it cannot be read, and every problem it has among what stands around it now."""

    journey: Journey | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> list[Problem]:
        """Those that stand in the way of publish, resume and restart."""
        return [problem for problem in self.problems if problem.severity == "error"]


async def check_version(
    connection: Connection,
    version: Defined,
    at: datetime | None = None,
    *,
    coming: frozenset[str] = frozenset(),
) -> Checked:
    """Check a version, draft or published, as publish, resume and restart do: what was fine once may be wrong by now.

    With `at`, the present instant, people and events are looked at, too: that gives warnings, and never an error.
    `coming` are audiences that will be there soon. What the definition leaves to the senders stands in the journey.
    """
    journey, problems = parse_journey(version.definition, templates=version.templates)
    if journey is None:
        return Checked(None, tuple(problems))
    journey = replace(journey, attachments=await read_attachments(connection, version.version_id))
    if at is None:
        known = await surroundings(connection, version.version_id)
    else:
        known = await wide_surroundings(connection, version.version_id, at, coming=coming)
    journey = with_senders(journey, known.senders)
    return Checked(journey, tuple(unique([*problems, *definition_problems(journey, known)])))


async def problems_of_version(connection: Connection, version: Defined) -> list[Problem]:
    """Return every problem of a version, errors first; `has_errors` of them refuses publish, resume and restart."""
    return list((await check_version(connection, version)).problems)


def refused_as_invalid(result: CommandResult, problems: Sequence[Problem]) -> CommandResult:
    """Return a command's result as refused by the errors of the definition: nothing changes."""
    errors = [problem for problem in problems if problem.severity == "error"]
    first = errors[0]
    return replace(
        result, to_status=result.from_status, changed=(), refused="invalid",
        message=f"the definition has {len(errors)} {'error' if len(errors) == 1 else 'errors'}; "
        f"the first: {first.place}: {first.message} ({first.code})",
        hint=f"Run `parcours journey problems {result.journey}` to see all of them.",
    )  # fmt: skip


def file_problems(file: LoadedFile) -> list[Problem]:
    """Return every problem of a loaded file without repetition, errors first."""
    definition = file.journey or file.audience
    return unique([*file.problems, *(definition_problems(definition) if definition else ())])


def definition_problems(definition: Journey | Audience, known: Known | None = None) -> list[Problem]:
    """Return what is wrong with a definition that could be read; `known` is what stands around it."""
    if isinstance(definition, Audience):
        return check_audience(definition)
    around = known or Known()
    definition = with_senders(definition, around.senders)
    return [
        *check_journey(definition, known=around), *not_available(definition), *_schedules(definition),
        *template_problems(definition, around),
    ]  # fmt: skip


def problems_of_step(journey: Journey, step: str, known: Known | None = None) -> list[Problem]:
    """Return the problems of one step only, for whoever is editing it: the templates of the others are not read."""
    around = known or Known()
    journey = with_senders(journey, around.senders)
    found = [*check_journey(journey, known=around), *not_available(journey)]
    found += template_problems(journey, around, [journey.steps[step]])
    return unique(problem for problem in found if problem.step_id == step)


def _schedules(journey: Journey) -> Iterator[Problem]:
    for number, trigger in enumerate(journey.entry.triggers):
        if isinstance(trigger, ScheduleTrigger) and trigger.cron is not None and never_occurs(trigger.cron):
            message = f"`{trigger.cron}` names a day that no month has."
            hint = "Correct its day or month."
            yield problem_at("error", "schedule_never", f"entry.triggers[{number}].schedule", message, hint)
