"""Setting the stage: who takes part, their history in the database, the journeys at the demo's pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from parcours.demo.feed import history, introduce, silent
from parcours.demo.pace import at_pace, journeys
from parcours.demo.people import Person, people
from parcours.domain.records import FeedLine
from parcours.service.access.users import add_user, list_users, make_link
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.commands.people import PeopleOrder, change_people
from parcours.service.consent.types import SubscriptionType, read_types, save_type
from parcours.service.editing.authoring import apply_journey
from parcours.service.intake.taking import take
from parcours.service.watch.reports import list_journeys, notify_workers
from parcours.store.database import Connection
from parcours.store.queries import query
from parcours.wiring import Installation

__all__ = [
    "ACTOR",
    "Cast",
    "count_people",
    "declare_types",
    "gather",
    "invite_visitor",
    "load",
    "publish_journeys",
    "win_back",
]

ACTOR: Final = "demo"  # in the audit

VISITOR: Final = "visitor@example.com"
# Kinds of mail, as the journeys name them: name and description in each language of their readers.
TYPES: Final = {
    "onboarding": (
        {"en": "Getting started", "sv": "Kom igång", "fr": "Premiers pas"},
        {"en": "The first weeks as a customer", "sv": "Dina första veckor som kund", "fr": "Vos premières semaines"},
    ),
    "cart_reminders": (
        {"en": "Your cart", "sv": "Din varukorg", "fr": "Votre panier"},
        {"en": "When something is left in it", "sv": "När något ligger kvar", "fr": "Quand il y reste des articles"},
    ),
    "offers": (
        {"en": "Offers", "sv": "Erbjudanden", "fr": "Offres"},
        {"en": "Now and then, for you", "sv": "Då och då, till dig", "fr": "De temps en temps, pour vous"},
    ),
}  # fmt: skip

_LOADERS: Final = 3  # batches of history on their way at the same time
_BATCH: Final = 1500  # lines
_SILENCE: Final = timedelta(days=30)  # as the filter of win-back has it
_RATHER_SILENT: Final = timedelta(days=25)  # who is added by hand, so that the filter has somebody to refuse
_MOST: Final = 400  # people added by hand


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part. `added` are to be won back; `refused` are those of them who are not silent enough."""

    people: list[Person]
    lines: list[FeedLine]
    silent: list[str]
    added: list[str]
    refused: list[str]


def gather(count: int, *, seed: int, end: datetime) -> Cast:
    """Return the people and their history up to `end`."""
    found = people(count, seed=seed, end=end)
    past = history(found, seed=seed, end=end)
    away = silent(found, past, since=end - _SILENCE)
    rather = silent(found, past, since=end - _RATHER_SILENT)[:_MOST]
    staff = {person.user_id for person in found if person.staff}
    refused = [user_id for user_id in rather if user_id not in staff and user_id not in set(away)]
    return Cast(found, introduce(found) + past, away, rather, refused)


async def count_people(connection: Connection) -> int:
    """Return how many people there are."""
    row = await (await connection.execute(query("demo_people"))).fetchone()
    assert row is not None
    return int(row[0])


async def load(
    installed: Installation, lines: Sequence[FeedLine], *, loaded: Callable[[int], None], ended: asyncio.Event
) -> None:
    """Take history in: it fills profiles and stored events, and triggers nothing.

    `loaded` hears how many lines are done. Each loader has people of its own, so that the lines of one person
    stay in their order.
    """
    shown = dict.fromkeys(item.user_id for item in lines)
    loader_of = {user_id: number % _LOADERS for number, user_id in enumerate(shown)}
    shares: list[list[FeedLine]] = [[] for _ in range(_LOADERS)]
    for item in lines:
        shares[loader_of[item.user_id]].append(item)
    done = 0

    async def loader(share: list[FeedLine]) -> None:
        nonlocal done
        for start in range(0, len(share), _BATCH):
            if ended.is_set():
                return
            batch = share[start : start + _BATCH]
            async with installed.database.transaction() as connection:
                await take(connection, batch, buckets=installed.buckets, received_at=None, mode="history")
            done += len(batch)
            loaded(done)

    async with asyncio.TaskGroup() as group:
        for share in shares:
            group.create_task(loader(share))


async def declare_types(installed: Installation) -> None:
    """Declare the kinds of mail that the journeys send; whoever said nothing gets them."""
    async with installed.database.transaction() as connection:
        known = {one.key for one in await read_types(connection)}
        for key, (names, about) in TYPES.items():
            if key not in known:
                declared = SubscriptionType(key, "in", names, about)
                await save_type(connection, declared, at=installed.clock.now(), actor=ACTOR)


async def invite_visitor(installed: Installation) -> str:
    """Return a link that signs the visitor in once, as an admin of the demonstration."""
    async with installed.database.transaction() as connection:
        now = installed.clock.now()
        if not any(user["email"] == VISITOR for user in await list_users(connection, now)):
            await add_user(connection, VISITOR, "admin", at=now, actor=ACTOR, name="Visitor")
        link, _ = await make_link(connection, VISITOR, installed.settings.base_url, at=now, actor=ACTOR)
    return link


async def publish_journeys(installed: Installation) -> None:
    """Save and publish the journeys at the demo's pace, those that are not there yet."""
    for journey in journeys():
        async with installed.database.transaction() as connection:
            known = {line["journey"] for line in await list_journeys(connection)}
            if journey.key not in known:
                now = installed.clock.now()
                await apply_journey(connection, at_pace(journey), now)
                await execute(connection, Order(journey.key, "publish", actor=ACTOR), now)


async def win_back(installed: Installation, user_ids: Sequence[str]) -> None:
    """Add people to the journey that begins by hand, all at once."""
    order = PeopleOrder(
        "win-back", "add_people", tuple(user_ids), actor=ACTOR, reason="silent for a month, or nearly"
    )
    async with installed.database.transaction() as connection:
        await change_people(connection, order, buckets=installed.buckets, at=installed.clock.now())
        await notify_workers(connection)
