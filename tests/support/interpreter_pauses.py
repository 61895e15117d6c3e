"""Pause choices in the interpreter: what a pause is told, what another one changes (lifecycle.md, Pause choices)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parcours.domain.choices import THEN, Choices, Then
from parcours.domain.lifecycle import ENTRANTS, INSIDE, TIMERS, Refuse, decide
from support.conditions import instant_of
from support.interpreter_answer import Answer, counts
from support.interpreter_world import Version, World

__all__ = ["pause"]

NAMES = {"entrants", "inside", "timers", "until", "then", "catch_up"}


def pause(world: World, versions: list[Version], options: Mapping[str, Any]) -> Answer:
    """Pause what runs, and change the choices of what is paused; the newest answers where nothing changes."""
    error = _error(world, options)
    if error is not None:
        return Answer(error=error)
    acted, refused = [], None
    for version in versions:
        found = _chosen(world, version, options)
        if isinstance(found, Choices):
            acted.append((version, found))
        if version.status != "draft":
            refused = found if isinstance(found, str) else None
    if not acted:
        newest = versions[-1]
        newest = next((v for v in reversed(versions) if v.status != "draft"), newest)
        if newest.status == "draft":
            refused = "not_published"
        return Answer(newest.number, newest.status, newest.status, counts(world, newest), refused)
    newest = acted[-1][0]
    answer = Answer(newest.number, newest.status, "paused", counts(world, *(v for v, _ in acted)))
    for version, choices in acted:
        if version.status != "paused":
            version.paused_at = world.now
            if version.status == "closed":
                version.entry_open = False
        version.status, version.choices = "paused", choices
    return answer


def _error(world: World, options: Mapping[str, Any]) -> str | None:
    """Tell what is wrong with the options themselves."""
    known: dict[str, tuple[str, ...]] = {
        "entrants": ENTRANTS,
        "inside": INSIDE,
        "timers": TIMERS,
        "then": THEN,
    }
    for name, value in options.items():
        if name not in NAMES or (name in known and value not in known[name]):
            return "bad_option"
    until = _until(options)[0]
    if until not in (None, "none"):
        at = instant_of(until)
        if at is None:
            return "bad_option"
        if at <= world.now:
            return "until_past"
    return None


def _until(options: Mapping[str, Any]) -> tuple[Any, Then | None]:
    until, then = options.get("until"), options.get("then")
    if isinstance(until, Mapping):
        return until.get("at"), until.get("then") or then
    return until, then


def _chosen(world: World, version: Version, options: Mapping[str, Any]) -> Choices | str | None:
    """Return the choices from now on; the code of a refusal; None where nothing changes."""
    now = version.choices if version.status == "paused" else Choices()
    inside, timers = options.get("inside", now.inside), options.get("timers", now.timers)
    if version.status == "paused":
        if (inside, timers) != (now.inside, now.timers):
            return "pause_choice_fixed"
    else:
        outcome = decide("pause", version.status, entry_open=version.entry_open)  # type: ignore[arg-type]
        if isinstance(outcome, Refuse):
            return outcome.code
        if timers == "extend" and inside != "freeze":
            return "extend_needs_freeze"
    until, then = _until(options)
    ends = now.until if until is None else instant_of(until) if until != "none" else None
    chosen = Choices(
        entrants=options.get("entrants", now.entrants),
        inside=inside,
        timers=timers,
        until=ends,
        then=then or (now.then if until is None and ends is not None else "resume"),
        catch_up=_rate(options["catch_up"]) if "catch_up" in options else now.catch_up,
    )
    return None if version.status == "paused" and chosen == now else chosen


def _rate(value: Any) -> float | None:
    return None if value == "none" else float(str(value).removesuffix("/s"))
