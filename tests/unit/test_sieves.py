"""Which events a version asks about on the way into its inbox, and which it must see all of."""

from __future__ import annotations

from typing import Any

import pytest

from parcours.compiler import Program, compile_journey
from parcours.compiler.routing import MOST_SIEVES, compile_routing
from parcours.domain.parse import parse_journey
from support.runner import journey

DEAR = {"event": "Order", "when": {"field": "event.total", "gt": 1000}}
REST: dict[str, Any] = {"rest": {"wait": {"for": "1d"}}, "end": {"end": {}}}


def sieved(*triggers: dict[str, Any], steps: dict[str, Any] | None = None, **settings: Any) -> set[str]:
    """Return the names of the events that have a sieve."""
    return set(program(*triggers, steps=steps, **settings).sieves)


def program(*triggers: dict[str, Any], steps: dict[str, Any] | None = None, **settings: Any) -> Program:
    document = journey(steps or REST, triggers=list(triggers), **settings)
    found, problems = parse_journey(document)
    assert found is not None, problems
    assert not problems
    return compile_journey(found, 1)


def test_a_trigger_that_asks_the_event_alone_has_one() -> None:
    assert sieved(DEAR) == {"Order"}
    nested = {"event": "Order", "when": {"any": [DEAR["when"], {"not": {"field": "event.code", "is": "x"}}]}}
    assert sieved(nested, {"event": "Visit"}) == {"Order"}


@pytest.mark.parametrize(
    "when",
    [
        {"field": "profile.plan", "is": "pro"},
        {"all": [{"field": "event.total", "gt": 1}, {"event": "Visit"}]},
        {"field": "event.due", "within_next": "2d"},
        {"time": {"weekdays": ["mon"]}},
        {"audience": "vip"},
    ],
)
def test_what_more_than_the_event_answers_has_none(when: dict[str, Any]) -> None:
    assert sieved({"event": "Order", "when": when}) == set()


def test_another_trigger_without_a_condition_lets_everything_in() -> None:
    assert sieved(DEAR, {"event": "Order"}) == set()
    assert sieved(DEAR, {"event": "Order", "when": {"field": "event.gift", "is": True}}) == {"Order"}


def test_what_somebody_inside_listens_for_has_none() -> None:
    waits = {
        "rest": {"wait_for": [{"event": "Order", "next": "end"}, {"timeout": "1d", "next": "end"}]},
        "end": {"end": {}},
    }
    assert sieved(DEAR, steps=waits) == set()
    assert sieved(DEAR, goal={"when": {"event": "Order"}}) == set()
    assert sieved(DEAR, exit=[{"event": "Order"}]) == set()
    # By time, anything may make it true: such a journey hears everything.
    assert sieved(DEAR, exit=[{"field": "profile.due", "within_next": "1d"}]) == set()


def test_they_are_stored_with_the_program() -> None:
    made = program(DEAR)
    stored = made.as_json()
    assert Program.from_json(stored) == made
    assert (
        stored["sieves"]["Order"]["id"]
        == program(DEAR, {"event": "Visit"}).as_json()["sieves"]["Order"]["id"]
    )
    assert "sieves" not in program({"event": "Order"}).as_json()


def test_as_many_as_a_statement_takes() -> None:
    sieve = program(DEAR).sieves["Order"]
    many = {f"id{number}": sieve for number in range(MOST_SIEVES + 50)}
    assert compile_routing(many).text.count("WHEN %(id") == MOST_SIEVES
    assert "CASE" not in compile_routing({}).text
