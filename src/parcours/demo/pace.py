"""The demonstration's pace: the same journeys with shorter waits, so that a day lasts seconds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from parcours.domain.errors import ParcoursError
from parcours.domain.journey import Journey, Reentry, Step, Wait, WaitFor
from parcours.domain.problems import has_errors
from parcours.service.editing.files import load_documents

__all__ = ["DAY", "FOLDER", "at_pace", "journeys", "shortened"]

DAY: Final = timedelta(seconds=5)  # how long a day lasts
FOLDER: Final = Path(__file__).parent / "journeys"

_REAL_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)


def journeys() -> list[Journey]:
    """Return the journeys of the demonstration as their files say, by key.

    Raises ParcoursError `invalid` where a file was changed and has errors.
    """
    found = []
    for file in load_documents(sorted(FOLDER.glob("*.yaml"))):
        if file.journey is None or has_errors(list(file.problems)):
            first = file.problems[0]
            raise ParcoursError(
                "invalid", first.message, place=f"{file.path}: {first.place}", hint=first.hint
            )
        found.append(file.journey)
    return found


def at_pace(journey: Journey, day: timedelta = DAY) -> Journey:
    """Return a journey in which a day lasts `day`: waits, time-outs and the interval of re-entry.

    Conditions stay as they are: `within: 30d` looks back into a history that is real days long.
    """
    reentry = journey.entry.reentry
    if reentry.min_interval is not None:
        reentry = Reentry(reentry.mode, shortened(reentry.min_interval, day))
    steps = {name: _step(step, day) for name, step in journey.steps.items()}
    return replace(journey, steps=steps, entry=replace(journey.entry, reentry=reentry))


def shortened(span: timedelta, day: timedelta = DAY) -> timedelta:
    """Return how long a span lasts at this pace: whole seconds, at least one."""
    return max(timedelta(seconds=round(span / _REAL_DAY * day.total_seconds())), _SECOND)


def _step(step: Step, day: timedelta) -> Step:
    match step:
        case Wait(duration=timedelta() as span):
            return replace(step, duration=shortened(span, day))
        case WaitFor(timeout=timeout) if timeout is not None:
            return replace(step, timeout=replace(timeout, after=shortened(timeout.after, day)))
        case _:
            return step
