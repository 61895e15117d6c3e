"""Publishing by two: one asks, another one does it, and the audit shows both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from parcours.clock import SystemClock
from parcours.domain.parse import parse_journey
from parcours.service.access.keys import add_key
from parcours.service.access.options import change_options
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.editing.authoring import apply_journey
from parcours.store.database import Database
from support.api import ApiServer
from support.cli import WELCOME, Cli

NOW = SystemClock().now()


async def give(
    database: Database, actor: str, command: Any = "publish", *, dry_run: bool = False, **options: Any
) -> tuple[str | None, str | None, str]:
    order = Order("welcome", command, options=options, actor=actor, dry_run=dry_run)
    async with database.transaction() as connection:
        result = await execute(connection, order, NOW)
    return result.refused, result.to_status, result.message


async def draft(database: Database, **changes: Any) -> None:
    definition, _ = parse_journey({**WELCOME, **changes})
    assert definition is not None
    async with database.transaction() as connection:
        await apply_journey(connection, definition, NOW)


@pytest.fixture
async def by_two(database: Database) -> Database:
    async with database.transaction() as connection:
        await change_options(connection, {"publish_needs_second_person": True}, at=NOW, actor="cli:root")
    await draft(database)
    return database


async def audit(database: Database) -> list[tuple[str, str | None, Mapping[str, Any]]]:
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "SELECT actor, refused, options FROM parcours.audit WHERE command = 'publish' ORDER BY audit_id"
        )
        return await cursor.fetchall()


async def test_one_asks_and_another_one_publishes(by_two: Database) -> None:
    refused, status, message = await give(by_two, "user:anna@x.se")
    assert (refused, status) == ("second_person_needed", "draft")
    assert "asked for now" in message
    refused, _, message = await give(by_two, "user:anna@x.se")
    assert refused == "second_person_needed"
    assert "cannot agree with oneself" in message
    assert (await give(by_two, "user:bo@x.se", dry_run=True))[:2] == (None, "live")
    assert (await give(by_two, "user:bo@x.se"))[:2] == (None, "live")
    assert await audit(by_two) == [
        ("user:anna@x.se", "second_person_needed", {}),
        ("user:anna@x.se", "second_person_needed", {}),
        ("user:bo@x.se", None, {"asked_by": "user:anna@x.se"}),
    ]


async def test_a_dry_run_asks_nobody(by_two: Database) -> None:
    assert (await give(by_two, "user:anna@x.se", dry_run=True))[0] == "second_person_needed"
    assert (await give(by_two, "user:bo@x.se"))[0] == "second_person_needed"


async def test_what_was_changed_meanwhile_is_asked_for_anew(by_two: Database) -> None:
    await give(by_two, "user:anna@x.se")
    await draft(by_two, name="Another")  # the name of the file belongs to the definition
    refused, _, message = await give(by_two, "user:bo@x.se")
    assert refused == "second_person_needed"
    assert "another definition" in message
    assert (await give(by_two, "user:anna@x.se"))[:2] == (None, "live")


async def test_other_choices_are_asked_for_anew(by_two: Database) -> None:
    await give(by_two, "user:anna@x.se")
    refused, _, message = await give(by_two, "user:bo@x.se", backfill="1d")
    assert refused == "second_person_needed"
    assert "other choices" in message
    assert (await give(by_two, "user:anna@x.se", people="stay", backfill="1d"))[:2] == (None, "live")


async def test_nobody_agrees_with_oneself_by_a_key(by_two: Database) -> None:
    async with by_two.transaction() as connection:
        for name, person in (("annas", "anna@x.se"), ("bos", "bo@x.se")):
            await add_key(connection, name, ["publish"], at=NOW, actor="user:x@x.se", person=person)
    await give(by_two, "user:anna@x.se")
    assert (await give(by_two, "key:annas"))[0] == "second_person_needed"
    assert (await give(by_two, "user:anna@x.se, scheduled"))[0] == "second_person_needed"
    assert (await give(by_two, "key:bos"))[:2] == (None, "live")


async def test_resume_with_changes_needs_two_as_well_and_resume_does_not(by_two: Database) -> None:
    for actor in ("user:anna@x.se", "user:bo@x.se"):
        await give(by_two, actor)
    await give(by_two, "user:anna@x.se", "pause")
    await give(by_two, "user:anna@x.se", "new_version")
    assert (await give(by_two, "user:anna@x.se", "resume", with_changes=True))[0] == "second_person_needed"
    assert (await give(by_two, "user:anna@x.se", "resume"))[:2] == (None, "live")
    await give(by_two, "user:anna@x.se", "pause")
    assert (await give(by_two, "user:bo@x.se", "resume", with_changes=True))[:2] == (None, "live")


async def test_where_it_is_not_set_one_is_enough(database: Database) -> None:
    await draft(database)
    assert (await give(database, "user:anna@x.se"))[:2] == (None, "live")


def test_what_waits_is_listed_and_taken_back(
    api: ApiServer, capsys: pytest.CaptureFixture[str], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", api.database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    cli = Cli(capsys, tmp_path)
    cli("apply", cli.file("welcome.yaml", WELCOME))
    assert cli("settings", "publish_needs_second_person=yes").out == "publish_needs_second_person = true\n"
    assert "by two people" in cli("apply", cli.file("welcome.yaml", WELCOME)).out
    answer = cli("journey", "publish", "welcome")
    assert (answer.status, "second_person_needed" in answer.error) == (1, True)
    [waiting] = api.call("GET", "/api/approvals?journey=welcome", key=api.key("read")).json
    assert (waiting["journey"], waiting["version"], waiting["options"]) == ("welcome", 1, {"people": "stay"})
    assert waiting["asked_by"].startswith("cli")
    gone = api.call("DELETE", f"/api/approvals/{waiting['id']}", key=api.key("publish"))
    assert gone.status == 204
    assert api.call("GET", "/api/approvals", key=api.key("read")).json == []
    again = api.call("DELETE", f"/api/approvals/{waiting['id']}", key=api.key("publish"))
    assert (again.status, again.code) == (404, "unknown_approval")
