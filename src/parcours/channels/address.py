"""Addresses: which ones we send to, said once for Python and PostgreSQL, and how they are taken apart."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from parcours.domain.errors import ParcoursError

__all__ = ["ADDRESS_PATTERN", "Address", "ascii_address", "parse_address", "valid_address"]

# Letters beyond ASCII that a domain may hold as they are: left-to-right scripts whose letters mean the same
# under both IDNA standards. Left out on purpose: ß and ς (two standards, two domains). Everything else has
# its xn-- form, which always passes.
_LETTERS: Final = (
    r"\u00c0-\u00d6\u00d8-\u00de\u00e0-\u00f6\u00f8-\u012f\u0131"  # Latin
    r"\u0134-\u013e\u0141-\u0148\u014a-\u017e"
    r"\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03c1\u03c3-\u03ce\u0400-\u045f"  # Greek, Cyrillic
    r"\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fa5\uac00-\ud7a3"  # Japanese, Chinese, Korean
)
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EDGE: Final = rf"[A-Za-z0-9{_LETTERS}]"
_REST: Final = rf"(?:[A-Za-z0-9{_LETTERS}-]*{_EDGE})?"

# One addr-spec: a dot-atom of at most 64 characters, @, at least two labels of at most 63, the last of which
# begins with a letter (so no IP numbers), at most 254 in all. Python (`re`, fullmatch) and PostgreSQL (`~`)
# read it alike: no classes that depend on a locale, no escapes but \. and \uXXXX. Lengths are lookaheads that
# forbid, because PostgreSQL judges counted repetitions 15 times more slowly (6 against 100 us).
ADDRESS_PATTERN: Final = (
    rf"^(?!.{{255}})(?![^@]{{65}}){_ATOM}(?:\.{_ATOM})*"
    rf"@(?!.*[^.]{{64}})(?:{_EDGE}{_REST}\.)+[A-Za-z{_LETTERS}]{_REST}$"
)
_ADDRESS: Final = re.compile(ADDRESS_PATTERN)
_NAMED: Final = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^<>"]*?))\s*<([^<>]*)>\s*')


class Address(NamedTuple):
    """A mailbox: the name people read (may be empty) and the addr-spec, its domain in ASCII."""

    name: str
    spec: str


def valid_address(text: str) -> bool:
    """Tell whether `text` is a single addr-spec that we send to, as SQL judges it by ADDRESS_PATTERN."""
    return _ADDRESS.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def ascii_address(text: str) -> str:
    """Return the addr-spec with its domain in ASCII (IDNA), as envelopes and headers carry it.

    Raises:
        ParcoursError: `address_invalid`, also for the rare domain that is too long once it is encoded.
    """
    if not valid_address(text):
        raise _invalid(text)
    if text.isascii():
        return text
    local, _, domain = text.partition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as error:
        raise _invalid(text) from error


@lru_cache(maxsize=1024)
def parse_address(text: str) -> Address:
    """Take apart `anna@example.com`, `Anna <anna@example.com>` or `"Anna, Bo" <anna@example.com>`.

    Raises:
        ParcoursError: `address_invalid`.
    """
    named = _NAMED.fullmatch(text)
    if named is None:
        return Address("", ascii_address(text.strip()))
    quoted, plain, spec = named.groups()
    name = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    return Address(name, ascii_address(spec.strip()))


def _invalid(text: str) -> ParcoursError:
    return ParcoursError(
        "address_invalid",
        f"{text[:100]!r} is not an email address",
        hint="Write it as anna@example.com, or with a name as Anna <anna@example.com>.",
    )
