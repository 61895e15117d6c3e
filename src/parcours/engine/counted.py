"""Passage first: what was decided and what was written must be the same number, else the unit is rolled back."""

from __future__ import annotations

__all__ = ["same"]


def same(decided: int, done: int, where: str) -> None:
    """Raise RuntimeError where two counts of a unit differ."""
    if decided != done:
        raise RuntimeError(f"{where}: {decided} decided, {done} moved; rolled back")
