"""Killed processes, in small: `make chaos` kills two hundred."""

from __future__ import annotations

import asyncio

import pytest

from chaos.run import Chaos
from support.folders import open_folder

KILLS = 10


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # of connections cut on purpose
def test_nothing_is_lost_or_sent_twice_whatever_is_killed() -> None:
    with open_folder() as folder:
        result = asyncio.run(Chaos(folder, KILLS, seed=20260302).run())
    assert result.faults == []
    assert sum(result.kills.values()) >= KILLS
    assert result.mails > 0
