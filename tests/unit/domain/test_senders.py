"""Senders: what a journey leaves to them, and which of its addresses are none of them."""

from __future__ import annotations

from typing import Any

import pytest

from parcours.channels.address import parse_address
from parcours.domain.journey import Email, Journey
from parcours.domain.parse import parse_journey
from parcours.domain.senders import Sender, sender_problems, spec_of, with_senders

NEWS = Sender("news", "news@example.com", "Anna", "answers@example.com", usual=True)
CARE = Sender("care", "care@example.com")
BOTH = (NEWS, CARE)


def journey(email: dict[str, Any], **mails: dict[str, Any]) -> Journey:
    steps: dict[str, Any] = {
        name: {"email": {"subject": "S", "text": "T", **more}} for name, more in mails.items()
    }
    document = {"journey": "j", "entry": {"triggers": [{"manual": True}]}, "email": email, "steps": steps}
    found, _ = parse_journey(document | {"steps": {**steps, "done": {"end": {}}}})
    assert found is not None
    return found


def addresses(found: Journey) -> dict[str, tuple[str | None, str | None]]:
    """Return what each mail comes from, and where its answers go."""
    defaults = found.email
    return {
        step.id: (step.from_ or defaults.from_, step.reply_to or defaults.reply_to)
        for step in found.steps.values()
        if isinstance(step, Email)
    }


def test_who_names_nobody_sends_by_the_usual_sender() -> None:
    found = with_senders(journey({}, a={}, b={"from": "Care <CARE@example.com>"}), BOTH)
    assert addresses(found) == {
        "a": ("Anna <news@example.com>", "answers@example.com"),
        "b": ("Care <CARE@example.com>", "care@example.com"),
    }


def test_no_sender_answers_for_mails_of_a_stranger() -> None:
    found = with_senders(journey({}, a={}, b={"from": "x@example.com"}, c={"from": "care@example.com"}), BOTH)
    assert addresses(found) == {
        "a": ("Anna <news@example.com>", "answers@example.com"),
        "b": ("x@example.com", None),
        "c": ("care@example.com", "care@example.com"),
    }


def test_what_a_journey_says_stays() -> None:
    said = journey(
        {"from": "x@example.com", "reply_to": "y@example.com"}, a={}, b={"from": "care@example.com"}
    )
    assert with_senders(said, BOTH) == said
    half = with_senders(journey({"from": "care@example.com"}, a={}, b={"reply_to": "z@example.com"}), BOTH)
    assert addresses(half) == {
        "a": ("care@example.com", "care@example.com"),
        "b": ("care@example.com", "z@example.com"),
    }


def test_without_a_usual_sender_nothing_is_given() -> None:
    bare = journey({}, a={})
    for senders in (None, (), (CARE,)):
        assert addresses(with_senders(bare, senders)) == {"a": (None, None)}
    silent = journey({})
    assert with_senders(silent, BOTH) == silent


def test_only_where_senders_are_known_another_address_is_warned_of() -> None:
    found = journey({"from": "New <nevs@example.com>"}, a={"from": "care@example.com"}, b={"from": "x@y.org"})
    assert list(sender_problems(found, ())) == []
    assert list(sender_problems(found, None)) == []
    problems = list(sender_problems(found, BOTH))
    assert [(one.severity, one.code, one.place) for one in problems] == [
        ("warning", "unknown_sender", "email.from"),
        ("warning", "unknown_sender", "steps.b.email.from"),
    ]
    assert "news@example.com" in problems[0].hint
    assert "add it to the senders" in problems[1].hint


@pytest.mark.parametrize(
    "name", ["", "Anna", "Anna, Bo", 'Anna "the shop"', "Åsa på Butiken", "a\\b", "x <y>", "A. B."]
)
def test_a_header_is_read_again_as_it_was_written(name: str) -> None:
    sender = Sender("k", "a.b@example.com", name)
    assert parse_address(sender.header) == (name, "a.b@example.com")
    assert spec_of(sender.header) == "a.b@example.com"
