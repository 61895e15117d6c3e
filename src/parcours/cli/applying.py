"""`parcours apply`: files become drafts and audiences, each file in a transaction of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from parcours.cli.output import say, show, show_json, show_problems
from parcours.cli.plan_output import show_plan
from parcours.cli.remote import audience_line, save_file
from parcours.cli.session import actor, connected, remote
from parcours.domain.checks import unique
from parcours.domain.errors import ParcoursError
from parcours.domain.problems import has_errors
from parcours.domain.records import CommandResult
from parcours.service.audiences.from_files import apply_audience
from parcours.service.commands.lifecycle import Order, execute
from parcours.service.commands.publish_plan import PublishPlan, publish_plan
from parcours.service.editing.authoring import Applied, apply_journey
from parcours.service.editing.checking import file_problems
from parcours.service.editing.definitions import journey_problems
from parcours.service.editing.files import LoadedFile, load_documents
from parcours.service.editing.where_used import audience_warnings
from parcours.service.watch.reports import notify_workers
from parcours.store.database import Connection
from parcours.wiring import Installation

__all__ = ["app"]

app = typer.Typer()


@app.command(epilog="Example: parcours apply journeys/*.yaml audiences/*.yaml")
def apply(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Journey and audience files, YAML or JSON.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Save files as drafts, and audiences as they are.

    A journey file becomes the draft of its journey, or replaces the draft that stands; what runs goes on as
    it is until the draft is published. A draft may have problems, which are shown; a file that cannot be read
    as a whole is not saved. The members of an audience become exactly those of its file, and journeys hear of
    each change.
    """
    loaded = load_documents(files)

    async def work(installed: Installation) -> list[dict[str, Any]]:
        coming = frozenset(file.audience.key for file in loaded if file.audience is not None)
        return [await _apply(installed, file, coming, dry_run=dry_run, quiet=as_json) for file in loaded]

    client = remote(context)
    if client is None:
        answers = connected(context, work)
    else:
        answers = [save_file(client, file, dry_run=dry_run, quiet=as_json) for file in loaded]
    if as_json:
        show_json(answers)
    if not all(answer["saved"] for answer in answers):
        raise typer.Exit(1)


async def _apply(
    installed: Installation, file: LoadedFile, coming: frozenset[str], *, dry_run: bool, quiet: bool
) -> dict[str, Any]:
    problems = file_problems(file)
    answer: dict[str, Any] = {
        "file": str(file.path),
        "problems": [problem.as_dict() for problem in problems],
        "saved": False,
        "dry_run": dry_run,
    }
    lines: list[str | PublishPlan] = []
    # What could not be read is not in the definition: saved, it would be lost without a word.
    unread = has_errors(list(file.problems)) or (file.audience is not None and has_errors(problems))
    if (file.journey or file.audience) and not unread:
        # A dry run does everything and takes it back.
        async with (
            installed.database.transaction() as connection,
            connection.transaction(force_rollback=dry_run),
        ):
            saved, lines = await _save(connection, installed, file, dry_run=dry_run)
            if file.journey is not None:
                # Once more, among the audiences, journeys, people and events that there are.
                around = await journey_problems(
                    connection,
                    saved["journey"],
                    installed.clock.now(),
                    saved["version"],
                    coming=coming,
                )
                problems = unique([*file.problems, *around[0].problems])
        answer |= {"saved": True, **saved, "problems": [problem.as_dict() for problem in problems]}
    if not quiet:
        if problems:
            show_problems(str(file.path), problems)
        for line in lines:
            if isinstance(line, PublishPlan):
                show_plan(line)
            else:
                show(line)
        if not answer["saved"]:
            say(f"{file.path} is not saved: it holds what cannot be read.", style="red")
    return answer


async def _save(
    connection: Connection, installed: Installation, file: LoadedFile, *, dry_run: bool
) -> tuple[dict[str, Any], list[str | PublishPlan]]:
    at = installed.clock.now()
    if file.audience is not None:
        done = await apply_audience(
            connection, file.audience, buckets=installed.buckets, at=at, actor=actor()
        )
        await notify_workers(connection)
        warnings = await audience_warnings(connection, done.key, done.members, done.removed)
        answer = {
            "audience": done.key,
            "added": done.added,
            "removed": done.removed,
            "members": done.members,
            "warnings": warnings,
        }
        return answer, [
            audience_line(done, dry_run=dry_run),
            *(f"Warning: {warning}" for warning in warnings),
        ]
    assert file.journey is not None
    applied = await apply_journey(connection, file.journey, at, actor=actor())
    order = Order(applied.key, "publish", applied.version_no, actor=actor(), dry_run=True)
    try:
        result = await execute(connection, order, at)
    except ParcoursError as error:
        return _draft(applied), [_draft_line(applied, dry_run=dry_run), f"It cannot be published: {error}"]
    said: list[str | PublishPlan] = [_draft_line(applied, dry_run=dry_run), _publish_line(result, file)]
    if applied.version_no == 1:
        return _draft(applied), said
    plan = await publish_plan(connection, replace(order, options={"people": "move"}), at)
    return _draft(applied) | {"plan": plan.as_dict()}, [*said, plan] if dry_run else said


def _draft(applied: Applied) -> dict[str, Any]:
    return {"journey": applied.key, "version": applied.version_no, "replaced": applied.replaced}


def _draft_line(applied: Applied, *, dry_run: bool) -> str:
    done = "would be replaced" if dry_run else "is replaced"
    made = "would be made" if dry_run else "is made"
    return f"{applied.key}: draft {applied.version_no} {done if applied.replaced else made}."


def _publish_line(result: CommandResult, file: LoadedFile) -> str:
    if result.refused == "second_person_needed":
        return "It can be published, by two people: parcours journey publish asks, and somebody else does it."
    if result.refused is not None:
        return f"It cannot be published yet: {result.message} ({result.refused})"
    left = ("no_sender", "no_reply_address")  # to the senders, which the file alone does not know
    if has_errors([one for one in file_problems(file) if one.code not in left]):
        return "It should not be published before its errors are corrected."
    return f"`parcours journey publish {result.journey}` makes it live."
