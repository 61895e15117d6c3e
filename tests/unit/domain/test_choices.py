"""The options of a pause: what is read, what goes together, what another pause may change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from parcours.domain.choices import Choices, begin, change, read_rate, read_wish
from parcours.domain.errors import ParcoursError

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 12, tzinfo=UTC)


def begun(**options: Any) -> Choices | str:
    return begin(read_wish(options, NOW))


def changed(now: Choices, **options: Any) -> Choices | str:
    return change(now, read_wish(options, NOW))


def test_nothing_said_means_the_defaults() -> None:
    assert begun() == Choices("queue", "freeze", "run", None, "resume", None)


def test_everything_may_be_said_at_once() -> None:
    found = begun(
        entrants="drop",
        inside="freeze",
        timers="extend",
        until="2026-03-02T12:00:00Z",
        then="stop",
        catch_up=5,
    )
    assert found == Choices("drop", "freeze", "extend", LATER, "stop", 5.0)


@pytest.mark.parametrize(
    "until",
    [{"at": "2026-03-02T12:00:00Z", "then": "close"}, {"at": "2026-03-02T13:00:00+01:00", "then": "close"}],
)
def test_until_may_say_what_happens_then(until: dict[str, str]) -> None:
    assert begun(until=until) == Choices(until=LATER, then="close")


def test_an_instant_without_offset_is_utc() -> None:
    assert begun(until="2026-03-02T12:00:00") == Choices(until=LATER)


def test_extend_goes_with_freeze_only() -> None:
    assert begun(timers="extend", inside="discard") == "extend_needs_freeze"


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"inside": "freze"}, "options.inside"),
        ({"entrants": 3}, "options.entrants"),
        ({"until": 3}, "options.until"),
        ({"until": {"when": "2026-03-02T12:00:00Z"}}, "options.until.when"),
        ({"until": "2026-03-02T12:00:00Z", "then": "go"}, "options.then"),
        ({"until": {"at": "2026-03-02T12:00:00Z", "then": "stop"}, "then": "close"}, "options.then"),
        ({"catch_up": 0}, "options.catch_up"),
        ({"catch_up": True}, "options.catch_up"),
        ({"catch_up": "10/m"}, "options.catch_up"),
        ({"then": "stop"}, "options.then"),
        ({"speed": 3}, "options.speed"),
    ],
)
def test_what_cannot_be_read_is_named(options: dict[str, Any], place: str) -> None:
    with pytest.raises(ParcoursError) as raised:
        begun(**options)
    assert (raised.value.code, raised.value.place) == ("bad_option", place)
    assert raised.value.hint


def test_a_pause_does_not_end_before_it_begins() -> None:
    with pytest.raises(ParcoursError) as raised:
        begun(until="2026-03-02T09:00:00Z")
    assert raised.value.code == "until_past"


@pytest.mark.parametrize(
    ("given", "rate"), [(50, 50.0), ("50", 50.0), ("0.5/s", 0.5), (None, None), ("none", None)]
)
def test_a_rate_is_people_a_second(given: object, rate: float | None) -> None:
    assert read_rate(given) == rate


def test_another_pause_changes_what_may_be_changed() -> None:
    now = Choices("queue", "hold", "run", LATER, "close", 3.0)
    assert changed(now) == now
    assert changed(now, inside="hold", entrants="drop") == Choices("drop", "hold", "run", LATER, "close", 3.0)
    assert changed(now, then="stop") == Choices("queue", "hold", "run", LATER, "stop", 3.0)
    assert changed(now, until="2026-03-02T11:00:00Z").until == datetime(2026, 3, 2, 11, tzinfo=UTC)  # type: ignore[union-attr]
    assert changed(now, until="none", catch_up="none") == Choices("queue", "hold")
    assert changed(now, inside="freeze") == "pause_choice_fixed"
    assert changed(now, timers="extend") == "pause_choice_fixed"


def test_choices_are_stored_and_read_again() -> None:
    for one in (Choices(), Choices("drop", "discard", "run", LATER, "stop", 0.5)):
        assert Choices.from_json(one.as_json()) == one
    assert Choices.from_json(None) == Choices()
