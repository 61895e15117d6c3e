"""Experiments: R28, P1, P29, P49."""

from __future__ import annotations

import pytest

from support.runner import Document, Simulator, event, journey, run


def experiment(*arms: tuple[str, float, str | None], key: str = "c") -> Document:
    branches = [
        {"name": name, "share": share, **({"drop_out": True} if target is None else {"next": target})}
        for name, share, target in arms
    ]
    return journey({"test": {"experiment": branches}, "a": {"end": {}}, "b": {"end": {}}}, key=key)


# c/test/u1 falls at 74.575, u2 at 51.327, u3 at 55.061 (R28).
@pytest.mark.parametrize(
    ("shares", "ends"),
    [
        ((50, 50), ["b", "b", "b"]),
        ((52, 48), ["b", "a", "b"]),
        ((55.06, 44.94), ["b", "a", "b"]),
        ((55.062, 44.938), ["b", "a", "a"]),
        ((74.574, 25.426), ["b", "a", "a"]),
        ((74.576, 25.424), ["a", "a", "a"]),
        ((0, 100), ["b", "b", "b"]),
        ((100, 0), ["a", "a", "a"]),
    ],
)
def test_the_arm_follows_from_the_hash(
    simulator: Simulator, shares: tuple[float, float], ends: list[str]
) -> None:
    case = experiment(("A", shares[0], "a"), ("B", shares[1], "b"))
    feed = [event("9:00", user, "Go") for user in ("u1", "u2", "u3")]
    found = run(simulator, case, feed)
    assert found.people == [
        f"c v1 u{number}#1 9:00 completed {end} 9:00" for number, end in enumerate(ends, 1)
    ]
    assert found.moves[:2] == ["u1#1 9:00 null > test", f"u1#1 9:00 test > {ends[0]}"]


def test_another_journey_or_step_draws_anew(simulator: Simulator) -> None:
    feed = [event("9:00", f"u{number}", "Go") for number in range(1, 9)]
    ends = {}
    for key in ("c", "d"):
        found = run(simulator, experiment(("A", 50, "a"), ("B", 50, "b"), key=key), feed)
        ends[key] = [person["step"] for person in found.kind("participant")]
    assert ends == {
        "c": ["b", "b", "b", "b", "a", "b", "a", "a"],
        "d": ["b", "a", "a", "a", "b", "a", "b", "a"],
    }


def test_the_same_person_falls_into_the_same_arm_again(simulator: Simulator) -> None:
    feed = [event("9:00", "u5", "Go"), event("10:00", "u5", "Go")]
    found = run(simulator, experiment(("A", 50, "a"), ("B", 50, "b")), feed)
    assert [person["step"] for person in found.kind("participant")] == ["a", "a"]


def test_an_arm_may_drop_out(simulator: Simulator) -> None:
    found = run(simulator, experiment(("A", 50, "a"), ("B", 50, None)), [event("9:00", "u1", "Go")])
    assert found.people == ["c v1 u1#1 9:00 dropped_out:exit_rule test 9:00"]
    assert found.moves == ["u1#1 9:00 null > test", "u1#1 9:00 test > null"]


def test_an_experiment_behind_a_split_and_before_one(simulator: Simulator) -> None:
    is_one = {"field": "profile.user_id", "is": "u1"}
    steps = {
        "first": {"split": [{"when": is_one, "next": "test"}, {"else": True, "next": "b"}]},
        "test": {
            "experiment": [
                {"name": "A", "share": 60, "next": "b"},
                {"name": "B", "share": 40, "next": "last"},
            ]
        },
        "last": {"split": [{"when": is_one, "next": "a"}, {"else": True, "next": "b"}]},
        "a": {"end": {}},
        "b": {"end": {}},
    }
    found = run(simulator, journey(steps, key="c"), [event("9:00", "u1", "Go"), event("9:00", "u2", "Go")])
    assert found.people == ["c v1 u1#1 9:00 completed a 9:00", "c v1 u2#1 9:00 completed b 9:00"]
    assert found.moves[:4] == [
        "u1#1 9:00 null > first", "u1#1 9:00 first > test", "u1#1 9:00 test > last", "u1#1 9:00 last > a",
    ]  # fmt: skip
