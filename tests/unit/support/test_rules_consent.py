"""Consent, worked by hand: who is written to, and why not (P120-P123)."""

from __future__ import annotations

from typing import Any

import pytest

from support.runner import Simulator, command, email, event, identify, journey, run


def consent(when: str, user: str, state: str, subscription: str | None = None) -> dict[str, Any]:
    """Write the line in which somebody says something."""
    line = {**identify(when, user), "type": "consent", "state": state}
    del line["traits"]
    return line if subscription is None else {**line, "subscription": subscription}


NEWS: dict[str, Any] = {"transactional": False, "subscription": "news"}
ANNA = [identify("8:00", "anna", email="Anna@example.com"), event("9:00", "anna", "Go")]
CLOSED = command("0:00", "subscription", None, key="news", default="out")
OPEN = command("0:00", "subscription", None, key="news", default="in")


@pytest.mark.parametrize(
    ("commands", "said", "outcome"),
    [
        ([], [], "sent"),
        ([OPEN], [], "sent"),
        ([CLOSED], [], "skipped:no_consent"),
        ([CLOSED], [consent("8:00", "anna", "in", "news")], "sent"),
        ([CLOSED], [consent("8:00", "anna", "in")], "skipped:no_consent"),
        ([CLOSED], [consent("8:00", "anna", "in", "tips")], "skipped:no_consent"),
        ([OPEN], [consent("8:00", "anna", "out", "news")], "skipped:not_subscribed"),
        ([OPEN], [consent("8:00", "anna", "out", "tips")], "sent"),
        (
            [OPEN],
            [consent("8:00", "anna", "out"), consent("8:30", "anna", "in", "news")],
            "skipped:no_consent",
        ),
        ([OPEN], [consent("8:00", "anna", "out"), consent("8:30", "anna", "in")], "sent"),
        ([OPEN], [consent("9:01", "anna", "out")], "sent"),
        ([OPEN], [consent("8:00", "anna", "perhaps")], "sent"),
        ([command("0:00", "suppress", None, addresses=["anna@EXAMPLE.com "])], [], "skipped:suppressed"),
        ([command("9:01", "suppress", None, addresses=["anna@example.com"])], [], "sent"),
        (
            [
                command("0:00", "suppress", None, addresses=["anna@example.com"], reason="bounce"),
                command("1:00", "unsuppress", None, addresses=["anna@example.com"], reason="complaint"),
            ],
            [],
            "skipped:suppressed",
        ),
        (
            [
                command("0:00", "suppress", None, addresses=["anna@example.com"], reason="bounce"),
                command("1:00", "unsuppress", None, addresses=["anna@example.com"]),
            ],
            [],
            "sent",
        ),
    ],
)
def test_a_mail_that_is_advertising_asks(
    simulator: Simulator, commands: list[Any], said: list[Any], outcome: str
) -> None:
    found = run(simulator, journey({"mail": email(**NEWS)}), [*ANNA, *said], commands)
    subject = "Hello" if outcome == "sent" else "-"
    assert found.messages == [f"anna#1 mail 9:00 {outcome} {subject}"]
    reason = outcome.partition(":")[2]
    left = f"dropped_out:{reason} mail" if reason else "completed end"
    assert found.people == [f"j v1 anna#1 9:00 {left} 9:00"]


@pytest.mark.parametrize(
    ("commands", "outcome"),
    [
        ([CLOSED], "sent"),
        ([command("0:00", "suppress", None, addresses=["anna@example.com"], reason="complaint")], "sent"),
        (
            [command("0:00", "suppress", None, addresses=["anna@example.com"], reason="bounce")],
            "skipped:suppressed",
        ),
    ],
)
def test_one_that_is_none_asks_only_whether_the_address_is_good(
    simulator: Simulator, commands: list[Any], outcome: str
) -> None:
    found = run(
        simulator,
        journey({"mail": email(subscription="news")}),
        [*ANNA, consent("8:00", "anna", "out")],
        commands,
    )
    assert found.messages == [f"anna#1 mail 9:00 {outcome} {'Hello' if outcome == 'sent' else '-'}"]


def test_consent_is_asked_before_the_address(simulator: Simulator) -> None:
    nobody = [event("9:00", "anna", "Go"), consent("8:00", "anna", "out", "news")]
    found = run(simulator, journey({"mail": email(**NEWS, on_skip="next")}), nobody)
    assert found.messages == ["anna#1 mail 9:00 skipped:not_subscribed -"]
    assert found.people == ["j v1 anna#1 9:00 completed end 9:00"]


def test_nobody_is_judged_by_what_is_said(simulator: Simulator) -> None:
    wait = journey({"wait": {"wait": {"for": "2d"}}}, exit=[{"field": "profile.email", "exists": True}])
    found = run(simulator, wait, [event("9:00", "anna", "Go"), consent("10:00", "anna", "out")])
    assert found.people == ["j v1 anna#1 9:00 completed end +2 9:00"]


def test_the_lines_of_the_commands(simulator: Simulator) -> None:
    commands = [
        command("0:00", "suppress", None, addresses=["a@example.com", "A@example.com", "b@example.com"]),
        command("1:00", "suppress", None, addresses=["a@example.com"], reason="bounce"),
        command("2:00", "unsuppress", None, addresses=["a@example.com", "c@example.com"]),
    ]
    found = run(simulator, journey({"mail": email()}), (), commands)
    assert [line["counts"] for line in found.kind("command")] == [
        {"suppressed": 2},
        {"suppressed": 1},
        {"removed": 2},
    ]
