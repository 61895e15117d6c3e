"""/api/journeys/KEY/commands: the commands of a journey's life, now or for later, with what they would do.

Every command is declared with its own role and its own choices. Annotations are needed as values here: the endpoints
of a journey and of one version are made by the same function.
"""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.requests import Request

from parcours.api.models.commands import (
    BulkAnswer,
    BulkWanted,
    CommandAnswer,
    CommandWanted,
    DeleteWanted,
    DuplicateWanted,
    NewVersionWanted,
    PauseWanted,
    PlanWanted,
    PublishPlan,
    PublishWanted,
    ResumePreview,
    ResumeWanted,
    Scheduled,
)
from parcours.api.models.common import IdempotencyKey, JourneyKey, Version
from parcours.api.problems import problem, status_of
from parcours.api.routing import InTransaction, Router
from parcours.api.security import installed_of, require
from parcours.domain.access import Need, Principal, may
from parcours.domain.actions import ActionName
from parcours.domain.errors import ParcoursError
from parcours.service.browsing.answers import Asked
from parcours.service.browsing.commanding import Answered, Wanted, give_command
from parcours.service.browsing.paging import Row, find_journey_id, rows_of
from parcours.service.commands.answering import Order
from parcours.service.commands.preview import preview_resume
from parcours.service.commands.publish_plan import publish_plan
from parcours.service.commands.scheduling import scheduled_commands, take_back
from parcours.service.watch.reports import notify_workers
from parcours.wiring import Installation

__all__ = ["answer_of", "router"]

router = Router("", "commands")
VIEWER: Final = (Depends(require("viewer")),)
Publisher = Annotated[Principal, Depends(require("publisher"))]
MAX_ID: Final = 2**62
HOURS = Annotated[int, Query(ge=1, le=168)]

LATER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Done, or in a dry run what would be done.",
        "headers": {
            "Idempotency-Replayed": {
                "description": "`true` where the answer was given before", "schema": {"type": "string"}
            }
        },
    },
    202: {"description": "Kept for later.", "model": CommandAnswer},
}  # fmt: skip

# Command, who may give it, its choices, and what it does.
COMMANDS: Final[tuple[tuple[ActionName, Need, type[CommandWanted], str], ...]] = (
    ("publish", "publisher", PublishWanted, "Start a draft: its triggers are on from now."),
    ("pause", "publisher", PauseWanted, "Freeze everybody where they stand, or as the choices say; nothing is sent."),
    ("resume", "publisher", ResumeWanted, "Let everybody go on: kept events first, then what became due, then the queue."),
    ("close", "publisher", CommandWanted, "Close to new entrances: people inside go on to the end. Never opened again."),
    ("stop", "publisher", CommandWanted, "Stop at once: everybody inside is cancelled. Never resumed."),
    ("restart", "publisher", CommandWanted, "Start again what is stopped or finished: a new version, live."),
    ("edit", "editor", CommandWanted, "Get a draft to edit: the one that stands, else one of the newest version."),
    ("new_version", "editor", NewVersionWanted, "Make a draft with the definition of a published version."),
    ("duplicate", "editor", DuplicateWanted, "Make an independent journey in draft with the same definition."),
    (
        "delete", "editor", DeleteWanted,
        "Delete the journey, or one version, for good. What is not a draft needs the role publisher.",
    ),
)  # fmt: skip


