"""Commands about people: add, remove, delete, and what a message of somebody answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from support.interpreter_answer import Answer
from support.interpreter_entry import suggest
from support.interpreter_feed import settle_caused
from support.interpreter_walk import leave
from support.interpreter_world import Family, Profile, Version, World

__all__ = ["add_people", "delete_profile", "remove_people", "stub"]


def _person(world: World, user_id: Any) -> Profile | None:
    return world.profiles.get(user_id) if isinstance(user_id, str) else None


def _present(family: Family, number: int | None, version: Version) -> Answer:
    return Answer(number or version.number, version.status, version.status)


def add_people(world: World, family: Family, number: int | None, options: Mapping[str, Any]) -> Answer:
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


def remove_people(world: World, family: Family, number: int | None, options: Mapping[str, Any]) -> Answer:
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


def delete_profile(world: World, options: Mapping[str, Any]) -> Answer:
    """Forget a person; they leave every journey at once and stay deleted (P14)."""
    profile = _person(world, options.get("user_id"))
    if profile is None or profile.deleted:
        return Answer(counts={"deleted": 0})
    profile.deleted = True
    profile.attributes.clear()
    profile.events.clear()
    profile.audiences.clear()
    profile.belongs.clear()
    profile.consents.clear()
    for family in world.by_key():
        p = world.current(family, profile)
        if p is not None:
            leave(world, p, "dropped_out", "profile_deleted")
    return Answer(counts={"deleted": 1})


def stub(world: World, family: Family, number: int | None, options: Mapping[str, Any]) -> Answer:
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
