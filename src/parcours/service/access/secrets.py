"""Tokens and keys: made of chance, shown once, kept as a hash only."""

from __future__ import annotations

import secrets
from hashlib import sha256

__all__ = ["digest", "new_secret"]

BYTES = 32


def new_secret(prefix: str = "") -> str:
    """Return a secret of 256 random bits as text fit for addresses and headers."""
    return prefix + secrets.token_urlsafe(BYTES)


def digest(secret: str) -> bytes:
    """Return what is kept of a secret. It has enough chance in it that nobody finds it by trying."""
    return sha256(secret.encode()).digest()
