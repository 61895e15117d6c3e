"""The output lines of a simulation, kind by kind, in their promised order (docs/rules.md, Output)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from parcours.domain.records import CommandResult
from parcours.domain.timing import format_instant
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["command_line", "output_lines", "plain_line"]


def command_line(at: datetime, result: CommandResult) -> dict[str, Any]:
    """Return the line of a lifecycle command."""
    return {
        "kind": "command", "at": format_instant(at), "journey": result.journey, "version": result.version,
        "command": result.command, "from": result.from_status, "to": result.to_status, "counts": dict(result.counts),
        "refused": result.refused, "error": None,
    }  # fmt: skip


def plain_line(
    at: datetime, command: Mapping[str, Any], *, counts: Mapping[str, int] | None = None, status: str | None = None,
    version: int | None = None, refused: str | None = None, error: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the line of any other command, or of one that could not be carried out."""
    return {
        "kind": "command", "at": format_instant(at), "journey": command.get("journey"),
        "version": version if version is not None else command.get("version"), "command": command.get("command"),
        "from": status, "to": status, "counts": dict(counts or {}), "refused": refused, "error": error,
    }  # fmt: skip


async def output_lines(connection: Connection, *, moves: bool) -> list[dict[str, Any]]:
    """Read participants, messages, refusals, moves (if asked) and ledgers."""
    kinds = ["participant", "message", "refusal", *(["move"] if moves else []), "ledger"]
    lines: list[dict[str, Any]] = []
    for kind in kinds:
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(query(f"simulation_{kind}s"))
            lines += [_line(kind, row) async for row in cursor]
    return lines


def _line(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    row.pop("journey_id_", None)  # for the order only: a key may have been that of several journeys
    plain = {key.rstrip("_"): format_instant(v) if isinstance(v, datetime) else v for key, v in row.items()}
    return {"kind": kind, **plain}
