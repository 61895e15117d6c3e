"""Pause choices in the interpreter: what a pause is told, what another one changes (lifecycle.md, Pause choices)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from parcours.domain.choices import THEN, Choices, Then
from parcours.domain.journey import Wait, WaitFor
from parcours.domain.lifecycle import ENTRANTS, INSIDE, TIMERS, Refuse, decide
from support.conditions import instant_of
from support.interpreter_answer import Answer, counts
from support.interpreter_feed import settle_caused
from support.interpreter_walk import meet_wait
from support.interpreter_world import Version, World

__all__ = ["extend", "free_next", "pause", "turn_at", "wait_for_turns", "wait_no_more"]

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


def extend(world: World, version: Version) -> None:
    """Move durations, time-outs and lifetimes by the length of the pause that ends now (R23)."""
    if version.choices.timers != "extend":
        return
    began = version.paused_at
    assert began is not None
    for p in world.inside(version):
        step = None if p.step is None else version.journey.steps[p.step]
        lasts = isinstance(step, Wait) and step.duration is not None
        if (lasts or isinstance(step, WaitFor)) and p.deadline is not None and p.deadline > began:
            p.deadline += world.now - began
        if step is not None or p.entered_at < began:
            p.extended += world.now - began


def wait_for_turns(world: World, version: Version) -> None:
    """Put those whom this resume would set free into one order, where there is a rate; nobody waits otherwise (P78)."""
    wait_no_more(world, version)
    version.rate = version.choices.catch_up if version.started else None
    version.next_free = None if version.rate is None else world.now
    if version.rate is None:
        return
    for p in world.inside(version):
        user_id = p.profile.user_id
        if p.kept:
            first = min(p.kept, key=lambda event: (event.at, event.number))
            p.place = (0, first.at, first.number, user_id)
        elif p.queued:
            p.place = (2, p.entered_at, 0, user_id)
        elif (due_at := p.due(held=False)) is not None and due_at < world.now:
            p.place = (1, due_at, 0, user_id)


def wait_no_more(world: World, version: Version) -> None:
    """Nobody of a version waits for a turn any more."""
    version.next_free = None
    for p in world.inside(version):
        p.place, p.freed_at = None, None


def free_next(world: World) -> None:
    """Set those free whose turn is now: kept events at once, the rest is due with the timers of this instant."""
    for family in world.by_key():
        for version in family.published:
            while turn_at(version) is not None and version.next_free <= world.now:  # type: ignore[operator]
                waiting = [p for p in world.inside(version) if p.place is not None]
                if not waiting:
                    version.next_free = None
                    break
                p = min(waiting, key=lambda p: p.place or ())
                p.place = None
                if p.queued:
                    p.freed_at = world.now
                elif p.deadline is not None and p.deadline < world.now:
                    p.deadline = world.now
                kept, p.kept = p.kept, []
                for event in kept:
                    if p.active:
                        meet_wait(world, p, event)
                        settle_caused(world)
                assert version.next_free is not None
                assert version.rate is not None
                version.next_free += timedelta(seconds=1 / version.rate)


def turn_at(version: Version) -> datetime | None:
    """Return when the next turn is; None in a pause, and where nobody waits."""
    return version.next_free if version.status in {"live", "closed"} else None


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
