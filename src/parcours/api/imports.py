"""/api/imports: people and events in files: announced, then filled by one upload; progress can be asked for meanwhile.

The upload is received into a file first, so that whoever leaves when it has arrived leaves nothing half-loaded.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import asdict
from pathlib import Path as File
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query
from fastapi.responses import JSONResponse, Response
from starlette.requests import Request

from parcours.api.models.imports import Import, ImportChecked, ImportWanted
from parcours.api.routing import InTransaction, Router
from parcours.api.security import installed_of, require
from parcours.domain.access import Principal
from parcours.domain.catalogue_access import REQUEST
from parcours.domain.errors import ParcoursError
from parcours.service.browsing.load_check import check_file
from parcours.service.browsing.loads import Upload, announce, begin, load_file, loads, show_load
from parcours.service.browsing.paging import Row
from parcours.service.intake.importing import Loader
from parcours.service.intake.tables import parse_mapping

__all__ = ["router"]

router = Router("/imports", "imports")
VIEWER: Final = (Depends(require("viewer")),)
Publisher = Annotated[Principal, Depends(require("publisher"))]
Number = Annotated[int, Path(ge=1, le=2**53)]
Columns = Annotated[
    list[str] | None,
    Query(max_length=500, description="of a CSV: column=trait, column=trait:number, or column=userId"),
]
LINES: Final = ("application/x-ndjson", "application/jsonl", "application/ndjson", "application/octet-stream")
UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Lines of the feed (`application/x-ndjson`), or profiles (`text/csv`); also gzipped.",
        "content": {
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}
LATER: dict[int | str, dict[str, Any]] = {
    202: {"description": "Received; it is being loaded.", "model": Import}
}


@router.post("", status_code=201, response_model=Import)
async def announce_import(who: Publisher, work: InTransaction, wanted: ImportWanted) -> Row:
    """Announce an import; its number is where the file goes."""
    number = await announce(
        work.connection, wanted.name, wanted.mode, wanted.bytes, work.now, actor=who.actor
    )
    return await show_load(work.connection, number, work.now)


@router.get("", response_model=list[Import], dependencies=VIEWER)
async def imports(work: InTransaction, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> list[Row]:
    """List the latest imports."""
    return await loads(work.connection, work.now, limit)


@router.post("/check", response_model=ImportChecked, openapi_extra=UPLOAD)
async def check_import(request: Request, who: Publisher, column: Columns = None) -> dict[str, Any]:  # noqa: ARG001
    """Look at a file without keeping anything of it: what is in it, and which lines would be left out."""
    kind = _kind(request)
    columns = parse_mapping(column or [])
    now = installed_of(request).clock.now()
    with await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="parcours-check-") as folder:
        file = File(folder) / "feed"
        await _receive(request, file)
        found = await asyncio.to_thread(check_file, file, now, table=kind == "text/csv", columns=columns)
    return asdict(found)


@router.get("/{number}", response_model=Import, dependencies=VIEWER)
async def import_progress(work: InTransaction, number: Number) -> Row:
    """Tell how far an import is, and which lines were left out."""
    return await show_load(work.connection, number, work.now)


@router.put(
    "/{number}/data", response_model=Import, responses=LATER, openapi_extra=UPLOAD
)  # fmt: skip
async def fill_import(
    request: Request, who: Publisher, number: Number,
    column: Columns = None,
    wait: Annotated[bool, Query(description="answer when it is loaded")] = True,  # noqa: FBT002
) -> Response:  # fmt: skip
    """Send the file. Each line is taken or named by itself: nothing good is lost with a bad one."""
    installed = installed_of(request)
    kind = _kind(request)
    columns = parse_mapping(column or [])
    async with installed.database.transaction() as connection:
        mode = await begin(connection, number, installed.clock.now(), actor=who.actor)
    upload = Upload(installed.database, number, who.actor)
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="parcours-import-")
    file = File(folder.name) / "feed"
    try:
        await _receive(request, file)
    except BaseException:
        await upload.tell("broken", None, installed.clock.now())
        folder.cleanup()
        raise
    loader = Loader(installed.database, installed.clock, installed.buckets, mode, upload.bad)

    async def load() -> None:
        try:
            await load_file(upload, file, loader, table=kind == "text/csv", columns=columns)
        finally:
            folder.cleanup()

    task = asyncio.create_task(load())
    _keep(request, task)
    if wait:
        await asyncio.shield(task)
    async with installed.database.transaction() as connection:
        found = await show_load(connection, number, installed.clock.now())
    body = Import.model_validate(found).model_dump()
    return JSONResponse(body, 200 if wait else 202)


def _kind(request: Request) -> str:
    """Return what the body is. Raises ParcoursError `unsupported_media_type`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (*LINES, "text/csv", "application/gzip"):
        meaning = REQUEST["unsupported_media_type"][0]
        hint = "Send it with Content-Type: application/x-ndjson or text/csv."
        raise ParcoursError("unsupported_media_type", meaning.removesuffix("."), hint=hint)
    return kind


async def _receive(request: Request, file: File) -> None:
    """Write what arrives into a file."""
    with file.open("wb") as target:
        async for piece in request.stream():
            await asyncio.to_thread(target.write, piece)


def _keep(request: Request, task: asyncio.Task[None]) -> None:
    """Hold on to what goes on behind an answer; nobody else does."""
    state = request.app.state
    if not hasattr(state, "imports"):
        state.imports = set()
    state.imports.add(task)
    task.add_done_callback(state.imports.discard)
