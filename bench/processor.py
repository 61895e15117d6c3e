"""Processor time of a database server and of workers: what the work costs, whatever else the machine does."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["processor_seconds"]

TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(roots: Sequence[int]) -> float:
    """Return the processor seconds that these processes, their children and their ended children have used so far.

    0 on systems without /proc.
    """
    found = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = entry.read_text()
        except OSError:  # it has just ended: its parent counts it
            continue
        fields = text.rpartition(")")[2].split()
        found[int(entry.parent.name)] = (int(fields[1]), sum(int(value) for value in fields[11:15]))
    family = set(roots)
    grown = True
    while grown:
        more = {pid for pid, (parent, _) in found.items() if parent in family} - family
        family |= more
        grown = bool(more)
    return sum(ticks for pid, (_, ticks) in found.items() if pid in family) / TICKS
