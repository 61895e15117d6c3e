"""The commands of the matrix, carried out at once on every version (R22, R32)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from parcours.domain.journey import End, Journey
from parcours.domain.lifecycle import Become, Command, Refuse, Status, decide, entry_is_open, status_of
from support.interpreter_answer import Answer, counts
from support.interpreter_backfill import backfill, suggestions
from support.interpreter_feed import settle_caused
from support.interpreter_pauses import extend, pause, wait_for_turns, wait_no_more
from support.interpreter_runs import plan
from support.interpreter_transfer import move_people, moving_error, moving_refusal, sources_of
from support.interpreter_walk import fire, leave, meet_wait, release
from support.interpreter_world import Family, Version, World

__all__ = ["fire_overdue", "lifecycle", "publish", "release_queue", "resume_with_changes", "starts_in_vain"]


def lifecycle(
    world: World,
    family: Family,
    name: Command,
    number: int | None,
    options: Mapping[str, Any],
    *,
    ends_pause: bool = False,
) -> Answer:
    """Act on every version to which the command legally applies; else the newest one answers (P41)."""
    versions = _concerned(family, name, number)
    if not versions:
        return Answer(number, error="unknown_version")
    if name == "pause":
        answer = pause(world, versions, options)
        return replace(answer, version=number) if answer.error else answer
    acted: list[Version] = []
    states = {}
    for version in versions:
        outcome = decide(name, cast("Status", version.status), entry_open=version.entry_open)
        if isinstance(outcome, Become):
            acted.append(version)
            states[version.number] = outcome.state
        elif ends_pause and name == "close" and version.status == "paused":
            acted.append(version)
            states[version.number] = "closed"
    newest = (acted or versions)[-1]
    answer = Answer(newest.number, newest.status, newest.status, counts(world, *(acted or [newest])))
    if not acted:
        outcome = decide(name, cast("Status", newest.status), entry_open=newest.entry_open)
        answer.refused = outcome.code if isinstance(outcome, Refuse) else None
        return answer
    if name == "resume":
        for version in acted:
            if world.has_errors(version.journey) or starts_in_vain(world, family, version.journey):
                return Answer(version.number, "paused", "paused", counts(world, version), "invalid")
    if name == "publish":
        if world.has_errors(newest.journey) or starts_in_vain(world, family, newest.journey):
            answer.refused = "invalid"
            return answer
        before = suggestions(world, newest, options) if options.get("backfill") else []
        if options.get("people", "stay") == "move":
            _publish_and_move(world, family, newest, options, answer)
        else:
            publish(world, family, newest)
        if options.get("backfill") and not answer.error:
            answer.counts["backfill"] = len(before)
        if answer.refused or answer.error:
            return answer
        if before:
            backfill(world, family, newest, before)
    else:
        for version in acted:
            state = "closed" if ends_pause and name == "close" else states[version.number]
            version.status = status_of(state)
            version.entry_open = entry_is_open(state)
    if name == "close":
        for version in acted:
            finish_if_empty(world, version)
    answer.target = newest.status
    _carry_out(world, "resume" if ends_pause and name == "close" else name, acted)
    return answer


def resume_with_changes(world: World, family: Family, options: Mapping[str, Any]) -> Answer:
    """Publish the draft of a paused journey and move everybody to it."""
    paused = [version for version in family.published if version.status == "paused"]
    if not paused:
        return lifecycle(world, family, "resume", None, {})
    if family.draft is None:
        newest = paused[-1]
        return Answer(newest.number, "paused", "paused", counts(world, newest), "no_draft")
    return lifecycle(world, family, "publish", None, {**options, "people": "move"})


def _publish_and_move(
    world: World, family: Family, version: Version, options: Mapping[str, Any], answer: Answer
) -> None:
    sources = sources_of(family)
    if moving_error(family, version, options):
        answer.error = moving_error(family, version, options)
        answer.source = answer.target = answer.version = (
            None  # as for every command that cannot be carried out
        )
        answer.counts = {}
        return
    answer.counts = counts(world, *(sources or [version]))
    answer.refused = moving_refusal(world, family, version, options)
    if answer.refused:
        return
    for former in sources:
        if former.status == "paused":
            extend(world, former)
        wait_no_more(world, former)
        former.status, former.entry_open = "closed", False
    publish(world, family, version)
    start = version.journey.entry.start
    version.started = start is None or start <= world.now
    move_people(world, family, version, sources, options)
    for former in sources:
        finish_if_empty(world, former)
    if version.may_move:
        fire_overdue(world, version)
        release_queue(world, version)


def _carry_out(world: World, name: Command, versions: list[Version]) -> None:
    if name == "resume":
        _let_go_on(world, versions)
    elif name == "stop":
        for p in world.inside(*versions):
            leave(world, p, "cancelled", "journey_stopped")


def _concerned(family: Family, name: Command, number: int | None) -> list[Version]:
    if number is not None:
        return [version for version in family.versions if version.number == number]
    if name == "publish":
        return [family.draft or family.versions[-1]]
    return family.published or family.versions


def starts_in_vain(world: World, family: Family, journey: Journey) -> bool:
    """Tell whether an end starts a journey that admits nobody, or one that leads back here (Validation)."""
    ahead, reached = [journey], set[str]()
    while ahead:
        now = ahead.pop()
        targets = {s.start for s in now.steps.values() if isinstance(s, End) and s.start is not None}
        for key in targets - reached:
            reached.add(key)
            other = world.families.get(key)
            admits = other is not None and any(v.status == "draft" or v.entry_open for v in other.versions)
            if now is journey and key != family.key and not admits:
                return True
            if other is not None and other is not family:
                ahead += [v.journey for v in other.versions if v.status in ("live", "paused", "closed")]
    return family.key in reached


def publish(world: World, family: Family, version: Version) -> None:
    """Put a draft live; the version that admitted until now shuts its entry, its people stay."""
    former = family.admitting
    version.status, version.entry_open, version.sending_held = "live", True, world.sending_held
    plan(world, version)
    family.last_through = None
    if former is not None:
        former.entry_open = False
        if former.status == "live":
            former.status = "closed"
            finish_if_empty(world, former)


def finish_if_empty(world: World, version: Version) -> None:
    if version.status == "closed" and not world.inside(version):
        version.status = "finished"


def _let_go_on(world: World, versions: list[Version]) -> None:
    """Apply kept events, then overdue timers, then let the queue in (R22, P5, P7)."""
    for version in versions:
        extend(world, version)
    for version in versions:
        wait_for_turns(world, version)
    going = [version for version in versions if version.may_move and version.next_free is None]
    for p in world.inside(*going):
        kept, p.kept = p.kept, []
        for event in kept:
            if p.active:
                meet_wait(world, p, event)
                settle_caused(world)
    fire_overdue(world, *going)
    for version in going:
        release_queue(world, version)


def fire_overdue(world: World, *going: Version) -> None:
    """Fire what was due before now; what is due now is left to the end of the instant (P5)."""
    for p in world.inside(*going):
        if p.due_at is not None and p.due_at < world.now:
            fire(world, p)
            settle_caused(world)


def release_queue(world: World, version: Version) -> None:
    """Bring the queue to the first step, oldest first, where people may move."""
    if not version.lets_in:
        return
    for p in world.inside(version):
        if p.queued:
            release(world, p)
            settle_caused(world)
