"""Problems of what mails and webhooks say: Liquid, MJML, the variables they name, links, length."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from parcours.channels.mjml import MjmlFailed, html_of, is_mjml
from parcours.channels.template import check, examine
from parcours.domain.check_fields import Fields
from parcours.domain.journey import Email, Journey, Json, Step, Webhook
from parcours.domain.known import Known
from parcours.domain.problems import Problem
from parcours.domain.reading import problem_at

__all__ = ["template_problems", "texts_of"]

_LINK: Final = re.compile(r"<(?:a|mj-button)\b[^>]*\bhref\s*=\s*(?:\"\s*#?\s*\"|'\s*#?\s*')", re.IGNORECASE)
_SHOWN: Final = 100_000  # bytes of HTML that mailboxes show before they cut a mail


def template_problems(
    journey: Journey, known: Known, steps: Iterable[Step] | None = None
) -> Iterator[Problem]:
    """Yield what is wrong with the templates of a journey, or of some of its steps."""
    fields = Fields(journey, known)
    for step in journey.steps.values() if steps is None else steps:
        for below, text in texts_of(step, journey):
            place = f"steps.{step.id}.{below}"
            found, names = examine(text, place)
            if found:
                yield from map(_placed, found)
            elif isinstance(step, Email) and below == "email.template" and is_mjml(step.template or ""):
                yield from _mjml(place, step.template or "", text)
            yield from fields.variables(names, place, step.id)
            if below in ("email.html", "email.template"):
                yield from _links(text, place)


def texts_of(step: Step, journey: Journey) -> Iterator[tuple[str, str]]:
    """Yield every text of a step in which Liquid may stand, with its place below the step."""
    if isinstance(step, Email):
        body = journey.templates.get(step.template) if step.template else None
        texts = {"subject": step.subject, "preheader": step.preheader, "html": step.html, "text": step.text}
        for name, text in {**texts, "template": body}.items():
            if text:
                yield f"email.{name}", text
    elif isinstance(step, Webhook):
        yield "webhook.url", step.url
        for name, text in step.headers.items():
            yield f"webhook.headers.{name}", text
        for name, text in step.query.items():
            yield f"webhook.query.{name}", text
        yield from _texts(step.body, "webhook.body")


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


def _links(text: str, place: str) -> Iterator[Problem]:
    if found := _LINK.search(text):
        line = text.count("\n", 0, found.start()) + 1
        message = f"A link leads nowhere (line {line})."
        yield problem_at("warning", "empty_link", place, message, "Give it an address.")
    size = len(text.encode())
    if size > _SHOWN:
        message = f"The HTML has {size // 1000} KB; many mailboxes cut a mail at {_SHOWN // 1000} KB."
        yield problem_at("warning", "long_email", place, message, "Shorten it, or link to the rest.")


def _mjml(place: str, file: str, body: str) -> Iterator[Problem]:
    """Yield what is wrong with MJML whose Liquid is good, or with the Liquid of what is made of it."""
    try:
        yield from map(_placed, check(html_of(body), place))
    except MjmlFailed as error:
        message = f"`{file}`, line {error.line}: {error.message}."
        yield problem_at("error", "mjml_error", place, message, "Correct the template at this line.")


def _placed(problem: Problem) -> Problem:
    hint = problem.hint or "Correct the template at this line."
    return problem_at(problem.severity, problem.code, problem.place, problem.message, hint)
