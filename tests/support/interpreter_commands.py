"""Commands, given and automatic, and the line each of them prints (R3, R22, R32)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from parcours.domain.journey import End, Journey
from parcours.domain.lifecycle import Become, Command, Refuse, Status, decide, entry_is_open, status_of
from support.interpreter_entry import suggest
from support.interpreter_feed import settle_caused
from support.interpreter_runs import plan
from support.interpreter_walk import fire, leave, meet_wait, release
from support.interpreter_world import Family, Profile, Version, World, instant_text

__all__ = ["make_draft", "publish", "run_automatic", "run_command"]

_LIFECYCLE = {"publish", "pause", "resume", "close", "stop"}
_PAUSE_CHOICES = {"entrants", "inside", "timers", "until", "catch_up"}


@dataclass
class Answer:
    """What the command line says beside what was asked."""

    version: int | None = None
    source: str | None = None
    target: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    refused: str | None = None
    error: str | None = None


def run_command(world: World, command: Mapping[str, Any]) -> None:
    """Carry out one given command and write down its line."""
    name, key, number = command["command"], command.get("journey"), command.get("version")
    options = command.get("options") or {}
    if name == "delete_profile":
        _print(world, key, name, _delete_profile(world, options))
        return
    if name == "apply":
        file = str(options.get("file"))
        if file not in world.files:
            _print(world, key, name, Answer(error="unknown_file"))
        else:
            _print(world, world.files[file].key, name, _apply(world, file))
        return
    family = world.families.get(key) if isinstance(key, str) else None
    if family is None:
        _print(world, key, name, Answer(number, error="unknown_journey"))
        return
    if name in _LIFECYCLE:
        _print(world, key, name, _lifecycle(world, family, cast("Command", name), number, options))
    elif name == "add_people":
        _print(world, key, name, _add_people(world, family, number, options))
    elif name == "remove_people":
        _print(world, key, name, _remove_people(world, family, number, options))
    elif name == "stub":
        _print(world, key, name, _stub(world, family, number, options))
    else:
        raise NotImplementedError(name)
    _open_and_end(world, family)


def run_automatic(world: World) -> None:
    """Open what starts now and end what ends now, journeys by key (P5, P37)."""
    for family in list(world.by_key()):
        _open_and_end(world, family)


def _open_and_end(world: World, family: Family) -> None:
    for version in family.published:
        entry = version.journey.entry
        if not version.started and (entry.start is None or entry.start <= world.now):
            version.started = True
            if version.may_move:
                _fire_overdue(world, version)
            _release_queue(world, version)
        if version.entry_open and entry.end is not None and entry.end <= world.now:
            name: Command = "close" if entry.at_end == "close" else "stop"
            _print(world, family.key, name, _lifecycle(world, family, name, version.number, {}))


def _print(world: World, key: str | None, name: str, answer: Answer) -> None:
    line = {
        "kind": "command",
        "at": instant_text(world.now),
        "journey": key,
        "version": answer.version,
        "command": name,
        "from": answer.source,
        "to": answer.target,
        "counts": answer.counts,
        "refused": answer.refused,
        "error": answer.error,
    }
    world.command_lines.append(line)


def _lifecycle(
    world: World, family: Family, name: Command, number: int | None, options: Mapping[str, Any]
) -> Answer:
    """Act on every version to which the command legally applies; else the newest one answers (P41)."""
    versions = _concerned(family, name, number)
    if not versions:
        return Answer(number, error="unknown_version")
    acted: list[Version] = []
    states = {}
    for version in versions:
        outcome = decide(name, cast("Status", version.status), entry_open=version.entry_open)
        if isinstance(outcome, Become):
            acted.append(version)
            states[version.number] = outcome.state
    newest = (acted or versions)[-1]
    answer = Answer(newest.number, newest.status, newest.status, _counts(world, *(acted or [newest])))
    if not acted:
        outcome = decide(name, cast("Status", newest.status), entry_open=newest.entry_open)
        answer.refused = outcome.code if isinstance(outcome, Refuse) else None
        return answer
    if name == "publish":
        if world.has_errors(newest.journey) or _starts_in_vain(world, family, newest.journey):
            answer.refused = "invalid"
            return answer
        if options.get("people", "stay") != "stay":
            raise NotImplementedError("transfer")
        publish(world, family, newest)
    elif name == "pause" and _PAUSE_CHOICES & options.keys():
        raise NotImplementedError("pause choices")
    else:
        for version in acted:
            version.status = status_of(states[version.number])
            version.entry_open = entry_is_open(states[version.number])
    answer.target = newest.status
    _carry_out(world, name, acted)
    if name == "close":
        for version in acted:
            _finish_if_empty(world, version)
        answer.target = newest.status
    return answer


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


def _counts(world: World, *versions: Version) -> dict[str, int]:
    inside = world.inside(*versions)
    return {
        "inside": len(inside),
        "queued": sum(p.queued for p in inside),
        "messages": sum(p.waits_to_send for p in inside),
    }


def _starts_in_vain(world: World, family: Family, journey: Journey) -> bool:
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
    version.status, version.entry_open = "live", True
    plan(world, version)
    family.last_through = None
    if former is not None:
        former.entry_open = False
        if former.status == "live":
            former.status = "closed"
            _finish_if_empty(world, former)


def _finish_if_empty(world: World, version: Version) -> None:
    if version.status == "closed" and not world.inside(version):
        version.status = "finished"


def _let_go_on(world: World, versions: list[Version]) -> None:
    """Apply kept events, then overdue timers, then let the queue in (R22, P5, P7)."""
    going = [version for version in versions if version.may_move]
    for p in world.inside(*going):
        kept, p.kept = p.kept, []
        for event in kept:
            if p.active:
                meet_wait(world, p, event)
                settle_caused(world)
    _fire_overdue(world, *going)
    for version in going:
        _release_queue(world, version)


def _fire_overdue(world: World, *going: Version) -> None:
    """Fire what was due before now; what is due now is left to the end of the instant (P5)."""
    for p in world.inside(*going):
        if p.due_at is not None and p.due_at < world.now:
            fire(world, p)
            settle_caused(world)


def _release_queue(world: World, version: Version) -> None:
    """Bring the queue to the first step, oldest first, where people may move."""
    if not version.may_move:
        return
    for p in world.inside(version):
        if p.queued:
            release(world, p)
            settle_caused(world)


def make_draft(world: World, file_journey: Any) -> tuple[Version, bool]:
    """Put a definition in the draft of its journey; tell whether the draft is new."""
    family = world.family(file_journey.key)
    draft = family.draft
    if draft is not None:
        draft.journey = file_journey
        return draft, False
    version = Version(len(family.versions) + 1, file_journey)
    family.versions.append(version)
    return version, True


def _apply(world: World, file: str) -> Answer:
    version, is_new = make_draft(world, world.files[file])
    return Answer(version.number, None if is_new else "draft", "draft", _counts(world, version))


def _person(world: World, user_id: Any) -> Profile | None:
    return world.profiles.get(user_id) if isinstance(user_id, str) else None


def _present(family: Family, number: int | None, version: Version) -> Answer:
    return Answer(number or version.number, version.status, version.status)


def _add_people(world: World, family: Family, number: int | None, options: Mapping[str, Any]) -> Answer:
    """Suggest people by hand, in the given order."""
    newest = family.versions[-1] if not family.published else family.published[-1]
    answer = _present(family, number, newest)
    answer.counts = {"added": 0, "unknown": 0}
    if newest.status == "draft":
        answer.refused = "not_published"
        return answer
    for user_id in options.get("user_ids", []):
        profile = _person(world, user_id)
        if profile is None:
            answer.counts["unknown"] += 1
        else:
            answer.counts["added"] += 1
            suggest(world, family, profile, "manual")
            settle_caused(world)
    return answer


def _remove_people(world: World, family: Family, number: int | None, options: Mapping[str, Any]) -> Answer:
    """Take people out by hand, wherever they stand."""
    newest = family.versions[-1] if not family.published else family.published[-1]
    answer = _present(family, number, newest)
    answer.counts = {"removed": 0, "unknown": 0}
    if newest.status == "draft":
        answer.refused = "not_published"
        return answer
    for user_id in options.get("user_ids", []):
        profile = _person(world, user_id)
        p = None if profile is None else world.current(family, profile)
        if profile is None:
            answer.counts["unknown"] += 1
        elif p is not None and number in (None, p.version.number):
            answer.counts["removed"] += 1
            leave(world, p, "dropped_out", "removed_by_user")
    return answer


def _delete_profile(world: World, options: Mapping[str, Any]) -> Answer:
    """Forget a person; they leave every journey at once and stay deleted (P14)."""
    profile = _person(world, options.get("user_id"))
    if profile is None or profile.deleted:
        return Answer(counts={"deleted": 0})
    profile.deleted = True
    profile.attributes.clear()
    profile.events.clear()
    profile.audiences.clear()
    for family in world.by_key():
        p = world.current(family, profile)
        if p is not None:
            leave(world, p, "dropped_out", "profile_deleted")
    return Answer(counts={"deleted": 1})


def _stub(world: World, family: Family, number: int | None, options: Mapping[str, Any]) -> Answer:
    """Note what a message step answers from now on: an outcome, or the status of a webhook's server (P54)."""
    outcome, status = options.get("outcome"), options.get("status")
    if outcome is not None and status is not None:
        return Answer(number, error="bad_option")
    if status is not None:
        outcome = "sent" if status // 100 == 2 else "rejected"
    reason = None
    if outcome == "skipped":
        reason = str(options.get("reason") or "suppressed")
    elif outcome == "rejected":
        reason = "send_failed"
    body = options.get("body", {})
    world.stubs[family.key, options["step"], options.get("user_id")] = (outcome or "sent", reason, body)
    return Answer(number)
