"""A crowd played in lanes gives what it gives line by line, and what the reference gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from parcours.domain.timing import format_instant, parse_instant
from parcours.engine.unit import Limits
from support.engine import EngineSimulator
from support.examples import examples
from support.runner import Case, reference
from support.strategies import cases, paused_cases
from support.strategies_values import SLOT

# How many people one wave has does not matter either.
SIZES = [Limits(), Limits(people=1, rows=1, rounds=1), Limits(people=3, rows=2)]


def moved(line: dict[str, Any], person: str, slots: int) -> dict[str, Any]:
    """Return a line as that of another person, some slots later."""
    at = parse_instant(str(line.get("timestamp")))
    later = {"timestamp": format_instant(at + slots * SLOT)} if at else {}
    return {**line, **later, **{key: person for key in ("userId", "anonymousId") if line.get(key)}}


@st.composite
def crowds(draw: st.DrawFn) -> Case:
    """Draw a case, and give each of its people some who do the same, sooner or later."""
    case = draw(st.one_of(cases(), paused_cases()))
    feed = list(case.feed)
    for number in range(draw(st.integers(1, 6))):
        slots = draw(st.integers(-3, 6))
        feed += [
            moved(line, f"{line.get('userId') or line.get('anonymousId')}+{number}", slots)
            for line in case.feed
        ]
    return replace(case, feed=tuple(feed))


@settings(
    max_examples=examples(8),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # as for the engine and the reference
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=crowds(), limits=st.sampled_from(SIZES), buckets=st.sampled_from((1, 4)))
def test_lanes_equal_lines(engine: EngineSimulator, case: Case, limits: Limits, buckets: int) -> None:
    found = replace(engine, buckets=buckets, limits=limits)(case)
    assert found == replace(engine, buckets=buckets, limits=limits, lanes=False)(case)
    assert found == reference(case)
