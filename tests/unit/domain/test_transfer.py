"""What a transfer needs to know: steps that are gone or of another kind, and answers as commands write them."""

from __future__ import annotations

from typing import Any

import pytest

from parcours.domain.errors import ParcoursError
from parcours.domain.journey import DropOut, Journey, Jump
from parcours.domain.parse import parse_journey
from parcours.domain.transfer import needs_of, read_answers


def read(**steps: Any) -> Journey:
    journey, problems = parse_journey({"journey": "j", "steps": steps})
    assert journey is not None, problems
    return journey


WAIT: dict[str, Any] = {"wait": {"for": "1h"}}
MAIL: dict[str, Any] = {"email": {"subject": "S", "text": "T"}}
OLD, OLDER = read(a=WAIT, b=WAIT, c=MAIL), read(a=WAIT, z=MAIL)
NEW = read(a={"wait": {"until_time": "09:00"}}, b=MAIL, d=WAIT)


def test_steps_that_are_gone_and_steps_of_another_kind() -> None:
    needs = needs_of(NEW, [OLDER, OLD])
    assert needs.removed == {"z": "email", "c": "email"}
    assert needs.kind_changed == {"b": "wait"}


def test_answers() -> None:
    given = {"c": {"to": "d"}, "z": {"drop_out": True}}
    assert read_answers(given, NEW, {*OLDER.steps, *OLD.steps}) == {"c": Jump("d"), "z": DropOut()}
    assert read_answers(None, NEW, set(OLD.steps)) == {}


@pytest.mark.parametrize(
    ("given", "code", "place"),
    [
        ("c=d", "bad_option", "options.answers"),
        ({"c": "d"}, "bad_option", "options.answers.c"),
        ({"c": {"to": "d", "drop_out": True}}, "bad_option", "options.answers.c"),
        ({"c": {"drop_out": False}}, "bad_option", "options.answers.c"),
        ({"c": {"to": "c"}}, "unknown_answer", "options.answers.c.to"),
        ({"a": {"to": "d"}}, "unknown_answer", "options.answers.a"),
        ({"y": {"to": "d"}}, "unknown_answer", "options.answers.y"),
    ],
)
def test_answers_that_cannot_be(given: Any, code: str, place: str) -> None:
    with pytest.raises(ParcoursError) as caught:
        read_answers(given, NEW, set(OLD.steps))
    assert (caught.value.code, caught.value.place) == (code, place)
