"""Everything that the OpenAPI describes, asked at random by Schemathesis: no failure, no undescribed answer.

A little of what `make fuzz` does at length, with the same dice each time.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fuzz.run import ask
from fuzz.sample import fill
from support.api import ApiServer, api_server
from support.postgres import Server

ONCE = (
    "--max-examples",
    "1",
    "--generation-deterministic",
    "--no-shrink",
    "--continue-on-failure",
    "--no-color",
)


@pytest.fixture(scope="module")
def filled(postgres: Server) -> Iterator[ApiServer]:
    with api_server(postgres) as server:
        fill(server)
        yield server


@pytest.mark.parametrize(
    ("caller", "options"),
    [
        ("admin", ("--phases", "fuzzing")),
        ("viewer", ("--phases", "fuzzing", "--include-method", "GET")),
    ],
)
def test_every_answer_is_described_and_none_is_a_failure(
    filled: ApiServer, caller: str, options: tuple[str, ...]
) -> None:
    status, said = ask(filled, caller, 1, *options, *ONCE, told=False)
    assert status == 0, said
    assert "No issues found" in said
