"""Settings of the embedded PostgreSQL, and how much of this machine's memory it keeps pages in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["buffers_for", "memory_here", "settings_of"]

SETTINGS: Final = {
    "listen_addresses": "",  # a unix socket in a closed folder is the only door
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "synchronous_commit": "on",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",  # many small statements
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "autovacuum_naptime": "15s",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_vacuum_insert_scale_factor": "0.1",
    "autovacuum_analyze_scale_factor": "0.05",
    "autovacuum_vacuum_cost_limit": "2000",
}
# For tests, many beside each other: a crash of the machine may lose everything, a crash of the server still nothing.
NOT_DURABLE: Final = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB"}

LEAST_BUFFERS: Final = 128  # MB
MOST_BUFFERS: Final = 8192
# What a container may use, in the two forms that Linux tells it.
LIMITS: Final = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def settings_of(*, durable: bool) -> dict[str, str]:
    """Return the settings by name."""
    settings = {**SETTINGS, "shared_buffers": f"{buffers_for(memory_here())}MB"}
    return settings if durable else settings | NOT_DURABLE


def buffers_for(memory: int) -> int:
    """Return the megabytes for pages on a machine with so many bytes: an eighth, for it is not alone there.

    A move looks a person up by keys that lie scattered over their indexes. With 5,000,000 people on file and 256 MB
    for pages it cost 1.7 times as much as with 100,000; with room for these indexes, the same (docs/decisions/0045).
    """
    return max(LEAST_BUFFERS, min(MOST_BUFFERS, memory // 8 // 2**20))


def memory_here() -> int:
    """Return the bytes of memory that this process can count on: the machine's, or less in a container."""
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for file in LIMITS:
        try:
            found.append(int(file.read_text()))
        except (OSError, ValueError):  # none here, or "max"
            continue
    return min(found)
