"""Every scenario is played by the real engine and by the reference, which must tell the same story."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scenarios.stage import Stage, mail, wait
from support.engine import EngineSimulator, engine_simulator
from support.postgres import Server
from support.runner import Simulator, reference


@pytest.fixture(scope="session")
def engine(postgres: Server) -> Iterator[EngineSimulator]:
    """One engine for all scenarios, on a database of its own that is emptied between them."""
    yield from engine_simulator(postgres)


@pytest.fixture(params=["engine", "reference"])
def stage(request: pytest.FixtureRequest) -> Stage:
    """An empty stage."""
    simulator: Simulator = reference if request.param == "reference" else request.getfixturevalue("engine")
    return Stage(simulator)


@pytest.fixture
def welcome(stage: Stage) -> Stage:
    """A stage with the journey that most scenarios need: a mail, two days, another mail; Anna, Bea and Carl are known."""
    stage.journey(mail("hello"), wait("breathe", "2d"), mail("goodbye"))
    stage.people("Anna", "Bea", "Carl")
    return stage
