"""The choices of a pause, and what happens behind it, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from parcours.domain.choices import Choices

__all__ = ["pause_in_words", "release_in_words"]

ENTRANTS: Final = {"queue": "who enters queues", "drop": "who would enter is refused"}
INSIDE: Final = {
    "freeze": "everybody inside is frozen",
    "hold": "people inside go on to their next message, and wait there",
    "discard": "people inside go on, and drop out at their next message",
}
TIMERS: Final = {"run": "deadlines run on", "extend": "deadlines move by the length of the pause"}


def pause_in_words(stored: Mapping[str, Any] | None) -> str:
    """Say what a pause does, and whether it was to end by itself and could not."""
    choices = Choices.from_json(stored)
    said = [ENTRANTS[choices.entrants], INSIDE[choices.inside]]
    if choices.inside == "freeze":
        said.append(TIMERS[choices.timers])
    if choices.catch_up is not None:
        said.append(f"behind the resume {choices.catch_up:g} people a second go on")
    words = "; ".join(said)
    if stored and stored.get("blocked_at"):
        words += f". It was to end at {stored['blocked_at']}, and could not: {stored.get('blocked')} (resume_blocked)"
    return words


def release_in_words(people: int, rate: float, status: str, now: datetime) -> tuple[str, datetime | None]:
    """Say how many wait to be set free, and when about the last one goes; no instant in a pause."""
    who = "1 person waits" if people == 1 else f"{people:,} people wait"
    if status not in ("live", "closed"):
        return f"{who} to be set free since the former resume; the pause keeps them there", None
    return f"{who} to be set free, {rate:g} a second; about then the last one goes", now + timedelta(
        seconds=people / rate
    )
