"""Which addresses we send to."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcours.channels.address import (
    Address,
    ascii_address,
    parse_address,
    valid_address,
)
from parcours.domain.errors import ParcoursError

GOOD = [
    "anna@example.com",
    "a@b.se",
    "anna.berg+news@mail.example.co.uk",
    "o'brien@example.ie",
    "user_name-1@xn--rksmrgs-5wao1o.se",
    "!#$%&*/=?^_`{|}~@example.com",
    "bo@räksmörgås.se",
    "bo@ПОЧТА.рф",
    "bo@例え.jp",
    "x" * 64 + "@example.com",
    "a@" + "b" * 63 + ".com",
    "a@" + ("b" * 61 + ".") * 4 + "com",  # 253 in all
]
BAD = [
    "",
    "anna",
    "@example.com",
    "anna@",
    "anna@localhost",
    "anna@@example.com",
    "anna@example@com",
    "anna berg@example.com",
    "anna@exam ple.com",
    "anna@example.com ",
    "anna@example.com\n",
    "anna@example.com\0",
    "a\r\nb@example.com",
    '"anna"@example.com',
    "anna,bo@example.com",
    "anna@example.com,bo@example.com",
    "anna@example.com;bo@example.com",
    "<anna@example.com>",
    "Anna <anna@example.com>",
    ".anna@example.com",
    "anna.@example.com",
    "an..na@example.com",
    "anna@.example.com",
    "anna@example..com",
    "anna@example.com.",
    "anna@-example.com",
    "anna@example-.com",
    "anna@example_x.com",
    "anna@192.168.0.1",
    "anna@[192.168.0.1]",
    "åsa@example.com",
    "bo@straße.de",
    "bo@e\u0308xample.com",
    "bo@exam\u200dple.com",
    "bo@example\u3002com",
    "x" * 65 + "@example.com",
    "a@" + "b" * 64 + ".com",
    "a@" + ("b" * 61 + ".") * 4 + "comm" + "x",  # 255 in all
]


@pytest.mark.parametrize("text", GOOD)
def test_good_addresses(text: str) -> None:
    assert valid_address(text)
    assert ascii_address(text).isascii()


@pytest.mark.parametrize("text", BAD)
def test_bad_addresses(text: str) -> None:
    assert not valid_address(text)
    with pytest.raises(ParcoursError) as caught:
        ascii_address(text)
    assert caught.value.code == "address_invalid"


label = st.text(st.sampled_from("abz09-.åж漢_ß"), min_size=1, max_size=70)


@given(st.text(max_size=40) | st.builds("{}@{}.{}".format, label, label, label))
def test_a_valid_address_holds_what_the_rule_says(text: str) -> None:
    if valid_address(text):
        local, _, domain = text.partition("@")
        assert len(text) <= 254
        assert 1 <= len(local) <= 64
        assert local.isascii()
        assert "@" not in domain
        assert all(1 <= len(label) <= 63 for label in domain.split("."))
        assert not re.search(r'[\s\x00-\x1f\x7f,;"<>()\[\]\\]', text)


def test_every_letter_of_a_domain_means_the_same_under_both_idna_standards() -> None:
    letters = [chr(n) for n in range(0x80, 0x10000) if valid_address(f"a@a{chr(n)}a.se")]
    assert len(letters) > 30_000
    for letter in letters:
        label = f"a{letter}a"
        assert label.encode("idna") == b"xn--" + label.lower().encode("punycode")


def test_a_domain_too_long_once_encoded_is_refused() -> None:
    text = "a@" + "漢ö字ж" * 15 + ".se"
    assert valid_address(text)
    with pytest.raises(ParcoursError):
        ascii_address(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anna@example.com", Address("", "anna@example.com")),
        (" anna@example.com ", Address("", "anna@example.com")),
        ("<anna@example.com>", Address("", "anna@example.com")),
        ("Anna Berg <anna@example.com>", Address("Anna Berg", "anna@example.com")),
        ('"Berg, Anna" <anna@example.com>', Address("Berg, Anna", "anna@example.com")),
        (r'"a \"b\" \\c" <anna@example.com>', Address('a "b" \\c', "anna@example.com")),
        ("Åsa <asa@räksmörgås.se>", Address("Åsa", "asa@xn--rksmrgs-5wao1o.se")),
    ],
)
def test_a_mailbox_is_taken_apart(text: str, expected: Address) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize(
    "text",
    ["Anna", "Anna <anna>", "Anna <a@b.se> x", 'An"na <a@b.se>', "a@b.se, c@d.se", "A <a@b.se>, B <c@d.se>"],
)
def test_what_is_no_single_mailbox_is_refused(text: str) -> None:
    with pytest.raises(ParcoursError):
        parse_address(text)
