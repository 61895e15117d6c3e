"""Sample people: names, addresses and habits, drawn from a seed; the same person n however many there are."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from parcours.demo.names import COUNTRIES, Country
from parcours.demo.rhythm import Calendar
from parcours.demo.shop import CATEGORIES
from parcours.domain.timing import format_instant

__all__ = ["HISTORY_DAYS", "STAFF", "Person", "newcomer", "people"]

HISTORY_DAYS: Final = 42
STAFF: Final = "staff"  # the static audience that every journey of the demonstration excludes

_FIRST_NUMBER: Final = 100_001
_NEW: Final = 0.12  # signed up within the history
_PRO: Final = 0.18
_CUSTOMERS: Final = 0.55  # of those who signed up before the history: ordered before it
_GONE: Final = 0.34  # of those who signed up before the history: lost interest at some time
_UNSUBSCRIBED: Final = 0.025
_IN_STAFF: Final = 0.006
_WITHOUT_ADDRESS: Final = 0.008
_APP: Final = 0.55
_LONGEST: Final = 1_100  # days since the first people signed up
_AGES: Final = ((18, 25, 35, 45, 55, 65, 82), (14, 26, 23, 17, 13, 7))
_DOMAINS: Final = (("example.com", "example.org"), (70, 30))
_LETTERS: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "ß": "ss", "ł": "l", "ð": "d", "œ": "oe", "'": "", " ": ""}
)


@dataclass(frozen=True, slots=True)
class Person:
    """One sample person. `rate` is how many visits a day it makes on average, until `gone_at`."""

    user_id: str
    first_name: str
    last_name: str
    email: str | None
    country: str
    city: str
    language: str
    timezone: str
    currency: str
    plan: str
    birthday: date
    signed_up_at: datetime
    customer_since: datetime | None
    unsubscribed_at: datetime | None
    gone_at: datetime | None
    app: str | None  # ios, android; None: on the web only
    interest: str
    rate: float
    staff: bool

    def traits(self) -> dict[str, Any]:
        """Return what is known at the sign-up, as traits of `identify`."""
        known = {
            "first_name": self.first_name, "last_name": self.last_name, "email": self.email,
            "country": self.country, "city": self.city, "language": self.language, "timezone": self.timezone,
            "plan": self.plan, "birthday": self.birthday.isoformat(),
            "signed_up_at": format_instant(self.signed_up_at), "interest": self.interest, "app": self.app,
        }  # fmt: skip
        return {name: value for name, value in known.items() if value is not None}


def people(count: int, *, seed: int, end: datetime, days: int = HISTORY_DAYS) -> list[Person]:
    """Return people who have signed up before `end`, some of them within the last `days`."""
    calendar = Calendar(end, days)
    addresses: set[str] = set()
    return [_person(seed, number, calendar, addresses) for number in range(count)]


def newcomer(number: int, *, seed: int, at: datetime) -> Person:
    """Return person `number`, who signs up at this instant. Its address is its own by its number."""
    rng = _generator(seed, number)
    return _drawn(rng, number, signed_up_at=at, addresses=None)


def _person(seed: int, number: int, calendar: Calendar, addresses: set[str]) -> Person:
    rng = _generator(seed, number)
    if rng.random() < _NEW:
        signed_up_at = calendar.once(rng, "Europe/Stockholm")
        return _drawn(rng, number, signed_up_at=signed_up_at, addresses=addresses)
    age = timedelta(days=min(rng.expovariate(1 / 320), _LONGEST), seconds=rng.randrange(86_400))
    signed_up_at = (calendar.start - age).replace(microsecond=0)
    return _drawn(rng, number, signed_up_at=signed_up_at, addresses=addresses, calendar=calendar)


def _drawn(
    rng: random.Random, number: int, *, signed_up_at: datetime, addresses: set[str] | None,
    calendar: Calendar | None = None,
) -> Person:  # fmt: skip
    """Draw a person; with a calendar one who was there before its period."""
    country = rng.choices(COUNTRIES, [country.share for country in COUNTRIES])[0]
    first, last = rng.choice(country.first_names), rng.choice(country.last_names)
    birthday = _birthday(rng, signed_up_at)
    email = _address(rng, (first, last), birthday, number, addresses)
    pro = rng.random() < _PRO
    person = Person(
        user_id=f"c{_FIRST_NUMBER + number}", first_name=first, last_name=last,
        email=email if rng.random() >= _WITHOUT_ADDRESS else None,
        country=country.code, city=_weighted(rng, country.cities), language=_language(rng, country),
        timezone=country.zone, currency=country.currency, plan="pro" if pro else "free", birthday=birthday,
        signed_up_at=signed_up_at, customer_since=None, unsubscribed_at=None, gone_at=None,
        app=rng.choice(("ios", "ios", "android")) if rng.random() < _APP else None,
        interest=rng.choice(tuple(CATEGORIES)), rate=_rate(rng, pro=pro), staff=False,
    )  # fmt: skip
    return _with_past(rng, person, calendar) if calendar else person


def _with_past(rng: random.Random, person: Person, calendar: Calendar) -> Person:
    """Add what became of somebody before and during the period: bought, lost interest, unsubscribed."""
    since, end = person.signed_up_at, calendar.end
    values = {name: getattr(person, name) for name in Person.__slots__}
    if rng.random() < _CUSTOMERS:
        values["customer_since"] = _between(rng, since, calendar.start)
    if rng.random() < _GONE:
        values["gone_at"] = _between(rng, since, end)
    if rng.random() < _UNSUBSCRIBED:
        values["unsubscribed_at"] = _between(rng, since, end)
    values["staff"] = rng.random() < _IN_STAFF
    return Person(**values)


def _rate(rng: random.Random, *, pro: bool) -> float:
    """Return visits a day: the tenth that comes most makes half of all visits."""
    return min(rng.lognormvariate(-3.45, 1.25) * (1.9 if pro else 1.0), 6.0)


def _birthday(rng: random.Random, today: datetime) -> date:
    ages, weights = _AGES
    band = rng.choices(range(len(weights)), weights)[0]
    years = rng.uniform(ages[band], ages[band + 1])
    return (today - timedelta(days=years * 365.25)).date()


def _address(
    rng: random.Random, names: tuple[str, str], birthday: date, number: int, taken: set[str] | None
) -> str:
    """Return an address nobody has: the name as people write it, with a number where it is taken."""
    one, two = map(_plain, names)
    year = f"{birthday.year % 100:02}"
    forms = (f"{one}.{two}", f"{one}{two}", f"{one[0]}.{two}", f"{one}.{two}{year}", f"{two}.{one}")
    name = rng.choices(forms, (55, 12, 9, 16, 8))[0]
    domain = rng.choices(*_DOMAINS)[0]
    if taken is None:
        return f"{name}.{number}@{domain}"
    address = f"{name}@{domain}"
    if address in taken:
        address = f"{name}{number}@{domain}"
    taken.add(address)
    return address


def _plain(name: str) -> str:
    """Return a name in plain letters, as addresses have them."""
    letters = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    return "".join(letter for letter in letters if letter.isascii())


def _language(rng: random.Random, country: Country) -> str:
    return _weighted(rng, country.languages)


def _weighted(rng: random.Random, pairs: tuple[tuple[str, float], ...]) -> str:
    return rng.choices([name for name, _ in pairs], [weight for _, weight in pairs])[0]


def _between(rng: random.Random, start: datetime, end: datetime) -> datetime:
    return (start + (end - start) * rng.random()).replace(microsecond=0)


def _generator(seed: int, number: int) -> random.Random:
    return random.Random(f"{seed}/{number}")  # noqa: S311 (sample data, the same for a seed)
