"""Sample people are the same for a seed, and look like people."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

from parcours.channels.address import valid_address
from parcours.demo.people import HISTORY_DAYS, newcomer, people

END = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PEOPLE = people(1000, seed=1, end=END)


def test_a_seed_makes_the_same_people_and_another_seed_others() -> None:
    assert people(1000, seed=1, end=END) == PEOPLE
    assert people(1000, seed=2, end=END) != PEOPLE


def test_person_n_does_not_depend_on_how_many_there_are() -> None:
    assert people(100, seed=1, end=END) == PEOPLE[:100]


def test_keys_and_addresses_are_unique_and_no_address_is_real() -> None:
    assert len({person.user_id for person in PEOPLE}) == len(PEOPLE)
    addresses = [person.email for person in PEOPLE if person.email is not None]
    assert len(set(addresses)) == len(addresses)
    assert all(re.fullmatch(r"[a-z0-9.-]+@example\.(com|org)", address) for address in addresses)
    assert all(valid_address(address) for address in addresses)


def test_few_have_no_address_have_unsubscribed_or_work_here() -> None:
    assert 0 < sum(person.email is None for person in PEOPLE) < 30
    assert 0 < sum(person.unsubscribed_at is not None for person in PEOPLE) < 60
    assert 0 < sum(person.staff for person in PEOPLE) < 30


def test_countries_and_languages_are_those_of_a_nordic_shop() -> None:
    countries = Counter(person.country for person in PEOPLE)
    assert countries.most_common(1)[0][0] == "SE"
    assert countries["SE"] + countries["NO"] + countries["DK"] + countries["FI"] > 0.6 * len(PEOPLE)
    assert {person.language for person in PEOPLE} == {"sv", "fr", "en"}
    assert all(person.language == "en" for person in PEOPLE if person.country == "DE")


def test_everybody_is_grown_up_and_signed_up_before_the_end() -> None:
    for person in PEOPLE:
        age = (END.date() - person.birthday).days / 365.25
        assert 17.9 < age < 86
        assert person.signed_up_at < END
        if person.unsubscribed_at is not None:
            assert person.signed_up_at <= person.unsubscribed_at < END


def test_an_eighth_signed_up_within_the_history_and_a_sixth_has_the_pro_plan() -> None:
    fresh = sum(person.signed_up_at >= END - timedelta(days=HISTORY_DAYS) for person in PEOPLE)
    assert 80 < fresh < 170
    assert 130 < sum(person.plan == "pro" for person in PEOPLE) < 230


def test_visits_have_a_heavy_tail() -> None:
    rates = sorted((person.rate for person in PEOPLE), reverse=True)
    assert 0.35 < sum(rates[:100]) / sum(rates) < 0.7


def test_traits_are_plain_values_without_gaps() -> None:
    for person in PEOPLE:
        traits = person.traits()
        assert None not in traits.values()
        assert traits["plan"] in ("free", "pro")
        assert ("email" in traits) == (person.email is not None)


def test_newcomers_meet_nobody_who_is_there() -> None:
    joined = [newcomer(number, seed=1, at=END) for number in range(1000, 1400)]
    assert not {person.user_id for person in joined} & {person.user_id for person in PEOPLE}
    assert not {person.email for person in joined if person.email} & {person.email for person in PEOPLE}
    assert len({person.email for person in joined if person.email}) == sum(
        p.email is not None for p in joined
    )
    assert all(person.signed_up_at == END and not person.staff for person in joined)
