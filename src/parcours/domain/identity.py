"""Numbers made from names: the profile id, its bucket, its point in an experiment. The same in SQL."""

from __future__ import annotations

from hashlib import sha256
from typing import Final
from uuid import UUID

__all__ = [
    "FIRST",
    "LAST",
    "MAX_BUCKETS",
    "bucket_of",
    "bucket_of_key",
    "experiment_point",
    "key_of",
    "profile_id",
]

MAX_BUCKETS: Final = 65_536
FIRST: Final = "00000000-0000-0000-0000-000000000000"  # before every person's key
LAST: Final = "ffffffff-ffff-ffff-ffff-ffffffffffff"  # behind every profile_id


def profile_id(user_id: str) -> UUID:
    """Return the first 16 bytes of SHA-256 of the UTF-8 `user_id`, as a UUID."""
    return UUID(bytes=sha256(user_id.encode()).digest()[:16])


def bucket_of(profile: UUID, buckets: int) -> int:
    """Return the top bits of the first 4 bytes, below `buckets`: a power of two, 1 to 65536."""
    if not 1 <= buckets <= MAX_BUCKETS or buckets & (buckets - 1):
        raise ValueError(f"buckets must be a power of two from 1 to {MAX_BUCKETS}, not {buckets}")
    return (profile.int >> 96) * buckets >> 32


def key_of(user_id: str) -> str:
    """Return `profile_id` as 32 hexadecimal digits: the same, where there are many to make."""
    return sha256(user_id.encode()).hexdigest()[:32]


def bucket_of_key(key: str, buckets: int) -> int:
    """Return `bucket_of` a key as `key_of` writes it; `buckets` are known to be good."""
    return int(key[:8], 16) * buckets >> 32


def experiment_point(journey: str, step: str, user_id: str) -> float:
    """Return where a person falls in an experiment, from 0 (inclusive) to 100 (exclusive); R28."""
    number = int.from_bytes(sha256(f"{journey}/{step}/{user_id}".encode()).digest()[:4], "big")
    return number * 100 / 2**32
