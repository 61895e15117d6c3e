"""Every hand-worked case runs through the reference and through the real engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.engine import EngineSimulator, engine_simulator
from support.postgres import Server
from support.runner import Simulator, reference


@pytest.fixture(scope="module")
def engine(postgres: Server) -> Iterator[EngineSimulator]:
    """The real engine on a database of this module's own."""
    yield from engine_simulator(postgres)


@pytest.fixture(params=["reference", "engine"])
def simulator(request: pytest.FixtureRequest) -> Simulator:
    if request.param == "reference":
        return reference
    found: Simulator = request.getfixturevalue("engine")
    return found
