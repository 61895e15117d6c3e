"""Imports over HTTP: announced, filled by one upload, loaded behind it, with progress that every server can tell.

An import that broke off, or whose server is gone, can be filled again: what was loaded before is recognised.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from parcours.domain.errors import ParcoursError
from parcours.domain.records import FeedLine
from parcours.service.browsing.paging import Row, rows_of, wire
from parcours.service.intake.importing import Loader, read_lines
from parcours.service.intake.noting import note_import
from parcours.service.intake.sources import open_source
from parcours.service.intake.tables import Column, read_table
from parcours.service.intake.taking import Mode
from parcours.store.database import Connection, Database
from parcours.store.queries import query

__all__ = ["Upload", "announce", "begin", "load_file", "loads", "show_load"]

STALE: Final = timedelta(seconds=60)  # an import that has told nothing for so long is nobody's any more
KEPT_ERRORS: Final = 1000
ENDED: Final = ("done", "broken")
BATCH: Final = 1000  # lines in a transaction
NO_COLUMNS: Final[Mapping[str, Column]] = MappingProxyType({})


async def announce(
    connection: Connection, name: str, mode: Mode, size: int | None, at: datetime, *, actor: str
) -> int:
    """Announce an import; return its number. `size` is in bytes, where it is known."""
    given = {"name": name, "mode": mode, "bytes": size, "at": at, "actor": actor}
    row = await (await connection.execute(query("add_load"), given)).fetchone()
    assert row is not None
    options = {"import": int(row[0]), "name": name, "mode": mode}
    await note_import(connection, "announce_import", at=at, actor=actor, options=options)
    return int(row[0])


async def begin(connection: Connection, number: int, now: datetime, *, actor: str) -> Mode:
    """Begin to fill an import. Raises ParcoursError `unknown_import`, `import_under_way`."""
    given = {"id": number, "at": now, "stale": now - STALE}
    row = await (await connection.execute(query("begin_load"), given)).fetchone()
    if row is not None:
        mode: Mode = row[0]
        await note_import(connection, "begin_import", at=now, actor=actor, options={"import": number})
        return mode
    found = await show_load(connection, number, now)
    raise ParcoursError(
        "import_under_way", f"import {number} is {found['state']}",
        hint="Announce another import to load more.",
    )  # fmt: skip


async def loads(connection: Connection, now: datetime, limit: int = 50) -> list[Row]:
    """Return the latest imports, without their bad lines."""
    rows = await rows_of(connection, "list_loads", {"id": None, "n": limit})
    return [_as_wire(row, now) | {"errors": []} for row in rows]


async def show_load(connection: Connection, number: int, now: datetime) -> Row:
    """Return one import with its first bad lines. Raises ParcoursError `unknown_import`."""
    found = next(iter(await rows_of(connection, "list_loads", {"id": number, "n": 1})), None)
    if found is None:
        raise ParcoursError("unknown_import", f"there is no import {number}", hint="Announce one first.")
    return _as_wire(found, now)


@dataclass(slots=True)
class Upload:
    """What came of one upload so far; written down behind every transaction of lines."""

    database: Database
    number: int
    actor: str
    bytes: int = 0
    errors: list[Row] = field(default_factory=list)

    def bad(self, error: ParcoursError) -> None:
        """Keep a bad line, as long as there are few."""
        if len(self.errors) < KEPT_ERRORS:
            self.errors.append(
                {"place": error.place, "code": error.code, "message": error.message, "hint": error.hint}
            )

    async def tell(self, state: str, loader: Loader | None, now: datetime) -> None:
        """Write down how far it is."""
        given: dict[str, Any] = {
            "id": self.number, "state": state, "at": now, "bytes": self.bytes,
            "stored": loader.stored if loader else 0, "repeated": loader.repeated if loader else 0,
            "bad": loader.bad if loader else len(self.errors), "kinds": json.dumps(loader.kinds if loader else {}),
            "errors": json.dumps(self.errors),
        }  # fmt: skip
        async with self.database.transaction() as connection:
            await connection.execute(query("tell_load"), given)
            if state in ENDED:
                counts = {name: given[name] for name in ("stored", "repeated", "bad")}
                await note_import(
                    connection, "import", at=now, actor=self.actor, options={"import": self.number}, state=state,
                    counts=counts,
                )  # fmt: skip


async def load_file(
    upload: Upload, path: Path, loader: Loader, *, table: bool, columns: Mapping[str, Column] = NO_COLUMNS
) -> None:
    """Load a file that was received; JSON lines, or with `table` profiles as CSV. Whatever happens is told."""
    state = "broken"
    try:
        with open_source(path) as source:
            name = f"import {upload.number}"
            items = (
                read_table(source.lines(), name, columns, loader.clock.now())
                if table
                else read_lines(source.lines(), name)
            )
            rest = iter(items)
            while chunk := await asyncio.to_thread(_some, rest):
                await loader.load(chunk, name, _nothing)
                upload.bytes = source.done()
                await upload.tell("loading", loader, loader.clock.now())
        state = "done"
    except ParcoursError as error:
        upload.bad(error)
    finally:
        await upload.tell(state, loader, loader.clock.now())


def _some(items: Iterator[FeedLine | ParcoursError]) -> list[FeedLine | ParcoursError]:
    return list(islice(items, BATCH))


def _nothing() -> None:
    """Do nothing behind a batch: progress is told behind the chunk."""


def _as_wire(row: Row, now: datetime) -> Row:
    found = wire(row)
    found["id"] = found.pop("load_id")
    if row["state"] == "loading" and row["seen_at"] < now - STALE:
        found["state"] = "broken"
    return found
