"""Problems of single steps: what a step needs before it can be carried out."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from parcours.domain.check_webhook import webhook_problems
from parcours.domain.journey import Email, Experiment, Journey, Step, Wait, WaitFor, Webhook
from parcours.domain.problems import Problem
from parcours.domain.reading import nearest, problem_at

__all__ = ["ATTACHED_BYTES", "attachment_missing", "email_problems", "step_problems", "template_missing"]

ATTACHED_BYTES: Final = (
    10_000_000  # of one mail; on their way they are a third longer, and many servers take 25 MB
)


def email_problems(step: Email, journey: Journey) -> Iterator[Problem]:
    """Yield what an email step lacks, the journey's defaults counted in."""
    place, defaults = f"steps.{step.id}.email", journey.email
    if not (step.from_ or defaults.from_):
        yield problem_at(
            "error", "no_sender", place, "The email has no sender.", "Add from:, here or in email:."
        )
    if not (step.reply_to or defaults.reply_to):
        message, hint = "The email has no reply address.", "Add reply_to:, here or in email:."
        yield problem_at("error", "no_reply_address", place, message, hint)
    if not step.subject.strip():
        yield problem_at("error", "no_subject", place, "The email has no subject.", "Add subject:.")
    if not (step.template or step.html or step.text):
        hint = "Add template:, html: or text:."
        yield problem_at("error", "no_content", place, "The email has no content.", hint)
    elif step.template and (step.html or step.text):
        message = "The template is used; `html` and `text` are not."
        yield problem_at("warning", "content_ignored", place, message, "Keep one of them.")
    if step.template and step.template not in journey.templates:
        yield template_missing(step.id, step.template, tuple(journey.templates))
    yield from _attachments(step, journey)
    transactional = defaults.transactional if step.transactional is None else step.transactional
    if not transactional and not (step.subscription or defaults.subscription):
        message = "The email has no subscription type."
        hint = "Add subscription:, or transactional: true where it is no advertising."
        yield problem_at("error", "no_subscription", place, message, hint)
    contents = (step.html, step.text, journey.templates.get(step.template or ""))
    if not transactional and any(contents) and not any("unsubscribe" in (c or "").lower() for c in contents):
        message, hint = "The email has no unsubscribe link.", "Add {{ unsubscribe_url }} to the content."
        yield problem_at("warning", "no_unsubscribe", place, message, hint)


def _attachments(step: Email, journey: Journey) -> Iterator[Problem]:
    for number, name in enumerate(step.attachments):
        if name not in journey.attachments:
            yield attachment_missing(step.id, number, name)
    total = sum(len(journey.attachments.get(name, b"")) for name in step.attachments)
    if total > ATTACHED_BYTES:
        place, limit = f"steps.{step.id}.email.attachments", ATTACHED_BYTES // 1_000_000
        message = f"The files have {total:,} bytes, more than {limit} MB."
        yield problem_at("error", "attachments_too_large", place, message, "Link to some of them instead.")


def attachment_missing(step: str, number: int, name: str) -> Problem:
    """Return the problem of an email step whose attached file is not there."""
    place, message = f"steps.{step}.email.attachments[{number}]", f"The file `{name}` is missing."
    return problem_at("error", "attachment_missing", place, message, "Put it beside the journey file.")


def template_missing(step: str, name: str, known: tuple[str, ...] = ()) -> Problem:
    """Return the problem of an email step whose template file is not there."""
    hint = nearest(name, known) or "Put the file beside the journey file."
    message = f"The template `{name}` is missing."
    return problem_at("error", "template_missing", f"steps.{step}.email.template", message, hint)


def step_problems(step: Step) -> Iterator[Problem]:
    """Yield what a step of another kind lacks."""
    place = f"steps.{step.id}"
    match step:
        case Wait():
            if not (step.duration is not None or step.until or step.until_field or step.until_time):
                hint = "Add for:, until:, until_field: or until_time:."
                yield problem_at("error", "wait_without_duration", place, "The wait has no duration.", hint)
        case WaitFor():
            if not step.events:
                hint = "Add {event: NAME, next: STEP}, or use wait: {for: ...}."
                message = "The wait for an event names none."
                yield problem_at("error", "wait_without_event", place, message, hint)
        case Experiment():
            # Shares were written in decimal, so they are added in decimal.
            total = sum((Fraction(repr(share.share)) for share in step.shares), Fraction(0))
            if total != 100:  # noqa: PLR2004 (percent)
                message = f"The shares make {float(total):g} %, not 100 %."
                yield problem_at("error", "shares_not_100", f"{place}.experiment", message, "Adjust them.")
        case Webhook():
            yield from webhook_problems(step)
        case _:
            return
