"""The sample shop: what it sells and at what price, and carts and orders as properties of events."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Final

from parcours.domain.journey import Json

__all__ = ["CATEGORIES", "Basket", "Product", "choose", "fill", "price"]


@dataclass(frozen=True, slots=True)
class Product:
    """One article; `euros` is its price where people pay in euros."""

    sku: str
    name: str
    category: str
    euros: int


@dataclass(frozen=True, slots=True)
class Basket:
    """What one person is about to buy."""

    cart_id: str
    currency: str
    lines: tuple[tuple[Product, int], ...]  # article and quantity

    @property
    def euros(self) -> int:
        """Return what it is worth in euros."""
        return sum(product.euros * quantity for product, quantity in self.lines)

    def items(self) -> list[Json]:
        """Return its lines as an event carries them."""
        return [
            {
                "sku": product.sku, "name": product.name, "category": product.category, "quantity": quantity,
                "price": price(product, self.currency),
            }
            for product, quantity in self.lines
        ]  # fmt: skip

    def worth(self) -> int:
        """Return its total in its own currency."""
        return sum(price(product, self.currency) * quantity for product, quantity in self.lines)

    def added(self) -> dict[str, Any]:
        """Return the properties of `Product Added`: its last line, and what the cart is worth now."""
        product, quantity = self.lines[-1]
        return {
            "cart_id": self.cart_id, "sku": product.sku, "name": product.name, "category": product.category,
            "price": price(product, self.currency), "quantity": quantity, "currency": self.currency,
            "value": self.worth(), "value_eur": self.euros,
        }  # fmt: skip

    def checkout(self) -> dict[str, Any]:
        """Return the properties of `Checkout Started`."""
        return {
            "cart_id": self.cart_id, "name": self.lines[-1][0].name, "items": self.items(),
            "currency": self.currency, "value": self.worth(), "value_eur": self.euros,
        }  # fmt: skip

    def order(self, coupon: str | None = None) -> dict[str, Any]:
        """Return the properties of `Order Completed`."""
        bought = {
            "order_id": self.cart_id.replace("cart", "order"), "cart_id": self.cart_id, "items": self.items(),
            "total": self.worth(), "total_eur": self.euros, "currency": self.currency,
        }  # fmt: skip
        return bought | ({"coupon": coupon} if coupon else {})


_CATALOGUE: Final = """
clothes    Rain jacket 129 | Merino base layer 69 | Wool socks 15 | Down vest 119 | Fleece jumper 79 |
           Wind trousers 99 | Beanie 25 | Lined gloves 39 | Sun hat 29 | Children's overall 89
footwear   Trail shoes 119 | Hiking boots 189 | Rubber boots 79 | Camp slippers 35 | Ski socks 22
camp       Two-person tent 329 | Sleeping bag 179 | Sleeping mat 89 | Hammock 59 | Tarp 69 | Lantern 35 |
           Head torch 45 | Folding chair 49
kitchen    Camp stove 89 | Enamel mug 12 | Vacuum flask 32 | Cast-iron pan 49 | Coffee grinder 59 |
           Cutlery set 19 | Water bottle 18
packs      Day pack 22 l 79 | Trekking pack 60 l 219 | Dry bag 25 | Bicycle bag 69 | Waist bag 35
tools      Pocket knife 29 | Hatchet 65 | Compass 35 | First-aid kit 29 | Repair kit 15 | Whistle 6
winter     Snowshoes 149 | Ski wax 14 | Sledge 45 | Ice cleats 27 | Avalanche shovel 59
"""

_RATES: Final = {"EUR": 1.0, "SEK": 11.5, "NOK": 11.8, "DKK": 7.5, "GBP": 0.86}
_QUANTITIES: Final = ((1, 2, 3, 4), (80, 14, 4, 2))
_MORE_LINES: Final = ((1, 2, 3, 4), (58, 26, 11, 5))


def _catalogue() -> dict[str, tuple[Product, ...]]:
    found: dict[str, list[Product]] = {}
    category, number = "", 1000
    for line in _CATALOGUE.strip().splitlines():
        if not line.startswith(" "):
            category, _, line = line.partition(" ")  # noqa: PLW2901 (what is left of it)
        for item in filter(None, (item.strip() for item in line.split("|"))):
            name, _, euros = item.rpartition(" ")
            number += 1
            product = Product(f"X{number}", name.strip(), category, int(euros))
            found.setdefault(category, []).append(product)
    return {name: tuple(products) for name, products in found.items()}


CATEGORIES: Final = _catalogue()


def price(product: Product, currency: str) -> int:
    """Return a price as shops make them: 15 euros, 169 kronor."""
    amount = product.euros * _RATES[currency]
    return product.euros if currency == "EUR" else max(round(amount / 10) * 10 - 1, 9)


def choose(rng: random.Random, interest: str) -> Product:
    """Return an article to look at: of the person's own category two times out of three."""
    own = rng.random() < 2 / 3
    return rng.choice(CATEGORIES[interest if own else rng.choice(tuple(CATEGORIES))])


def fill(rng: random.Random, wanted: Product, interest: str, currency: str, cart_id: str) -> Basket:
    """Return a cart around an article: mostly that alone, sometimes with more."""
    count = rng.choices(*_MORE_LINES)[0]
    products = dict.fromkeys([*(choose(rng, interest) for _ in range(count - 1)), wanted])
    lines = tuple((product, rng.choices(*_QUANTITIES)[0]) for product in products)
    return Basket(cart_id, currency, lines)
