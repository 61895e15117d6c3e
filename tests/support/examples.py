"""How many random examples a property gets: few in every run of the suite, as many as wished while exploring."""

from __future__ import annotations

import os

__all__ = ["examples"]


def examples(few: int) -> int:
    """Return how many examples to draw, where the suite draws `few`."""
    return few * int(os.environ.get("PARCOURS_TEST_TIMES", "1"))
