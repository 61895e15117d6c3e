"""/api/mailbox: what the built-in mailbox caught, where no mail server is set."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query
from fastapi.responses import Response
from starlette.requests import Request

from parcours.api.models.common import Page
from parcours.api.models.watching import Mail, MailLine
from parcours.api.routing import Router
from parcours.api.security import installed_of, require
from parcours.channels.mailbox import Mailbox, Summary
from parcours.domain.errors import ParcoursError
from parcours.domain.timing import format_instant
from parcours.service.browsing.paging import Row
from parcours.wiring import mailbox_folder

__all__ = ["router"]

router = Router("/mailbox", "mailbox")
VIEWER: Final = (Depends(require("viewer")),)
Number = Annotated[int, Path(ge=1, le=2**53, description="its number in the list")]
SOURCE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The mail as it arrived.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("", response_model=Page[MailLine], dependencies=VIEWER)
async def mails(
    request: Request,
    search: Annotated[str, Query(max_length=200, description="in recipient, sender or subject")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[int | None, Query(ge=1, le=2**53, description="`next` of the page before")] = None,
) -> Row:
    """List the newest mails."""
    box = _mailbox(request)
    found = await asyncio.to_thread(box.list, limit + 1, search, cursor)
    following = str(found[limit - 1].number) if len(found) > limit else None
    return {"items": [_line(one) for one in found[:limit]], "next": following}


@router.get("/{number}", response_model=Mail, dependencies=VIEWER)
async def mail(request: Request, number: Number) -> Row:
    """Show one mail: headers, text, HTML, and which files it carries."""
    kept = await asyncio.to_thread(_mailbox(request).show, number)
    files = [{"name": one.name, "type": one.type, "bytes": one.bytes} for one in kept.files]
    more = {"headers": list(kept.headers), "text": kept.text, "html": kept.html, "files": files}
    return _line(kept.summary) | more


@router.get("/{number}/source", responses=SOURCE, dependencies=VIEWER, response_class=Response)
async def source(request: Request, number: Number) -> Response:
    """Return a mail as it arrived."""
    kept = await asyncio.to_thread(_mailbox(request).show, number)
    headers = {"Content-Disposition": f'attachment; filename="{number}.eml"'}
    return Response(kept.source, media_type="application/octet-stream", headers=headers)


def _mailbox(request: Request) -> Mailbox:
    settings = installed_of(request).settings
    if settings.smtp_host is not None:
        raise ParcoursError(
            "no_mailbox", "mails do not go to the built-in mailbox here",
            hint=f"They go to the mail server {settings.smtp_host}.",
        )  # fmt: skip
    return Mailbox(mailbox_folder(settings))


def _line(summary: Summary) -> Row:
    return {
        "number": summary.number, "at": format_instant(summary.at), "to": list(summary.to),
        "sender": summary.sender, "subject": summary.subject, "bytes": summary.bytes,
    }  # fmt: skip
