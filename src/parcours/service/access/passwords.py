"""Passwords: argon2id, in a thread, a few at a time, and as slow for a person who is not known."""

from __future__ import annotations

import asyncio
import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["hash_password", "outdated", "verify_password"]

TOGETHER: Final = 4  # each takes 64 MB for a moment
HASHER: Final = PasswordHasher()  # RFC 9106, low memory


class _Turns:
    """Lets a few in at a time, per event loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turns = asyncio.Semaphore(TOGETHER)

    def take(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._turns = loop, asyncio.Semaphore(TOGETHER)
        return self._turns


_turns = _Turns()


async def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    async with _turns.take():
        return await asyncio.to_thread(HASHER.hash, _one_form(password))


async def verify_password(kept: str | None, password: str) -> bool:
    """Tell whether it is the password; where there is none, take as long to say no."""
    async with _turns.take():
        return await asyncio.to_thread(_verify, kept, password)


def outdated(kept: str) -> bool:
    """Tell whether a password should be hashed anew, since the parameters have become stronger."""
    return HASHER.check_needs_rehash(kept)


def _verify(kept: str | None, password: str) -> bool:
    try:
        HASHER.verify(kept or _nobodys(), _one_form(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def _one_form(password: str) -> str:
    """Return the same text however a keyboard composes its letters."""
    return unicodedata.normalize("NFC", password)


@cache
def _nobodys() -> str:
    return HASHER.hash("nobody has this password")
