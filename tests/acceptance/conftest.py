"""What acceptance tests share: real processes take their time."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of tests that take many seconds; `make test` runs them all the same."""
    config.addinivalue_line("markers", "slow: takes many seconds")
