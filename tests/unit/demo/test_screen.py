"""What the demonstration shows: the same numbers on a terminal and without one, and commands that can be copied."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from parcours.demo.place import demo_url
from parcours.demo.screen import Facts, JourneyLine, Summary, plain, table
from parcours.demo.words import farewell, hints
from parcours.settings import Settings

SUMMARY = Summary(
    (
        JourneyLine("abandoned-cart", "live", 1429, 155, 0, 875, 399, 0, 362),
        JourneyLine("welcome", "paused, entry shut", 124, 49, 37, 34, 4, 0, 208),
        JourneyLine("win-back", "stopped", 932, 0, 6, 12, 31, 883, 1776),
    ),
    5126,
    (("Bienvenue, Léa [1] !", "lea@example.com"),),
)
FACTS = Facts(59.2, timedelta(seconds=5), 12766, 2346, "housekeeping: away (database_unreachable)")


def test_the_total_adds_up() -> None:
    assert SUMMARY.total.numbers == (2485, 204, 43, 921, 434, 883, 2346)
    assert Summary((), 0, ()).total.numbers == (0,) * 7


def test_a_day_of_the_shop_is_counted_from_one() -> None:
    assert FACTS.days == 12
    assert Facts(0.0, timedelta(seconds=5), 0, 0).days == 1


def test_lines_for_a_log_say_everything_without_colours() -> None:
    head, cart, welcome, win_back, total, trouble = plain(SUMMARY, FACTS)
    assert head == "59 s: 5,126 people, 12,766 lines of feed, 2,346 mails in the mailbox"
    assert cart == (
        "  abandoned-cart (live): entered 1,429, inside 155, completed 0, succeeded 875, dropped out 399, "
        "cancelled 0, mails sent 362"
    )
    assert welcome.startswith("  welcome (paused, entry shut): entered 124, inside 49, ")
    assert win_back.endswith("cancelled 883, mails sent 1,776")
    assert total.startswith("  total: entered 2,485, inside 204, ")
    assert trouble == "  housekeeping: away (database_unreachable)"


@pytest.mark.parametrize("width", [80, 120])
def test_the_screen_shows_the_same_and_takes_no_subject_for_markup(width: int) -> None:
    shown = StringIO()
    Console(file=shown, width=width).print(table(SUMMARY, FACTS, width))
    text = shown.getvalue()
    for word in (
        "abandoned-cart",
        "1,429",
        "883",
        "2,485",
        "Day 12",
        "Bienvenue, Léa [1] !",
        "lea@example.com",
    ):
        assert word in text
    assert all(len(line) <= width for line in text.splitlines())


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("postgresql://parcours@/parcours?host=%2Ftmp&port=5432", "postgresql://parcours@/parcours_demo?host=%2Ftmp&port=5432"),
        ("postgresql://u:p@db.example.com:5433/prod", "postgresql://u:p@db.example.com:5433/parcours_demo"),
        ("postgres://db.example.com", "postgres://db.example.com/parcours_demo"),
    ],
)  # fmt: skip
def test_only_the_name_of_the_database_is_another(url: str, own: str) -> None:
    assert demo_url(url) == own


def test_the_hints_name_the_database_the_program_and_a_person() -> None:
    settings = Settings(
        database_url="postgresql://parcours@/parcours_demo?host=%2Ftmp", data=Path("/tmp/it is here/demo")
    )
    lines = hints(settings, "bin/parcours", "c100150", "http://here/link/x")
    export = "export PARCOURS_DATABASE_URL='postgresql://parcours@/parcours_demo?host=%2Ftmp' "
    assert f"  {export}PARCOURS_DATA='/tmp/it is here/demo'" in lines
    assert any(line.startswith("  bin/parcours journey pause abandoned-cart ") for line in lines)
    assert any("why c100150 win-back" in line for line in lines)
    assert lines[0].startswith("A day lasts 5 seconds here, and a wait of two days 10 seconds.")
    assert f"  {export}PARCOURS_DATA='/tmp/it is here/demo'" in farewell(settings, "bin/parcours")
