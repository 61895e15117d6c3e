"""The real engine as a simulator, once per test module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.engine import EngineSimulator, engine_simulator
from support.postgres import Server


@pytest.fixture(scope="module")
def engine(postgres: Server) -> Iterator[EngineSimulator]:
    """A simulator on a database of this module's own."""
    yield from engine_simulator(postgres)
