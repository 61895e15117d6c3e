"""Random cases are what they promise to be, and the reference keeps the books on every one of them."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from parcours.domain.checks import check_journey
from parcours.domain.parse import parse_journey
from parcours.domain.problems import has_errors
from support.runner import Case, Document, reference, write_files
from support.strategies import cases, paused_cases

# Shrinking takes minutes; a case can be run again by its blob.
some = settings(max_examples=30, phases=[Phase.explicit, Phase.reuse, Phase.generate])
any_case = st.one_of(cases(), paused_cases())
KINDS = ("command", "participant", "message", "refusal", "move", "ledger")


def of(lines: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["kind"] == kind]


@some
@given(any_case)
def test_journeys_can_be_published(case: Case) -> None:
    for document in (*case.journeys, *case.files.values()):
        journey, problems = parse_journey(document)
        assert journey is not None
        assert not has_errors([*problems, *check_journey(journey)]), (problems, check_journey(journey))


@some
@given(any_case)
def test_cases_are_plain_json(case: Case) -> None:
    everything = (case.journeys, case.audiences, case.feed, case.commands, dict(case.files))
    assert json.loads(json.dumps(everything)) == json.loads(json.dumps(everything, sort_keys=True))


def test_cases_become_files(tmp_path: Path) -> None:
    case = Case(({"journey": "a"},), ({"type": "identify"},), files={"a2.json": {"journey": "a"}})
    arguments = write_files(case, tmp_path)
    assert arguments[1:2] == [str(tmp_path / "a.yaml")]
    assert (tmp_path / "feed.jsonl").read_text() == '{"type": "identify"}\n'
    assert (tmp_path / "a2.json").exists()


@some
@given(any_case)
def test_lines_come_in_the_order_of_their_kinds(case: Case) -> None:
    kinds = [KINDS.index(line["kind"]) for line in reference(case)]
    assert kinds == sorted(kinds)


@some
@given(any_case)
def test_the_ledger_balances(case: Case) -> None:
    lines = reference(case)
    people = of(lines, "participant")
    for ledger in of(lines, "ledger"):
        left = ("active", "completed", "succeeded", "dropped_out", "cancelled", "transferred_out")
        assert ledger["entered"] + ledger["transferred_in"] == sum(ledger[name] for name in left)
        assert all(step["in"] == step["here"] + step["out"] for step in ledger["steps"].values())
        assert sum(ledger["reasons"].values()) == ledger["dropped_out"]
        assert ledger["active"] == sum(step["here"] for step in ledger["steps"].values())
        mine = [p for p in people if (p["journey"], p["version"]) == (ledger["journey"], ledger["version"])]
        assert ledger["entered"] + ledger["transferred_in"] - ledger["transferred_out"] == len(mine)
        if ledger["status"] in {"stopped", "finished", "draft"}:
            assert ledger["active"] == 0


@some
@given(any_case)
def test_nobody_is_inside_twice_and_numbers_run_on(case: Case) -> None:
    people = of(reference(case), "participant")
    passages: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for p in people:
        passages.setdefault((p["journey"], p["user_id"]), []).append(p)
    for found in passages.values():
        assert [p["entry_no"] for p in found] == list(range(1, len(found) + 1))
        assert all(a["left_at"] is not None and a["left_at"] <= b["entered_at"] for a, b in pairwise(found))


@some
@given(any_case)
def test_moves_tell_the_whole_way(case: Case) -> None:
    lines = reference(case)
    for p in of(lines, "participant"):
        who = (p["journey"], p["user_id"], p["entry_no"])
        moves = [m for m in of(lines, "move") if (m["journey"], m["user_id"], m["entry_no"]) == who]
        assert all(a["to"] == b["from"] for a, b in pairwise(moves))
        assert all(a["at"] <= b["at"] for a, b in pairwise(moves))
        steps = list(takewhile(lambda step: step is not None, (m["to"] for m in moves)))
        assert (steps[-1] if steps else None) == p["step"]
        leaves = p["status"] in {"dropped_out", "cancelled"}
        if leaves:
            assert (moves[-1]["to"], moves[-1]["at"]) == (None, p["left_at"])
        if p["status"] == "active" and p["step"] is None:
            assert moves == []


@some
@given(cases(with_commands=False))
def test_the_order_of_files_does_not_count(case: Case) -> None:
    backwards = Case(
        case.journeys[::-1], case.feed, case.commands, case.audiences[::-1], case.files, case.start, case.to
    )
    assert reference(backwards) == reference(case)


def _without_gate(document: Document) -> Document:
    entry = {key: value for key, value in document["entry"].items() if key not in {"cap", "rate"}}
    return {**document, "entry": entry}


@some
@given(cases(with_commands=False))
def test_people_do_not_depend_on_each_other(case: Case) -> None:
    """Without the others' lines everybody has the same passages (R3), where there is no cap and no rate."""
    user = "u1"
    case = replace(case, journeys=tuple(_without_gate(document) for document in case.journeys))
    own = tuple(line for line in case.feed if user in {line.get("userId"), line.get("anonymousId")})
    alone = Case(case.journeys, own, (), case.audiences, {}, case.start, case.to)
    together = [line for line in reference(case) if line.get("user_id") == user]
    assert [line for line in reference(alone) if line.get("user_id") == user] == together
