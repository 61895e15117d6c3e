"""All that can be said about a definition before it is published: its form, its sense, its templates."""

from __future__ import annotations

from collections.abc import Iterator

from parcours.channels.template import check
from parcours.domain.checks import check_journey, not_available, unique
from parcours.domain.journey import Audience, Email, Journey
from parcours.domain.problems import Problem
from parcours.service.files import LoadedFile

__all__ = ["definition_problems", "file_problems"]


def file_problems(file: LoadedFile) -> list[Problem]:
    """Return every problem of a loaded file without repetition, errors first."""
    definition = file.journey or file.audience
    return unique([*file.problems, *(definition_problems(definition) if definition else ())])


def definition_problems(definition: Journey | Audience) -> list[Problem]:
    """Return what is wrong with a definition that could be read."""
    if isinstance(definition, Audience):
        return not_available(definition)
    return [*check_journey(definition), *not_available(definition), *_templates(definition)]


def _templates(journey: Journey) -> Iterator[Problem]:
    for step in journey.steps.values():
        if not isinstance(step, Email):
            continue
        body = journey.templates.get(step.template) if step.template else None
        texts = {"subject": step.subject, "preheader": step.preheader, "html": step.html, "text": step.text}
        for name, text in {**texts, "template": body}.items():
            if text:
                for problem in check(text, f"steps.{step.id}.email.{name}"):
                    yield Problem(
                        problem.severity, problem.code, problem.place, problem.message,
                        problem.hint or "Correct the template at this line.", step.id,
                    )  # fmt: skip
