"""The settings of the installation: read, and changed with a line in the audit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from parcours.domain.options import OPTIONS, Value, check_option
from parcours.service.commands.trail import record
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["change_options", "read_options"]


async def read_options(connection: Connection) -> dict[str, Value]:
    """Return every setting with the value it has; the default where nobody has set it."""
    cursor = await connection.execute(query("read_options"), {"names": list(OPTIONS)})
    kept = dict(await cursor.fetchall())
    return {name: kept.get(name, option.default) for name, option in OPTIONS.items()}


async def change_options(
    connection: Connection, changes: Mapping[str, object], *, at: datetime, actor: str, reason: str | None = None
) -> dict[str, Value]:  # fmt: skip
    """Change settings, all of them or none; return all. What is as it was is not in the audit.

    Raises ParcoursError `unknown_setting`, `bad_setting`.
    """
    checked = {name: check_option(name, value) for name, value in changes.items()}
    await connection.execute(query("lock_options"))
    before = await read_options(connection)
    for name, value in checked.items():
        if value != before[name]:
            await connection.execute(query("write_option"), {"name": name, "value": json.dumps(value)})
            await record(
                connection, at, actor=actor, key="@settings", command="set", options={name: value}, reason=reason,
                from_status=json.dumps(before[name]), to_status=json.dumps(value),
            )  # fmt: skip
    return before | checked
