"""Problems of journeys as they stand in the database: what was fine when it was published may not be any more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.cli import WELCOME, Cli

CHAIN: dict[str, Any] = {
    "journey": "chain",
    "entry": {"triggers": [{"event": "Signed Up"}]},
    "steps": {"breathe": {"wait": {"for": "2d"}}, "over": {"end": {"start": "welcome"}}},
}


@pytest.fixture
def cli(
    database_url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database_url)
    monkeypatch.setenv("PARCOURS_DATA", str(tmp_path))
    return Cli(capsys, tmp_path)


def test_a_live_journey_learns_that_what_it_starts_was_closed(cli: Cli) -> None:
    for document in (WELCOME, CHAIN):
        name = document["journey"]
        assert cli("apply", cli.file(f"{name}.yaml", document)).status == 0
        assert cli("journey", "publish", name).status == 0
    sound = cli("journey", "problems", "chain", "--json")
    assert sound.status == 0
    assert sound.json == [{"version": 1, "status": "live", "problems": []}]
    assert cli("journey", "close", "welcome").status == 0
    answer = cli("journey", "problems", "chain")
    assert answer.status == 1
    assert answer.out == (
        "chain version 1 (live): steps.over.end.start: The journey `welcome` admits nobody: it is finished. "
        "(start_not_admitting) Publish a new version of it, or name another one.\n"
    )
    (found,) = cli("journey", "problems", "chain", "--json").json
    assert [(p["severity"], p["code"], p["step_id"], p["section"]) for p in found["problems"]] == [
        ("error", "start_not_admitting", "over", "steps")
    ]


def test_the_draft_and_what_runs_are_checked_and_one_of_them_where_it_is_named(cli: Cli) -> None:
    assert cli("apply", cli.file("chain.yaml", {**CHAIN, "steps": {"breathe": {"wait": {}}}})).status == 0
    refused = cli("journey", "publish", "chain")
    assert refused.status == 1
    assert "the definition has 1 error; the first: steps.breathe" in refused.error
    assert "parcours journey problems chain" in refused.error
    (found,) = cli("journey", "problems", "chain", "--version", "1", "--json").json
    assert (found["status"], [p["code"] for p in found["problems"]]) == ("draft", ["wait_without_duration"])
    assert "unknown_version" in cli("journey", "problems", "chain", "--version", "7").error
    assert "unknown_journey" in cli("journey", "problems", "nothing").error


def test_people_and_events_that_are_there_tell_what_is_misspelt(cli: Cli) -> None:
    feed = cli.file(
        "people.jsonl",
        "".join(
            json.dumps(line) + "\n"
            for n in range(20)
            for line in (
                {"type": "identify", "userId": f"u{n}", "traits": {"country": "SE", "age": n}},
                {"type": "track", "userId": f"u{n}", "event": "Order Completed", "properties": {"total": n}},
            )
        ),
    )
    assert cli("import", feed).status == 0
    document = {
        **CHAIN,
        "goal": {"event": "Order Complete", "when": {"field": "event.total", "gte": 1}},
        "exit": [{"field": "profile.contry", "is": "SE"}, {"field": "profile.age", "gt": "18"}],
        "steps": {"breathe": {"wait": {"for": "2d"}}},
    }
    (applied,) = cli("apply", cli.file("chain.yaml", document), "--json").json
    (found,) = cli("journey", "problems", "chain", "--json").json
    assert applied["problems"] == found["problems"]
    assert [(p["code"], p["place"], p["hint"]) for p in found["problems"]] == [
        ("unknown_field", "exit[0].field", "Did you mean `country`?"),
        (
            "field_of_other_type", "exit[1].gt",
            "Nothing is converted: 10 is not '10'. Write the value in the type that the field has.",
        ),
        ("unknown_event", "goal.event", "Did you mean `Order Completed`?"),
    ]  # fmt: skip
    assert cli("journey", "publish", "chain").status == 0  # warnings never stand in the way
    assert cli("journey", "show", "chain", "--json").json["problems"][0]["problems"] == found["problems"]
    shown = cli("journey", "show", "chain").out
    assert "Problems of version 1: exit[0].field: warning: No profile is known to have `contry`." in shown
