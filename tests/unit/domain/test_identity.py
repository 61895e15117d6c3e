from __future__ import annotations

from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcours.domain.identity import bucket_of, experiment_point, profile_id

PEOPLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(PEOPLE)
def test_a_profile_id_is_the_beginning_of_the_hash(user_id: str) -> None:
    assert profile_id(user_id).hex == sha256(user_id.encode()).hexdigest()[:32]


@given(PEOPLE, st.integers(0, 16))
def test_a_bucket_is_the_top_bits(user_id: str, bits: int) -> None:
    number = int(sha256(user_id.encode()).hexdigest()[:8], 16)
    assert bucket_of(profile_id(user_id), 2**bits) == number >> (32 - bits)


@given(PEOPLE)
def test_twice_as_many_buckets_split_each_in_two(user_id: str) -> None:
    profile = profile_id(user_id)
    assert bucket_of(profile, 512) // 2 == bucket_of(profile, 256)


def test_one_bucket_takes_everybody() -> None:
    assert bucket_of(UUID(int=2**128 - 1), 1) == 0
    assert bucket_of(UUID(int=2**128 - 1), 65_536) == 65_535


@pytest.mark.parametrize("buckets", [0, -1, 3, 6, 131_072])
def test_other_numbers_of_buckets_are_refused(buckets: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        bucket_of(profile_id("u1"), buckets)


@pytest.mark.parametrize(("user_id", "point"), [("u1", 74.575), ("u2", 51.327), ("u3", 55.061)])
def test_points_of_an_experiment_are_those_of_the_rule(user_id: str, point: float) -> None:
    assert round(experiment_point("c", "test", user_id), 3) == point


@given(PEOPLE)
def test_a_point_lies_below_a_hundred(user_id: str) -> None:
    assert 0 <= experiment_point("j", "s", user_id) < 100
