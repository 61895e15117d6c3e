"""/api/journeys/KEY/preview and test-mails: mails as a real person would get them, looked at or sent to oneself."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import Request

from parcours.api.models.common import JourneyKey
from parcours.api.models.trials import MailShown, MailTried, PreviewWanted, TestMailsWanted
from parcours.api.routing import InTransaction, Router
from parcours.api.security import installed_of, require
from parcours.domain.access import Principal
from parcours.service.browsing.paging import Row
from parcours.simulation.trying import MailsWanted, make_mails, note_trial, opened, send_trial, shown_mail
from parcours.wiring import outgoing

__all__ = ["router"]

router = Router("/journeys/{key}", "trials")
VIEWER: Final = (Depends(require("viewer")),)
Editor = Annotated[Principal, Depends(require("editor"))]
NOBODY: Final = "preview@example.com"  # where no mail goes


@router.post("/preview", response_model=list[MailShown], dependencies=VIEWER)
async def preview(work: InTransaction, key: JourneyKey, wanted: PreviewWanted) -> list[Row]:
    """Show mails, of a draft too, with the data of a real person. Nothing is sent or stored."""
    asked = MailsWanted(key, wanted.user_id, NOBODY, wanted.version, wanted.steps, wanted.event)
    made = await make_mails(work.connection, asked, buckets=work.installed.buckets, at=work.now)
    return [shown_mail(one) for one in made]


@router.post("/test-mails", response_model=list[MailTried])
async def test_mails(request: Request, who: Editor, key: JourneyKey, wanted: TestMailsWanted) -> list[Row]:
    """Send mails, of a draft too, to one address, with the data of a real person.

    Nothing but a line in the audit is stored.
    """
    installed = installed_of(request)
    asked = MailsWanted(key, wanted.user_id, wanted.to, wanted.version, wanted.steps, wanted.event)
    async with installed.database.transaction() as connection:
        now = installed.clock.now()
        made = await make_mails(connection, asked, buckets=installed.buckets, at=now)
        await note_trial(connection, asked, at=now, actor=who.actor)
    async with outgoing(installed.settings, _quiet) as channels, opened(channels["email"]) as channel:
        return [(await send_trial(mail, channel)).as_dict() for mail in made]


def _quiet(_: str) -> None:
    """Say nothing: the answer says it."""
