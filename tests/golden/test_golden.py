"""Golden: journey → plan → SQL → result. The SQL that is compared is also executed.

`PARCOURS_TEST_RENEW=1 pytest tests/golden` writes the files anew; read the difference before you commit it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from parcours.compiler import build_plan, compile_journey
from parcours.domain.parse import parse_journey
from parcours.service.editing.files import load_documents
from support.engine import EngineSimulator, engine_simulator
from support.postgres import Server
from support.runner import Case, reference

HERE = Path(__file__).parent
JOURNEYS = sorted(HERE.glob("*.journey.yaml"))


@pytest.fixture(scope="module")
def engine(postgres: Server) -> Iterator[EngineSimulator]:
    """The real engine on a database of this module's own."""
    yield from engine_simulator(postgres)


@pytest.mark.parametrize("file", JOURNEYS, ids=lambda file: file.name)
def test_the_plan_and_the_sql_are_as_recorded(file: Path) -> None:
    journey, problems = parse_journey(load_documents([file])[0].document)
    assert journey is not None, problems
    same(file, "plan.txt", "\n".join(build_plan(journey).describe()) + "\n")
    program = compile_journey(journey, 1)
    parts = [f"-- {name}: {dict(s.constants)}\n{s.text}\n" for name, s in program.statements.items()]
    same(file, "sql", "\n".join(parts))


@pytest.mark.both_servers
@pytest.mark.parametrize("file", JOURNEYS, ids=lambda file: file.name)
def test_the_result_is_as_recorded(engine: EngineSimulator, file: Path) -> None:
    document = load_documents([file])[0].document
    assert isinstance(document, dict)
    feed = [json.loads(line) for line in (HERE / "feed.jsonl").read_text(encoding="utf-8").splitlines()]
    case = Case((document,), tuple(feed))
    lines = engine(case)
    assert lines == reference(case)
    same(file, "result.jsonl", "".join(json.dumps(line) + "\n" for line in lines))


def same(file: Path, kind: str, found: str) -> None:
    """Compare with the recorded file, or write it."""
    recorded = file.with_name(file.name.replace("journey.yaml", kind))
    if os.environ.get("PARCOURS_TEST_RENEW") == "1":
        recorded.write_text(found, encoding="utf-8")
    assert recorded.read_text(encoding="utf-8") == found
