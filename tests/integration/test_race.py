"""Every command races two busy workers: what it promises holds from its answer on. `make race` does it by the thousand."""

from __future__ import annotations

import random

import pytest

from race.arena import Arena, deal
from race.promises import ROWS
from support.worker import installed

PARTS = 3
TIMES = 2  # of each row


@pytest.mark.parametrize("part", range(PARTS))
async def test_what_a_command_promises_holds_from_its_answer_on(database_url: str, part: int) -> None:
    rows = ROWS[part::PARTS]
    async with installed(database_url, "one", "two", delays={"dot": 0.004}) as here:
        arena = Arena(here, seed=20260302 + part, lanes=4)
        faults = await arena.run(deal(TIMES * len(rows), random.Random(part), rows))
    assert faults == []
    assert arena.rounds == {row.name: TIMES for row in rows}
    assert len(here.sink.arrivals) > len(rows)
