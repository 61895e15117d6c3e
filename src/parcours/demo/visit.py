"""One visit to the shop, as the events it leaves behind: pages, products, a cart, perhaps an order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from parcours.demo.people import Person
from parcours.demo.shop import Basket, choose, fill, price

__all__ = ["Habits", "Happening", "visit"]

_LOOKS: Final = 0.58  # of visits: looks at products
_ADDS: Final = 0.2  # of those: puts one into the cart
_CHECKS_OUT: Final = 0.52  # of carts
_PAYS: Final = 0.6  # of checkouts, in the same visit
_COMES_BACK: Final = 0.16  # of abandoned carts: is bought later
_PRO_ADDS: Final = 1.4
_REFERRERS: Final = (("direct", "search", "newsletter", "instagram", "friend"), (38, 30, 16, 10, 6))
_PAGES: Final = ("/", "/new", "/sale", "/guides/layering", "/guides/first-hike", "/stores", "/returns")


@dataclass(frozen=True, slots=True)
class Habits:
    """What may differ from visit to visit: how likely a cart is, and that it is paid at once."""

    looks: float = _LOOKS
    adds: float = _ADDS
    pays: float = _PAYS
    comes_back: float = _COMES_BACK


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a visit, `after` so long from its beginning."""

    after: timedelta
    name: str
    properties: dict[str, Any] = field(default_factory=dict)


def visit(rng: random.Random, person: Person, habits: Habits | None = None) -> list[Happening]:
    """Return what happens in one visit, in order; a cart that is bought days later is its last event."""
    return list(_visit(rng, person, habits or Habits()))


def _visit(rng: random.Random, person: Person, habits: Habits) -> Iterator[Happening]:
    after = timedelta()
    yield _beginning(rng, person)
    looks = rng.random() < habits.looks
    for _ in range(_count(rng, 0.45)):
        after += _pause(rng, 35)
        yield Happening(after, "Page Viewed", {"path": rng.choice(_PAGES)})
    if not looks:
        return
    wanted = choose(rng, person.interest)
    for _ in range(1 + _count(rng, 0.5)):
        after += _pause(rng, 50)
        wanted = choose(rng, person.interest)
        yield Happening(
            after, "Product Viewed",
            {
                "sku": wanted.sku, "name": wanted.name, "category": wanted.category,
                "price": price(wanted, person.currency), "currency": person.currency,
            },
        )  # fmt: skip
    if rng.random() >= habits.adds * (_PRO_ADDS if person.plan == "pro" else 1):
        return
    basket = fill(rng, wanted, person.interest, person.currency, f"cart-{rng.getrandbits(40):010x}")
    yield from _cart(rng, basket, after, habits)


def _cart(rng: random.Random, basket: Basket, after: timedelta, habits: Habits) -> Iterator[Happening]:
    for count in range(1, len(basket.lines) + 1):
        after += _pause(rng, 60)
        part = Basket(basket.cart_id, basket.currency, basket.lines[:count])
        yield Happening(after, "Product Added", part.added())
    if rng.random() < _CHECKS_OUT:
        after += _pause(rng, 90)
        yield Happening(after, "Checkout Started", basket.checkout())
        if rng.random() < habits.pays:
            after += _pause(rng, 150)
            yield Happening(after, "Order Completed", basket.order())
            return
    if rng.random() < habits.comes_back:
        after += timedelta(days=min(rng.lognormvariate(0.0, 0.8), 12))
        yield Happening(after, "Order Completed", basket.order())


def _beginning(rng: random.Random, person: Person) -> Happening:
    if person.app is not None:
        return Happening(timedelta(), "App Opened", {"platform": person.app})
    referrer = rng.choices(*_REFERRERS)[0]
    return Happening(timedelta(), "Page Viewed", {"path": rng.choice(_PAGES), "referrer": referrer})


def _count(rng: random.Random, more: float) -> int:
    """Return 0, 1, 2 … with `more` as the chance of each next one."""
    count = 0
    while rng.random() < more:
        count += 1
    return count


def _pause(rng: random.Random, seconds: float) -> timedelta:
    """Return a pause of at least three seconds, `seconds` more on average."""
    return timedelta(milliseconds=round(3000 + rng.expovariate(1 / seconds) * 1000))
