"""Random journeys, people, events and commands: the engine's output equals the reference interpreter's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from parcours.engine.unit import Limits
from support.engine import EngineSimulator
from support.examples import examples
from support.runner import Case, reference
from support.strategies import cases, member_cases, merged_cases, moved_cases, paused_cases

# The result must not depend on the number of buckets, nor on how much one unit takes on.
SHAPES = [(1, Limits()), (4, Limits()), (8, Limits(people=2, rows=1, rounds=2, task_people=1))]


@pytest.mark.both_servers
@settings(
    max_examples=examples(40),
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # shrinking takes minutes; the case can be rerun by its blob
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    case=st.one_of(cases(), member_cases(), paused_cases(), moved_cases(), merged_cases()),
    shape=st.sampled_from(SHAPES),
)
def test_engine_equals_reference(engine: EngineSimulator, case: Case, shape: tuple[int, Limits]) -> None:
    expected = reference(case)
    buckets, limits = shape
    found = replace(engine, buckets=buckets, limits=limits)(case)
    for ours, theirs in zip(found, expected, strict=False):
        assert ours == theirs
    assert len(found) == len(expected)
