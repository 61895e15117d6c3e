"""Links by which people say what they want: signed, so that nobody can make one for somebody else.

A token holds the number of the key, the person, the message that carried it, and the type of subscription; it says
nothing readable, and never ends to be good while its key is not retired.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

__all__ = ["Link", "Signer", "read_token", "token_of"]

FORM: Final = 1
_MAC: Final = 16  # bytes
_HEAD: Final = 1 + 4 + 16 + 16
_LONGEST: Final = 400  # characters of a token


@dataclass(frozen=True, slots=True)
class Link:
    """Whose link it is, and which message carried it; `subscription` is empty where the mail was no advertising."""

    person: UUID
    message: UUID
    subscription: str


@dataclass(frozen=True, slots=True)
class Signer:
    """Makes links: where people reach us from outside, and the newest key."""

    public_url: str
    key_no: int
    secret: bytes

    def unsubscribe_url(self, link: Link) -> str:
        """Return the address by which one stops mails of a type, by one click or by a page."""
        return f"{self.public_url}/unsubscribe/{token_of(link, self.key_no, self.secret)}"

    def preferences_url(self, link: Link) -> str:
        """Return the address of the page where one says what one wants."""
        return f"{self.public_url}/preferences/{token_of(link, self.key_no, self.secret)}"


def token_of(link: Link, key_no: int, secret: bytes) -> str:
    """Return the signed token of a link: letters, digits, - and _."""
    body = b"%c%b%b%b%b" % (
        FORM, key_no.to_bytes(4, "big"), link.person.bytes, link.message.bytes, link.subscription.encode(),
    )  # fmt: skip
    return urlsafe_b64encode(body + _sign(body, secret)).decode("ascii").rstrip("=")


def read_token(token: str, keys: Mapping[int, bytes]) -> Link | None:
    """Return what a token says; None where it is no token, or was not signed by one of these keys."""
    if len(token) > _LONGEST or not token.isascii():
        return None
    try:
        data = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    body, mac = data[:-_MAC], data[-_MAC:]
    if len(body) < _HEAD or body[0] != FORM:
        return None
    secret = keys.get(int.from_bytes(body[1:5], "big"))
    if secret is None or not hmac.compare_digest(mac, _sign(body, secret)):
        return None
    try:
        return Link(UUID(bytes=body[5:21]), UUID(bytes=body[21:37]), body[37:].decode())
    except UnicodeDecodeError:
        return None


def _sign(body: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, b"parcours link\0" + body, sha256)[:_MAC]