def _add(command: ActionName, need: Need, model: type[CommandWanted], meaning: str) -> None:
    async def give(
        request: Request,
        who: Annotated[Principal, Depends(require(need))],
        key: JourneyKey,
        wanted: model | None = None,  # type: ignore[valid-type]
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        return await _give(request, who, key, command, wanted or model(), idempotency_key)

    async def give_to_version(
        request: Request,
        who: Annotated[Principal, Depends(require(need))],
        key: JourneyKey,
        version: Version,
        wanted: model | None = None,  # type: ignore[valid-type]
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        asked = (wanted or model()).model_copy(update={"version": version})
        return await _give(request, who, key, command, asked, idempotency_key)

    for path, endpoint, more in (
        (f"/journeys/{{key}}/commands/{command}", give, ""),
        (
            f"/journeys/{{key}}/versions/{{version}}/commands/{command}",
            give_to_version,
            " Of this version only.",
        ),
    ):
        router.add_api_route(
            path, endpoint, methods=["POST"], response_model=CommandAnswer, responses=LATER,
            name=f"{command}_version" if more else command, summary=command.replace("_", " ").capitalize(),
            description=meaning + more,
        )  # fmt: skip


for _command in COMMANDS:
    _add(*_command)


async def _give(
    request: Request, who: Principal, key: str, command: ActionName, wanted: Any, idempotency_key: str | None
) -> Response:
    installed = installed_of(request)
    options = _options(wanted)
    order = Order(key, command, wanted.version, options, wanted.reason, who.actor, wanted.dry_run)
    asked = None
    if idempotency_key is not None:
        # Whoever did not wait may ask again, with the same key, and wait then.
        asked = Asked.of(who.actor, idempotency_key, request.url.path, wanted.model_dump(exclude={"wait"}))
    drafts_only = command == "delete" and not may(who, "publisher")
    given = Wanted(order, wanted.at, wait=wanted.wait, drafts_only=drafts_only, asked=asked)
    answered = await give_command(installed.database, installed.clock, given)
    return answer_of(answered, CommandAnswer)


def answer_of(answered: Answered, model: type[BaseModel]) -> Response:
    """Return the answer to a command: a refusal is a problem, with the command's own answer in `result`."""
    body = model.model_validate(answered.body).model_dump()
    if answered.body.get("refused") is not None and not answered.body["dry_run"]:
        error = ParcoursError(body["refused"], body["message"], hint=body["hint"])
        answer: Response = problem(error, status=HTTPStatus.CONFLICT, extra={"result": body})
    else:
        answer = JSONResponse(body, answered.status)
    if answered.again:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


@router.post("/bulk/pause", response_model=BulkAnswer)
async def bulk_pause(
    request: Request, who: Publisher, wanted: BulkWanted, idempotency_key: IdempotencyKey = None
) -> Row:
    """Pause several journeys, each in a transaction of its own; one that refuses does not keep the others."""
    return await _bulk(installed_of(request), who, "pause", wanted, idempotency_key)


@router.post("/bulk/resume", response_model=BulkAnswer)
async def bulk_resume(
    request: Request, who: Publisher, wanted: BulkWanted, idempotency_key: IdempotencyKey = None
) -> Row:
    """Resume several journeys, each in a transaction of its own; one that refuses does not keep the others."""
    return await _bulk(installed_of(request), who, "resume", wanted, idempotency_key)


async def _bulk(
    installed: Installation,
    who: Principal,
    command: ActionName,
    wanted: BulkWanted,
    idempotency_key: str | None,
) -> Row:
    results: list[Row] = []
    for key in dict.fromkeys(wanted.journeys):
        order = Order(key, command, None, dict(wanted.options), wanted.reason, who.actor, wanted.dry_run)
        asked = None
        if idempotency_key is not None:
            asked = Asked.of(who.actor, f"{idempotency_key[:130]}/{key[:64]}", command, wanted.model_dump())
        one: Row = {"journey": key, "status": 200, "code": None, "detail": None, "hint": None, "answer": None}
        try:
            given = Wanted(order, wait=wanted.wait, asked=asked)
            answered = await give_command(installed.database, installed.clock, given)
        except ParcoursError as error:
            status = status_of(error.code)
            one |= {"status": int(status), "code": error.code, "detail": error.message, "hint": error.hint}
        else:
            refused = answered.body["refused"]
            said = {"code": refused, "detail": answered.body["message"], "hint": answered.body["hint"]}
            one |= {"status": answered.status, "answer": answered.body, **(said if refused else {})}
        results.append(one)
    return {"results": results}


@router.post("/journeys/{key}/publish-plan", response_model=PublishPlan, dependencies=VIEWER)
async def plan(work: InTransaction, key: JourneyKey, wanted: PlanWanted | None = None) -> Row:
    """Tell what publishing the draft would change, for whom, and which groups need an answer. Changes nothing."""
    options = wanted.model_dump(exclude_none=True) if wanted else {}
    order = Order(key, "publish", options=options, dry_run=True)
    return (await publish_plan(work.connection, order, work.now)).as_dict()


@router.get("/journeys/{key}/resume-preview", response_model=list[ResumePreview], dependencies=VIEWER)
async def preview(work: InTransaction, key: JourneyKey, hours: HOURS = 24) -> list[Row]:
    """Tell what a resume would set free now: kept events, overdue people and messages, the queue, the next hours."""
    journey_id = await find_journey_id(work.connection, key)
    versions = await rows_of(work.connection, "report_scope", {"j": journey_id})
    ids = [row["version_id"] for row in versions if row["status"] == "paused"]
    return [one.as_dict() for one in await preview_resume(work.connection, key, ids, work.now, hours)]


@router.get("/scheduled-commands", response_model=list[Scheduled], dependencies=VIEWER)
async def scheduled(
    work: InTransaction,
    journey: Annotated[str | None, Query(max_length=64)] = None,
    past: Annotated[bool, Query(description="also those that are over, and what became of them")] = False,  # noqa: FBT002
) -> list[Row]:
    """List the commands that somebody gave for later, the next one first."""
    return await scheduled_commands(work.connection, journey, past=past)


@router.delete("/scheduled-commands/{number}", response_model=Scheduled)
async def unschedule(
    who: Publisher,
    work: InTransaction,
    number: Annotated[int, Path(ge=1, le=MAX_ID)],
    reason: Annotated[str | None, Query(max_length=1000)] = None,
) -> Row:
    """Take a command back that was given for later."""
    taken = await take_back(work.connection, number, work.now, actor=who.actor, reason=reason)
    await notify_workers(work.connection)
    return taken


def _options(wanted: Any) -> dict[str, Any]:
    chosen = getattr(wanted, "options", None)
    given = chosen.model_dump(exclude_unset=True, by_alias=True) if chosen is not None else {}
    # null lifts these limits of a pause; of anything else it means that nothing was said.
    return {
        name: value for name, value in given.items() if value is not None or name in ("until", "catch_up")
    }
