"""The reference: customer journeys person by person, line by line, as the rules in docs/rules.md say it.

Slow and plain on purpose, and ignorant of the engine: what `parcours simulate` prints must equal this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from parcours.domain.journey import Audience, Journey
from support.conditions import instant_of
from support.interpreter_audiences import begin, membership_instants
from support.interpreter_commands import make_draft, publish, run_automatic, run_command
from support.interpreter_feed import read_feed, settle, settle_caused, settle_time
from support.interpreter_gate import pass_gates
from support.interpreter_output import output_lines
from support.interpreter_pauses import free_next, turn_at
from support.interpreter_runs import is_spent, run_instants, run_scheduled
from support.interpreter_walk import fire
from support.interpreter_world import Participant, World, next_at_gate

__all__ = ["simulate"]


def _none_has(_: Journey) -> bool:
    return False


def simulate(  # noqa: PLR0917 - what simulate is given, in the order of its command line
    journeys: Sequence[Journey],
    audiences: Sequence[Audience],
    feed: Sequence[Any],
    commands: Sequence[Mapping[str, Any]],
    start: datetime,
    to: datetime,
    *,
    moves: bool = False,
    files: Mapping[str, Journey] | None = None,
    has_errors: Callable[[Journey], bool] = _none_has,
) -> list[dict[str, Any]]:
    """Return the output lines of `parcours simulate`.

    `files` holds the journeys that `apply` commands name by `options.file`; `has_errors` is the check that
    refuses a publication (P20).
    """
    world = World(start, {a.key: a for a in audiences}, files or {}, has_errors)
    for audience in audiences:
        for user_id in audience.members:
            world.profile(user_id).audiences.add(audience.key)
    lines = read_feed(feed)
    for line in lines:
        if line.at < start:
            settle(world, line, history=True)
    world.now = start - timedelta(microseconds=1)
    begin(world)
    world.now = start
    lines = [line for line in lines if start <= line.at < to]
    given = sorted(((_at(c), c) for c in commands), key=lambda pair: pair[0])
    drafts = [(j, make_draft(world, j)[0]) for j in sorted(journeys, key=lambda journey: journey.key)]
    for journey, version in drafts:
        if not _publishes_first(journey.key, [c for _, c in given], world.files):
            publish(world, world.families[journey.key], version)
    given = [(at, c) for at, c in given if start <= at < to]

    now: datetime | None = start
    while now is not None and now < to:
        world.now = now
        run_automatic(world)
        pass_gates(world)
        for at, command in given:
            if at == now:
                run_command(world, command)
                pass_gates(world)
        for line in lines:
            if line.at == now:
                settle(world, line)
                pass_gates(world)
        settle_time(world)
        pass_gates(world)
        run_scheduled(world)
        pass_gates(world)
        free_next(world)
        _fire_due_timers(world)
        _finish_the_empty(world)
        instants = {line.at for line in lines} | {at for at, _ in given} | set(_own_instants(world))
        now = min((at for at in instants if at > now), default=None)
    return output_lines(world, moves=moves)


def _at(command: Mapping[str, Any]) -> datetime:
    at = instant_of(command["at"])
    assert at is not None, command
    return at


def _publishes_first(key: str, commands: Sequence[Mapping[str, Any]], files: Mapping[str, Journey]) -> bool:
    """Tell whether the commands publish the journey before they apply another definition of it (R1, P39)."""
    for command in commands:
        publishes = command["command"] == "publish" and command.get("version") in (None, 1)
        if publishes and command.get("journey") == key:
            return True
        if command["command"] in ("new_version", "new-version", "edit") and command.get("journey") == key:
            return False
        if command["command"] == "apply":
            file = files.get((command.get("options") or {}).get("file", ""))
            if file is not None and file.key == key:
                return False
    return False


def _due(world: World) -> list[Participant]:
    due = [
        p for p in world.participants if p.version.may_move and p.due_at is not None and p.due_at <= world.now
    ]
    return sorted(due, key=lambda p: (p.family.key, p.profile.user_id))


def _fire_due_timers(world: World) -> None:
    """Fire one due timer after the other, journeys by key, until none is left (R3 (5))."""
    while due := _due(world):
        fire(world, due[0])
        settle_caused(world)
        if not _due(world):
            pass_gates(world)


def _finish_the_empty(world: World) -> None:
    """Versions that nobody enters and nobody is inside of are finished, at the end of the instant (P21, P63)."""
    for family in world.by_key():
        for version in family.versions:
            over = version.status == "closed" or (
                version.status == "live" and is_spent(version) and not family.waiting
            )
            if over and not world.inside(version):
                version.status, version.entry_open = "finished", False


def _own_instants(world: World) -> Iterator[datetime]:
    """Yield the instants at which something happens by itself."""
    for p in world.participants:
        if p.version.may_move and p.due_at is not None:
            yield p.due_at
    yield from run_instants(world)
    yield from membership_instants(world)
    for family in world.by_key():
        at = next_at_gate(family)
        if at is not None:
            yield at
        for version in family.published:
            entry = version.journey.entry
            if not version.started and entry.start is not None:
                yield entry.start
            if version.entry_open and entry.end is not None:
                yield entry.end
            turn = turn_at(version)
            if turn is not None:
                yield turn
            if version.status == "paused" and version.choices.until is not None:
                yield version.choices.until
