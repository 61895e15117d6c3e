"""People and events on their way in: one by one or in batches as Segment has them, and whole files."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, cast

from parcours.client.asking import Asking
from parcours.client.forms import Import
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant

__all__ = ["Intake", "Mode"]

Mode = Literal["state", "live", "history"]
SOON: Final = 0.05  # seconds until it is asked how far an import is, at first
SELDOM: Final = 1.0


class Intake(Asking):
    """Takes people and events to the server. `pause` waits so many seconds."""

    _pause: Callable[[float], None] = staticmethod(time.sleep)

    def identify(
        self, user_id: str, traits: Mapping[str, Any] | None = None, *, timestamp: datetime | None = None,
        message_id: str | None = None,
    ) -> None:  # fmt: skip
        """Say what is known of a person."""
        self._one("identify", user_id, {"traits": dict(traits or {})}, timestamp, message_id)

    def track(
        self, user_id: str, event: str, properties: Mapping[str, Any] | None = None, *,
        timestamp: datetime | None = None, message_id: str | None = None,
    ) -> None:  # fmt: skip
        """Say that a person has done something."""
        more = {"event": event, "properties": dict(properties or {})}
        self._one("track", user_id, more, timestamp, message_id)

    def batch(self, messages: Sequence[Mapping[str, Any]]) -> Any:
        """Send messages of the Segment spec, each with its `type`; return what the server says of them.

        Each gets a `messageId` unless it has one, so that asking again stores nothing twice.
        """
        sent = [{"messageId": str(uuid.uuid4()), **message} for message in messages]
        return self._v1("batch", {"batch": sent}).json

    def import_file(
        self, source: Path | BinaryIO, *, mode: Mode = "state", columns: Sequence[str] = (), name: str = "",
        table: bool | None = None, progress: Callable[[Import], None] | None = None,
    ) -> Import:  # fmt: skip
        """Load a feed (JSON lines) or profiles (CSV), also gzipped; return when it is loaded.

        `columns` of a CSV: `column=trait`, `column=trait:number`, `column=userId`. Every line is taken or named by
        itself; one that was loaded before is passed over. Raises ServerError `import_under_way`.
        """
        if not isinstance(source, Path):
            return self._load(source, None, mode, columns, name, table=bool(table), progress=progress)
        plain = source.name.lower().removesuffix(".gz")
        is_table = plain.endswith((".csv", ".tsv")) if table is None else table
        try:
            size = source.stat().st_size
            with source.open("rb") as file:
                return self._load(
                    file, size, mode, columns, name or source.name, table=is_table, progress=progress
                )
        except OSError as error:
            raise ParcoursError(
                "unreadable_file", f"the file cannot be read: {error.strerror or error}", place=str(source),
                hint="Check the name and the rights.",
            ) from None  # fmt: skip

    def imported(self, number: int) -> Import:
        """Tell how far an import is, and which lines were left out."""
        return cast("Import", self._get(f"/api/imports/{int(number)}"))

    def _load(
        self, file: BinaryIO, size: int | None, mode: Mode, columns: Sequence[str], name: str, *, table: bool,
        progress: Callable[[Import], None] | None,
    ) -> Import:  # fmt: skip
        wanted = {"name": name[:200], "mode": mode, "bytes": size}
        announced = self._transport.ask("POST", "/api/imports", json_body=wanted).json
        kind = "text/csv" if table else "application/x-ndjson"
        headers = {"Content-Type": kind} | ({} if size is None else {"Content-Length": str(size)})
        path = f"/api/imports/{announced['id']}/data"
        query = {"column": list(columns), "wait": False}
        found = cast("Import", self._transport.ask("PUT", path, query=query, body=file, headers=headers).json)
        wait = SOON
        while found["state"] == "loading":
            if progress is not None:
                progress(found)
            self._pause(wait)
            wait = min(wait * 1.5, SELDOM)
            found = self.imported(announced["id"])
        return found

    def _one(
        self, kind: str, user_id: str, more: Mapping[str, Any], timestamp: datetime | None, message_id: str | None
    ) -> None:  # fmt: skip
        message = {"messageId": message_id or str(uuid.uuid4()), "userId": user_id, **more}
        if timestamp is not None:
            message["timestamp"] = format_instant(timestamp.astimezone(UTC))
        self._v1(kind, message)

    def _v1(self, kind: str, message: Mapping[str, Any]) -> Any:
        # The server knows a messageId again, so these can be sent twice.
        return self._transport.ask(
            "POST", f"/v1/{kind}", json_body=dict(message), repeatable=True, key_as_user=True
        )
