"""The journeys of the demonstration can be published as they are, at their own pace and at the demo's."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from parcours.channels.template import Source, check, compile_template
from parcours.compiler import compile_journey
from parcours.demo.pace import DAY, at_pace, journeys, shortened
from parcours.demo.people import people
from parcours.demo.shop import choose, fill
from parcours.domain.checks import Known, check_journey, not_available
from parcours.domain.journey import Email, Journey, Wait, WaitFor
from parcours.domain.parse import parse_journey
from parcours.domain.serialise import journey_document

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
JOURNEYS = journeys()
SHOWN = people(400, seed=1, end=NOW)
FIELDS = frozenset(
    {name for person in SHOWN for name in person.traits()} | {"customer_since", "unsubscribed_at"}
)


def _by_key(shown: list[Journey]) -> list[object]:
    return [pytest.param(journey, id=journey.key) for journey in shown]


def test_there_are_three() -> None:
    assert [journey.key for journey in JOURNEYS] == ["abandoned-cart", "welcome", "win-back"]


@pytest.mark.parametrize("journey", _by_key(JOURNEYS))
@pytest.mark.parametrize("paced", [False, True])
def test_nothing_is_wrong_with_it(journey: Journey, paced: bool) -> None:
    shown = at_pace(journey) if paced else journey
    known = Known(fields=FIELDS, audiences=frozenset({"staff"}))
    assert check_journey(shown, known=known) == []
    assert not_available(shown) == []


@pytest.mark.parametrize("journey", _by_key(JOURNEYS))
def test_it_compiles_and_survives_export_at_the_demos_pace(journey: Journey) -> None:
    paced = at_pace(journey)
    read, problems = parse_journey(journey_document(paced), templates=paced.templates)
    assert problems == []
    assert read == paced
    assert compile_journey(paced, 1).statements


@pytest.mark.parametrize("journey", _by_key(JOURNEYS))
@pytest.mark.parametrize("language", ["sv", "fr", "en", None])
def test_every_mail_renders_whatever_is_known_of_the_person(journey: Journey, language: str | None) -> None:
    person = next(person for person in SHOWN if language in (None, person.language))
    traits = {**person.traits(), "customer_since": "2024-05-01T08:00:00Z"} if language else {}
    mails = [step for step in journey.steps.values() if isinstance(step, Email)]
    assert mails
    for step in mails:
        html = journey.templates[step.template] if step.template else None
        for text in filter(None, (step.subject, html, step.text)):
            assert check(text) == []
        template = compile_template(Source(step.subject, html, step.text, step.preheader))
        for event in _events():
            content = template.render({"profile": traits, "event": event}, NOW)
            assert content.subject
            assert "  " not in content.subject
            assert "https://www.example.com/" in content.text


def test_a_day_lasts_five_seconds_and_nothing_less_than_one() -> None:
    assert shortened(timedelta(days=2)) == timedelta(seconds=10)
    assert shortened(timedelta(hours=4)) == timedelta(seconds=1)
    assert shortened(timedelta(minutes=1)) == timedelta(seconds=1)
    assert shortened(timedelta(days=2), day=timedelta(seconds=1)) == timedelta(seconds=2)
    assert timedelta(seconds=5) == DAY


def test_the_reminder_of_a_cart_comes_within_seconds() -> None:
    cart = at_pace(JOURNEYS[0])
    first = cart.steps[cart.first_step]
    assert isinstance(first, WaitFor)
    assert first.timeout is not None
    assert first.timeout.after <= timedelta(seconds=3)


def test_every_journey_shows_its_first_minute() -> None:
    for journey in map(at_pace, JOURNEYS):
        for step in journey.steps.values():
            if isinstance(step, Wait):
                assert step.duration is not None
                assert step.duration <= timedelta(seconds=35)
            elif isinstance(step, WaitFor):
                assert step.timeout is not None
                assert step.timeout.after <= timedelta(seconds=35)


def test_conditions_look_back_as_far_as_they_say() -> None:
    for journey in JOURNEYS:
        paced = at_pace(journey)
        assert paced.entry.filter == journey.entry.filter
        assert paced.goal == journey.goal


def _events() -> list[dict[str, object]]:
    rng = random.Random(1)
    wanted = choose(rng, "camp")
    basket = fill(rng, wanted, "camp", "SEK", "cart-1")
    return [basket.added(), basket.checkout(), {}]
