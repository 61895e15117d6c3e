"""Every hand-worked case runs through each simulator named here."""

from __future__ import annotations

import pytest

from support.runner import Simulator, reference


@pytest.fixture(params=["reference"])
def simulator(request: pytest.FixtureRequest) -> Simulator:
    return {"reference": reference}[request.param]
