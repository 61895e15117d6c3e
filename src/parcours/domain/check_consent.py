"""What mails that are advertising lack around them: a subscription type that is declared, an address for their links."""

from __future__ import annotations

from collections.abc import Iterator

from parcours.domain.journey import Email, Journey
from parcours.domain.known import Known
from parcours.domain.problems import Problem
from parcours.domain.reading import nearest, problem_at

__all__ = ["consent_problems"]


def consent_problems(journey: Journey, known: Known) -> Iterator[Problem]:
    """Yield warnings; nothing is said about what is not known."""
    mails = [
        step
        for step in journey.steps.values()
        if isinstance(step, Email) and not journey.is_transactional(step)
    ]
    if known.subscriptions is not None:
        for step in mails:
            key = journey.subscription_of(step)
            if key and key not in known.subscriptions:
                place = f"steps.{step.id}.email" if step.subscription else "email.subscription"
                message = (
                    f"There is no subscription type `{key}`: it goes to everybody who has not refused it."
                )
                hint = nearest(key, tuple(known.subscriptions)) or f"Run parcours subscription set {key}."
                yield problem_at("warning", "unknown_subscription", place, message, hint)
    if known.links is False and mails:
        message = "Where people reach this installation is not set: mails get no link to unsubscribe by."
        yield problem_at(
            "warning", "no_public_url", "email", message, "Set PARCOURS_PUBLIC_URL for the worker."
        )
