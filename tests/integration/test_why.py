"""Why, case by case: what the entrance asked and asks, branches, what comes next, and those who never entered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from parcours.service.explaining.why import Why, read_why
from parcours.store.database import Database
from support.cli import WELCOME, play

NOW = datetime(2026, 3, 11, tzinfo=UTC)
BEGAN = "passage 1 began at 2026-03-02T09:00:00Z"
STEPS: Mapping[str, Any] = {
    "gap": {"wait": {"for": "1d"}},
    "which": {
        "split": [
            {"when": {"field": "profile.plan", "is": "pro"}, "next": "test"},
            {"when": {"field": "profile.age", "gte": 18}, "next": "done"},
            {"else": True, "drop_out": True},
        ]
    },
    "test": {"experiment": [{"name": "a", "share": 100, "next": "long"}]},
    "long": {"wait": {"for": "30d"}},
    "done": {"end": {}},
}


def person(user: str, **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "timestamp": "2026-02-01T00:00:00Z", "traits": traits}


def event(user: str, name: str, at: str, **properties: Any) -> dict[str, Any]:
    return {"type": "track", "userId": user, "event": name, "timestamp": at, "properties": properties}


def signed_up(user: str, at: str = "2026-03-02T09:00:00Z") -> dict[str, Any]:
    return event(user, "Signed Up", at, plan="pro")


def run(url: str, feed: list[dict[str, Any]], *commands: dict[str, Any], **changed: Any) -> None:
    entry = {**WELCOME["entry"], **changed.pop("entry", {})}
    start = changed.pop("start", "2026-03-02T00:00:00Z")
    audiences = changed.pop("audiences", ())
    files = changed.pop("files", None)
    journey = {**WELCOME, "steps": STEPS, **changed, "entry": entry}
    play(
        url,
        [journey],
        feed,
        commands,
        audiences=audiences,
        start=start,
        files=files,
        to="2026-03-11T00:00:00Z",
    )


def command(name: str, at: str, **options: Any) -> dict[str, Any]:
    return {"at": at, "journey": "welcome", "command": name, "options": options}


def why(url: str, user: str = "u", now: datetime = NOW) -> Why:
    async def inside() -> Why:
        async with (
            await Database.connect(url, connections=1) as database,
            database.transaction() as connection,
        ):
            return await read_why(connection, user, "welcome", buckets=8, now=now)

    return asyncio.run(inside())


def failing(found: Why) -> list[str]:
    assert found.entrance is not None
    return [one.said for one in found.entrance.criteria if not one.holds]


def test_branches_are_said_by_their_conditions(database_url: str) -> None:
    people = [
        person("u", country="SE", plan="pro"),
        person("old", country="SE", age=40),
        person("new", country="SE"),
    ]
    run(database_url, [*people, signed_up("u"), signed_up("old"), signed_up("new")])
    assert [
        (one["step"], one["to"], one["said"]) for one in why(database_url).passages[0]["moves"][1]["branches"]
    ] == [
        ("which", "test", 'the person\'s plan is "pro"'),
        ("test", "long", "its arm a"),
    ]
    [branch] = why(database_url, "old").passages[0]["moves"][1]["branches"]
    assert branch == {"step": "which", "to": "done", "said": "the person's age is at least 18"}
    gone = why(database_url, "new").passages[0]
    assert (gone["status"], gone["reason"]) == ("dropped_out", "split_else")
    assert gone["moves"][1]["branches"] == [
        {"step": "which", "to": None, "said": "none of its conditions held"}
    ]
    assert gone["moves"][1]["seen"]["profile.age"] is None


def test_admission_keeps_the_values_it_compared(database_url: str) -> None:
    later = {**person("u", country="FI"), "timestamp": "2026-03-05T00:00:00Z"}
    run(database_url, [person("u", country="SE"), signed_up("u"), later])
    found = why(database_url)
    assert [(one["rule"], one["holds"], one["value"]) for one in found.passages[0]["criteria"]] == [
        ("trigger", True, "pro"),
        ("filter", True, "SE"),  # as it was then
    ]
    assert found.entrance is not None
    asked = next(one for one in found.entrance.criteria if one.code == "filter")
    assert (asked.holds, asked.value) == (False, "FI")  # as it is now


def test_admission_in_a_pause_keeps_them_too(database_url: str) -> None:
    run(database_url, [person("u", country="SE"), signed_up("u")], command("pause", "2026-03-02T01:00:00Z"))
    [passage] = why(database_url).passages
    assert [one["value"] for one in passage["criteria"]] == ["pro", "SE"]
    assert passage["step"] is None
    assert (
        "paused since 2026-03-02T01:00:00Z, the person is queued before the first step"
        in passage["waits_for"]
    )
    assert passage["next"] == [{"when": "on being let in", "at": None, "to": "gap"}]
    assert failing(why(database_url))[0] == "is not inside already: inside since 2026-03-02T09:00:00Z"


@pytest.mark.parametrize(
    ("reentry", "would", "said"),
    [
        ({"mode": "once"}, "reentry_once", f"has never been inside; {BEGAN}"),
        (
            {"mode": "after_exit", "min_interval": "30d"},
            "reentry_interval",
            f"the latest passage began 30 days ago or earlier; {BEGAN}, so from 2026-04-01T09:00:00Z on",
        ),
        ({"mode": "after_exit", "min_interval": "2d"}, "enter", None),
        ({"mode": "always"}, "enter", None),
    ],
)
def test_reentry_names_the_earlier_passage(
    database_url: str, reentry: dict[str, str], would: str, said: str | None
) -> None:
    run(database_url, [person("u", country="SE", age=20), signed_up("u")], entry={"reentry": reentry})
    found = why(database_url)
    assert found.entrance is not None
    assert (found.entrance.would, failing(found)) == (would, [said] if said else [])


def test_each_part_of_a_filter_is_asked(database_url: str) -> None:
    asked = {
        "all": [
            {"any": [{"field": "profile.country", "is": "SE"}, {"audience": "vip"}]},
            {"not": {"event": "Complained", "within": "365d"}},
            {"event": "Opened", "at_least": 3},
        ]
    }
    feed = [person("u", country="NO"), event("u", "Opened", "2026-03-01T00:00:00Z"), signed_up("u")]
    run(database_url, feed, entry={"filter": asked})
    found = why(database_url)
    assert found.refusals[0]["reason"] == "filter"
    assert found.refusals[0]["seen"] == {
        "profile.country": "NO", "audience vip": False, "event Complained": False, "event Opened": False,
    }  # fmt: skip
    assert found.entrance is not None
    one = next(one for one in found.entrance.criteria if one.code == "filter")
    assert [(part.said, part.holds) for part in one.items] == [
        ('the person\'s country is "SE" or belongs to the audience vip', False),
        ("not (has done Complained within the last 365 days)", True),
        ("has done Opened at least 3 times", False),
    ]
    assert [(part.holds, part.value) for part in one.items[0].items] == [(False, "NO"), (False, None)]
    assert (one.items[1].items[0].value, one.items[2].value) == (0, 1)


def test_a_full_entry_and_the_gate(database_url: str) -> None:
    feed = [person(user, country="SE") for user in ("u", "v")]
    run(database_url, [*feed, signed_up("v"), signed_up("u", "2026-03-03T09:00:00Z")], entry={"cap": 1})
    found = why(database_url)
    assert [refusal["reason"] for refusal in found.refusals] == ["entry_cap"]
    assert failing(found) == ["fewer than 1 have entered version 1; 1 have"]
    with psycopg.connect(database_url, options="-c search_path=parcours") as connection:
        connection.execute("DELETE FROM refusal")
        connection.execute(
            "INSERT INTO eligible SELECT bucket, 1, '2026-03-10T00:00:00Z', 1, user_id, profile_id, 'event', "
            "'Signed Up', '{}', '2026-03-10T00:00:00Z' FROM profile WHERE user_id = 'u'"
        )
    assert why(database_url).notes == [
        "The person waits at the gate since 2026-03-10T00:00:00Z: the entry has a cap, and 0 wait before."
    ]


def test_schedules_say_whether_the_person_belongs_to_the_audience(database_url: str) -> None:
    weekly = {"audience": "vip", "schedule": "0 9 * * 1", "when": {"field": "profile.age", "gt": 17}}
    members = {"audience": "vip", "members": ["v"]}
    feed = [person("u", country="SE", age=40), person("v", country="SE", age=3)]
    run(database_url, feed, entry={"triggers": [weekly]}, audiences=[members], start="2026-03-10T00:00:00Z")
    for user, parts in (("u", [False, True]), ("v", [True, False])):
        found = why(database_url, user)
        assert found.entrance is not None
        [trigger] = found.entrance.triggers
        assert trigger["said"] == (
            "A schedule suggests who belongs to the audience vip and the person's age is more than 17: "
            "the person does not belong to them now."
        )
        assert [part["holds"] for part in trigger["now"]["items"]] == parts


def test_a_closed_or_stopped_journey_says_so(database_url: str) -> None:
    run(database_url, [person("u", country="SE")], command("stop", "2026-03-03T00:00:00Z"))
    found = why(database_url)
    assert found.entrance is not None
    assert found.entrance.would == "journey_stopped"
    assert failing(found) == ["version 1 takes people in; it is stopped"]
    assert found.notes[1] == "Version 1 is stopped: its triggers are off."


def test_what_comes_next_while_waiting(database_url: str) -> None:
    run(database_url, [person("u", country="SE", plan="pro"), signed_up("u")])
    [passage] = why(database_url).passages
    assert passage["waits_for"] == "2026-04-02T09:00:00Z"
    assert passage["next"] == [{"when": "when its wait is over", "at": "2026-04-02T09:00:00Z", "to": "done"}]


def test_a_shut_window_is_what_holds_a_message(database_url: str) -> None:
    mail = {"email": {"subject": "Hi", "text": "Hi"}}
    feed = [person("u", country="SE", email="u@example.com"), signed_up("u", "2026-03-10T20:00:00Z")]
    window = {"from": "09:00", "to": "17:00"}
    run(database_url, feed, steps={"hi": mail, "done": {"end": {}}}, window=window, timezone="UTC")
    [passage] = why(database_url).passages
    assert passage["waits_for"] == "the window in which messages may leave: it opens at 2026-03-11T09:00:00Z"


def test_all_of_it_is_json(database_url: str) -> None:
    run(database_url, [person("u", country="SE", plan="pro"), signed_up("u")])
    wire = json.loads(json.dumps(why(database_url).as_dict()))
    assert wire["entrance"]["criteria"][0] == {
        "said": "the person is not deleted", "holds": True, "value": None, "code": "profile_deleted",
    }  # fmt: skip


def waits(url: str) -> Any:
    [passage] = why(url).passages
    return passage["waits_for"]


def test_a_pause_says_how_it_holds_somebody(database_url: str) -> None:
    run(
        database_url,
        [person("u", plan="pro", country="SE"), signed_up("u")],
        command("pause", "2026-03-02T10:00:00Z", inside="hold"),
    )
    assert "frozen" not in waits(database_url)  # its wait goes on
    assert waits(database_url).startswith("2026-04-02T09:00:00Z")


def test_a_mail_of_a_pause_with_hold_is_held(database_url: str) -> None:
    mail = {
        "subject": "Hello",
        "text": "Hello",
        "from": "a@example.com",
        "reply_to": "a@example.com",
        "transactional": True,
    }
    run(
        database_url,
        [person("u", plan="pro", country="SE", email="u@example.com"), signed_up("u")],
        command("pause", "2026-03-02T10:00:00Z", inside="hold"),
        steps={"gap": {"wait": {"for": "1d"}}, "mail": {"email": mail}, "done": {"end": {}}},
    )
    assert waits(database_url) == (
        "the resume of the journey: it is paused since 2026-03-02T10:00:00Z, the message is held"
    )


def test_whoever_is_set_free_at_a_pace_waits_for_its_turn(database_url: str) -> None:
    people = [f"u{n}" for n in range(5)] + ["u"]
    feed = [person(user, plan="pro", country="SE") for user in people]
    feed += [signed_up(user, f"2026-03-02T09:00:0{n}Z") for n, user in enumerate(people)]
    run(
        database_url, feed,
        command("pause", "2026-03-02T10:00:00Z", catch_up=1),
        command("resume", "2026-03-10T23:59:57Z"),
    )  # fmt: skip
    assert waits(database_url) == (
        "its turn: the journey was resumed at 2026-03-10T23:59:57Z, and people are set free at a pace"
    )


def test_a_deleted_version_keeps_its_number(database_url: str) -> None:
    run(
        database_url,
        [person("u", plan="pro", country="SE"), signed_up("u")],
        command("stop", "2026-03-03T00:00:00Z"),
        command("restart", "2026-03-03T01:00:00Z"),
        {**command("delete", "2026-03-03T02:00:00Z"), "version": 1},
    )
    [passage] = why(database_url).passages
    assert (passage["version"], passage["status"], passage["waits_for"]) == (1, "cancelled", None)


def test_a_transfer_is_said_with_its_versions_and_steps(database_url: str) -> None:
    rest: dict[str, Any] = {"wait": {"for": "30d"}}
    changed = {**WELCOME, "steps": {"here": rest, "new": rest, "end": {"end": {}}}}
    feed = [person(user, country="SE") for user in ("u", "v")]
    feed += [signed_up("u"), signed_up("v", "2026-03-02T12:00:00Z")]
    publish = {"people": "move", "answers": {"old": {"to": "new"}}}
    run(
        database_url, feed, command("apply", "2026-03-05T00:00:00Z", file="b"),
        command("publish", "2026-03-06T00:00:00Z", **publish),
        steps={
            "which": {"split": [{"when": {"field": "profile.user_id", "is": "u"}, "next": "here"},
                                {"else": True, "next": "old"}]},
            "here": rest, "old": rest, "end": {"end": {}},
        },
        files={"b": changed},
    )  # fmt: skip
    assert why(database_url, "u").passages[0]["moves"][-1]["said"] == (
        "moved from version 1 to version 2, at the same step here"
    )
    assert why(database_url, "v").passages[0]["moves"][-1]["said"] == (
        "moved from version 1 to version 2, by answer from old to new"
    )


def test_a_backfill_is_said(database_url: str) -> None:
    feed = [person("u", country="SE"), signed_up("u", "2026-03-04T09:00:00Z")]
    run(database_url, feed, command("publish", "2026-03-06T00:00:00Z", backfill="7d"))
    assert why(database_url).passages[0]["moves"][0]["said"] == (
        "suggested at the publication, because of Signed Up done before it (backfill)"
    )
