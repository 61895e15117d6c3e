"""All that can be said about a definition before it is published: its form, its sense, its templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from parcours.channels.mjml import MjmlFailed, html_of, is_mjml
from parcours.channels.template import check
from parcours.domain.check_audience import check_audience
from parcours.domain.checks import Known, check_journey, not_available, unique
from parcours.domain.journey import Audience, Email, Journey, Json, ScheduleTrigger, Webhook
from parcours.domain.parse import parse_journey
from parcours.domain.problems import Problem
from parcours.domain.reading import problem_at
from parcours.domain.records import CommandResult
from parcours.service.attachments import read_attachments
from parcours.service.files import LoadedFile
from parcours.service.schedules import never_occurs
from parcours.service.surroundings import surroundings
from parcours.store.database import Connection

__all__ = [
    "Checked",
    "Defined",
    "check_version",
    "definition_problems",
    "file_problems",
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


async def check_version(connection: Connection, version: Defined) -> Checked:
    """Check a version, draft or published, as publish, resume and restart do: what was fine once may be wrong by now."""
    journey, problems = parse_journey(version.definition, templates=version.templates)
    if journey is None:
        return Checked(None, tuple(problems))
    journey = replace(journey, attachments=await read_attachments(connection, version.version_id))
    known = await surroundings(connection, version.version_id)
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
    return [
        *check_journey(definition, known=known), *not_available(definition), *_schedules(definition),
        *_templates(definition),
    ]  # fmt: skip


def _schedules(journey: Journey) -> Iterator[Problem]:
    for number, trigger in enumerate(journey.entry.triggers):
        if isinstance(trigger, ScheduleTrigger) and trigger.cron is not None and never_occurs(trigger.cron):
            message = f"`{trigger.cron}` names a day that no month has."
            hint = "Correct its day or month."
            yield problem_at("error", "schedule_never", f"entry.triggers[{number}].schedule", message, hint)


def _templates(journey: Journey) -> Iterator[Problem]:
    for step in journey.steps.values():
        if isinstance(step, Webhook):
            yield from _webhook(step)
        if not isinstance(step, Email):
            continue
        body = journey.templates.get(step.template) if step.template else None
        if step.template and body and is_mjml(step.template):
            yield from _mjml(step, step.template, body)
            body = None
        texts = {"subject": step.subject, "preheader": step.preheader, "html": step.html, "text": step.text}
        for name, text in {**texts, "template": body}.items():
            if text:
                yield from _liquid(step, f"email.{name}", text)


def _webhook(step: Webhook) -> Iterator[Problem]:
    texts = {"url": step.url}
    texts |= {f"headers.{name}": text for name, text in step.headers.items()}
    texts |= {f"query.{name}": text for name, text in step.query.items()}
    texts |= dict(_texts(step.body, "body"))
    for name, text in texts.items():
        yield from _liquid(step, f"webhook.{name}", text)


def _texts(value: Json, place: str) -> Iterator[tuple[str, str]]:
    """Yield every text of a body with its place."""
    match value:
        case str():
            yield place, value
        case list():
            for n, item in enumerate(value):
                yield from _texts(item, f"{place}[{n}]")
        case dict():
            for name, item in value.items():
                yield from _texts(item, f"{place}.{name}")


def _liquid(step: Email | Webhook, name: str, text: str) -> Iterator[Problem]:
    for problem in check(text, f"steps.{step.id}.{name}"):
        yield Problem(
            problem.severity, problem.code, problem.place, problem.message,
            problem.hint or "Correct the template at this line.", step.id,
        )  # fmt: skip


def _mjml(step: Email, file: str, body: str) -> Iterator[Problem]:
    """Yield what is wrong with the Liquid as it is written, with the MJML, and with the Liquid of what is made of it."""
    found = list(_liquid(step, "email.template", body))
    if not found:
        try:
            found = list(_liquid(step, "email.template", html_of(body)))
        except MjmlFailed as error:
            message = f"`{file}`, line {error.line}: {error.message}."
            hint = "Correct the template at this line."
            found = [
                Problem("error", "mjml_error", f"steps.{step.id}.email.template", message, hint, step.id)
            ]
    yield from found
