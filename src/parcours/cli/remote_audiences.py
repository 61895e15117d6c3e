"""Audiences of a server: lists filled from files, audience files applied; printed as local commands print."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

from parcours.cli.output import progress
from parcours.client import Client
from parcours.clock import SystemClock
from parcours.domain.errors import ParcoursError
from parcours.domain.records import FeedLine
from parcours.service.audiences.from_files import AppliedAudience
from parcours.service.audiences.member_files import read_members
from parcours.service.intake.sources import open_source
from parcours.service.intake.tables import Column

__all__ = ["applied_there", "send_members"]

Op = Literal["add", "remove"]
BATCH: Final = 10_000  # people in one request


def send_members(
    client: Client, key: str, files: Sequence[Path], *, columns: Mapping[str, Column], op: Op,
    on_bad: Callable[[ParcoursError], None],
) -> tuple[int, int]:  # fmt: skip
    """Put the people of files into a list, or take them out; return how many lines were good and how many bad."""
    good = bad = 0
    for path in files:
        with open_source(path) as source, progress(source.size, in_bytes=True) as gauge:
            rows = read_members(source.lines(), source.name, key, columns, SystemClock().now(), op)
            while batch := list(islice(rows, BATCH)):
                lines = [row for row in batch if isinstance(row, FeedLine)]
                for row in batch:
                    if isinstance(row, ParcoursError):
                        on_bad(row)
                bad += len(batch) - len(lines)
                for run_op, people in _runs(lines):
                    told = (
                        client.change_members(key, add=people)
                        if run_op == "add"
                        else client.change_members(key, remove=people)
                    )
                    for one in told["bad"]:
                        on_bad(ParcoursError(one["code"], one["message"], place=source.name))
                    bad += len(told["bad"])
                    good += len(people) - len(told["bad"])
                gauge.at(source.done(), f"{good:,} people")
    return good, bad


def applied_there(
    client: Client, document: Mapping[str, Any], *, dry_run: bool
) -> tuple[AppliedAudience, list[str]]:
    """Make an audience what its file says; return what was done, and what that means for journeys."""
    wire = client.apply_audience(document, dry_run=dry_run)
    done = AppliedAudience(wire["audience"], wire["added"], wire["removed"], wire["members"])
    return done, wire["warnings"]


def _runs(lines: Sequence[FeedLine]) -> Iterator[tuple[Op, list[str]]]:
    """Yield people in the order of the lines, parted where adding turns into removing: a line may say its own."""
    people: list[str] = []
    op: Op | None = None
    for line in lines:
        now: Op = "remove" if line.op == "remove" else "add"
        if op is not None and now != op:
            yield op, people
            people = []
        op = now
        people.append(line.user_id)
    if op is not None:
        yield op, people
