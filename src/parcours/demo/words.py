"""What the demonstration says: where things are, what to try, what stays behind."""

from __future__ import annotations

import shlex
from datetime import timedelta

from parcours.demo.pace import shortened
from parcours.settings import Settings

__all__ = ["farewell", "hints"]


def hints(settings: Settings, program: str, example: str, link: str) -> list[str]:
    """Return what to try in another shell; `example` is a person whom win-back refused, or may refuse.

    `link` signs in once.
    """
    tries = (
        ("journey list", "all journeys, with their status"),
        ("journey pause abandoned-cart", "nobody goes on, no mail leaves; carts queue"),
        ("journey resume abandoned-cart", "everybody goes on, what was bought meanwhile counts first"),
        ("journey close welcome", "nobody enters any more, those inside go on to the end"),
        ("journey stop win-back", "everybody inside is cancelled, for good"),
        (f"why {example} win-back", "why this person was refused, or where it stands"),
        ("mailbox list", "the newest mails"),
        ("ledger", "everybody who entered, counted twice"),
    )
    width = max(len(command) for command, _ in tries)
    day, two = _seconds(timedelta(days=1)), _seconds(timedelta(days=2))
    return [
        f"A day lasts {day} here, and a wait of two days {two}. The data lies in {settings.data.parent}.",
        f"The API and the pages of the mails' links are at {settings.base_url}. Sign in there, once, with",
        f"  {link}",
        "",
        "Try in another shell:",
        f"  {surroundings(settings)}",
        *(f"  {program} {command:<{width}}   {effect}" for command, effect in tries),
        "",
    ]


def farewell(settings: Settings, program: str) -> list[str]:
    """Return what stays behind, and how to go on."""
    return [
        "",
        "The database and the mails stay until the next demonstration. Look around:",
        f"  {surroundings(settings)}",
        f"  {program} journey show abandoned-cart",
    ]


def surroundings(settings: Settings) -> str:
    """Return the command that lets other commands find the demonstration."""
    assert settings.database_url is not None, "place.py names it"
    return (
        f"export PARCOURS_DATABASE_URL={shlex.quote(settings.database_url)} "
        f"PARCOURS_DATA={shlex.quote(str(settings.data))}"
    )


def _seconds(span: timedelta) -> str:
    return f"{shortened(span).total_seconds():.0f} seconds"
