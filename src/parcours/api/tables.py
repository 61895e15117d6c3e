"""Tables as CSV, where a request asks for them: what spreadsheets read, and nothing that they would carry out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from fastapi.responses import Response, StreamingResponse
from starlette.requests import Request

__all__ = ["as_table", "stream_table", "wants_table"]

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes what begins so for a formula


def wants_table(request: Request) -> bool:
    """Tell whether a request asks for CSV."""
    return "text/csv" in request.headers.get("accept", "")


def as_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], name: str) -> Response:
    """Return rows as a CSV file."""
    return Response(
        _lines(rows, columns, head=True), media_type="text/csv; charset=utf-8", headers=_headers(name)
    )


def stream_table(
    chunks: AsyncIterator[Sequence[Mapping[str, Any]]], columns: Sequence[str], name: str
) -> Response:
    """Return rows as a CSV file while they are read."""

    async def text() -> AsyncIterator[str]:
        yield _lines((), columns, head=True)
        async for rows in chunks:
            yield _lines(rows, columns, head=False)

    return StreamingResponse(text(), media_type="text/csv; charset=utf-8", headers=_headers(name))


def _lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, head: bool) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    if head:
        writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, str) and value.startswith(DANGEROUS):
        return "'" + value
    return value


def _headers(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}.csv"'}
