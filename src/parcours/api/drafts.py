"""/api/journeys/KEY/draft: definitions, saved with the ETag of what they replace, and the files beside them."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Header, Path
from fastapi.responses import Response
from starlette.requests import Request

from parcours.api.bodies import read_json
from parcours.api.models.common import JourneyKey, Version
from parcours.api.models.drafts import Checked, Definition, DraftAnswer, definition_body
from parcours.api.routing import InTransaction, Router
from parcours.api.security import require
from parcours.domain.access import Principal
from parcours.domain.catalogue_access import REQUEST
from parcours.domain.errors import ParcoursError
from parcours.service.browsing.drafts import (
    DraftSaved,
    Expected,
    StoredDefinition,
    change_file,
    check_document,
    create_journey,
    keep_draft,
    read_definition,
    read_file,
)
from parcours.service.browsing.paging import Row
from parcours.service.browsing.yaml_text import yaml_text
from parcours.service.editing.files import load_text
from parcours.service.watch.reports import notify_workers

__all__ = ["router"]

router = Router("", "drafts")
VIEWER: Final = (Depends(require("viewer")),)
EDITOR: Final = (Depends(require("editor")),)
Editor = Annotated[Principal, Depends(require("editor"))]
IfMatch = Annotated[
    str | None,
    Header(description="the ETag of the draft that is replaced; needed where one stands", max_length=200),
]  # fmt: skip
IfNoneMatch = Annotated[str | None, Header(description="`*`: only where no draft stands", max_length=200)]
FileName = Annotated[
    str, Path(description="name of a file", min_length=1, max_length=200, examples=["hello.mjml"])
]
LARGEST: Final = 1_000_000  # bytes of a definition

AS_YAML: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "As JSON; the definition alone as a file with `Accept: application/yaml`.",
        "content": {"application/yaml": {"schema": {"type": "string"}}},
        "headers": {"ETag": {"schema": {"type": "string"}, "description": "what to send as If-Match"}},
    }
}
AS_BYTES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
CREATED: dict[int | str, dict[str, Any]] = {201: {"description": "A draft was made.", "model": DraftAnswer}}


@router.post(
    "/journeys", status_code=201, response_model=DraftAnswer, openapi_extra=definition_body("A journey file.")
)
async def create(who: Editor, work: InTransaction, request: Request, response: Response) -> Row:
    """Make a journey with a first draft; its definition may still have problems."""
    document = await _document(request)
    saved = await create_journey(work.connection, document, work.now, actor=who.actor)
    await notify_workers(work.connection, saved.draft.journey)
    response.headers["ETag"] = saved.draft.etag
    response.headers["Location"] = f"/api/journeys/{saved.draft.journey}"
    return _saved(saved)


@router.post(
    "/check", response_model=Checked, dependencies=EDITOR, openapi_extra=definition_body("A journey file.")
)
async def check(work: InTransaction, request: Request) -> Row:
    """Tell everything that is wrong with a definition; nothing is kept."""
    document = await _document(request)
    key, problems = await check_document(work.connection, document, work.now)
    return {
        "journey": key,
        "publishable": key is not None and not any(one.severity == "error" for one in problems),
        "problems": [one.as_dict() for one in problems],
    }


@router.get("/journeys/{key}/draft", response_model=Definition, responses=AS_YAML, dependencies=VIEWER)
async def read_draft(work: InTransaction, request: Request, response: Response, key: JourneyKey) -> Any:
    """Return the draft, with the ETag that saving it needs."""
    return _shown(await read_definition(work.connection, key), request, response)


@router.put(
    "/journeys/{key}/draft", response_model=DraftAnswer, responses=CREATED,
    openapi_extra=definition_body("A journey file; `journey` may be left out."),
)  # fmt: skip
async def save_draft(
    who: Editor, work: InTransaction, request: Request, response: Response, key: JourneyKey,
    if_match: IfMatch = None, if_none_match: IfNoneMatch = None,
) -> Row:  # fmt: skip
    """Save a definition as the draft: the one that stands, named by its ETag, or a new one (n+1).

    Whatever is wrong with it is told and kept as it is. Where somebody else has saved meanwhile the answer is 412, and
    nothing is changed. What runs goes on as it is until the draft is published.
    """
    document = await _document(request)
    expected = Expected(if_match, absent=if_none_match is not None)
    saved = await keep_draft(work.connection, key, document, work.now, expected=expected, actor=who.actor)
    await notify_workers(work.connection, key)
    response.status_code = 201 if saved.created else 200
    response.headers["ETag"] = saved.draft.etag
    return _saved(saved)


@router.get(
    "/journeys/{key}/versions/{version}", response_model=Definition, responses=AS_YAML, dependencies=VIEWER
)
async def read_version(
    work: InTransaction, request: Request, response: Response, key: JourneyKey, version: Version
) -> Any:
    """Return the definition of a version with its files."""
    return _shown(await read_definition(work.connection, key, version), request, response)


@router.get(
    "/journeys/{key}/draft/files/{name}", responses=AS_BYTES, dependencies=VIEWER, response_class=Response
)
async def read_draft_file(work: InTransaction, key: JourneyKey, name: FileName) -> Response:
    """Return a template or an attached file of the draft."""
    return _bytes(await read_file(work.connection, key, None, name))


@router.get(
    "/journeys/{key}/versions/{version}/files/{name}", responses=AS_BYTES, dependencies=VIEWER,
    response_class=Response,
)  # fmt: skip
async def read_version_file(
    work: InTransaction, key: JourneyKey, version: Version, name: FileName
) -> Response:
    """Return a template or an attached file of a version."""
    return _bytes(await read_file(work.connection, key, version, name))


@router.put(
    "/journeys/{key}/draft/files/{name}", response_model=Definition,
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The content of the file.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)  # fmt: skip
async def put_file(
    who: Editor, work: InTransaction, request: Request, response: Response, key: JourneyKey, name: FileName,
    if_match: IfMatch = None,
) -> Row:  # fmt: skip
    """Put a file beside the draft: a template (.mjml, .html, .liquid, .txt), or one that mails carry."""
    data = await request.body()
    draft = await change_file(
        work.connection, key, name, data, work.now, expected=Expected(if_match), actor=who.actor
    )
    response.headers["ETag"] = draft.etag
    return _definition(draft)


@router.delete("/journeys/{key}/draft/files/{name}", response_model=Definition)
async def drop_file(
    who: Editor, work: InTransaction, response: Response, key: JourneyKey, name: FileName,
    if_match: IfMatch = None,
) -> Row:  # fmt: skip
    """Remove a file from beside the draft."""
    draft = await change_file(
        work.connection, key, name, None, work.now, expected=Expected(if_match), actor=who.actor
    )
    response.headers["ETag"] = draft.etag
    return _definition(draft)


async def _document(request: Request) -> Any:
    """Read the definition that was sent, as JSON or YAML."""
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if len(body) > LARGEST:
        raise ParcoursError("body_too_large", f"The definition is larger than {LARGEST:,} bytes")
    if kind == "application/json":
        return read_json(body)
    if kind not in ("application/yaml", "text/yaml", "application/x-yaml", "text/x-yaml"):
        meaning = REQUEST["unsupported_media_type"][0]
        raise ParcoursError(
            "unsupported_media_type", meaning.removesuffix("."),
            hint="Send it with Content-Type: application/json or application/yaml.",
        )  # fmt: skip
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"the definition is not UTF-8: byte {error.start}"
        raise ParcoursError("bad_definition", message, place="body", hint="Send it as UTF-8.") from None
    document, problems = load_text(text)
    fault = next((one for one in problems if one.severity == "error"), None)
    if fault is not None:
        raise ParcoursError("bad_definition", fault.message, place=fault.place or "body", hint=fault.hint)
    return document


def _shown(found: StoredDefinition, request: Request, response: Response) -> Any:
    if "yaml" in request.headers.get("accept", ""):
        return Response(
            yaml_text(found.document), media_type="application/yaml", headers={"ETag": found.etag}
        )
    response.headers["ETag"] = found.etag
    return _definition(found)


def _definition(found: StoredDefinition) -> Row:
    return {
        "journey": found.journey, "version": found.version, "status": found.status, "definition": found.document,
        "templates": dict(found.templates), "attachments": list(found.attachments), "etag": found.etag,
    }  # fmt: skip


def _saved(saved: DraftSaved) -> Row:
    return _definition(saved.draft) | {"problems": [one.as_dict() for one in saved.problems]}


def _bytes(data: bytes) -> Response:
    # Whatever is in it, a browser must not take it for a page of ours.
    return Response(
        data, media_type="application/octet-stream", headers={"Content-Disposition": "attachment"}
    )
