"""Commands on the journeys of a server (`--server`): given by its API, printed as local ones are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from parcours.cli.journey_output import show_done, show_people
from parcours.cli.output import say, show, show_error, show_json, show_problems
from parcours.cli.remote_audiences import applied_there
from parcours.cli.remote_forms import done_of, people_of, problem_of, scheduled_of
from parcours.cli.scheduling import show_scheduled
from parcours.client import Client, ServerError
from parcours.client.forms import Draft
from parcours.domain.checks import unique
from parcours.domain.problems import has_errors
from parcours.service.audiences.from_files import AppliedAudience
from parcours.service.commands.answering import Order
from parcours.service.commands.people import PeopleOrder
from parcours.service.editing.checking import file_problems
from parcours.service.editing.files import LoadedFile

__all__ = ["audience_line", "change_people", "give", "save_file"]

NO_ANSWER = (0, 401, 403)  # of which the next journey would hear the same
# Found by the server because the files beside a definition come only when it is saved; here they were looked for.
BESIDE = ("template_missing", "attachment_missing")


def give(
    client: Client, keys: Sequence[str], order: Order, *, at: str | None, no_wait: bool, as_json: bool
) -> None:
    """Give a command to each journey; status 1 where one was refused."""
    answers: list[dict[str, Any]] = []
    failed = False
    for key in dict.fromkeys(keys):
        try:
            wire: Any = client.command(
                key, order.command, order.options, version=order.version_no, reason=order.reason,
                dry_run=order.dry_run, at=at, wait=not no_wait,
            )  # fmt: skip
        except ServerError as error:
            if error.result is None:
                if error.status in NO_ANSWER:
                    raise
                show_error(error)
                failed = True
                continue
            wire = error.result
        if at is not None:
            later = scheduled_of(wire, order.version_no, dry_run=order.dry_run)
            answers.append(later.as_dict())
            if not as_json:
                show_scheduled(later)
            continue
        done = done_of(wire, goes_on=order.options.get("inside", "freeze") != "freeze")
        failed = failed or done.result.refused is not None
        answers.append(done.as_dict())
        if not as_json:
            show_done(done)
    if as_json:
        show_json(answers)
    if failed:
        raise typer.Exit(1)


def change_people(client: Client, order: PeopleOrder, *, as_json: bool) -> None:
    """Add or remove people; status 1 where that was refused."""
    try:
        if order.change == "add_people":
            wire: Any = client.add_people(
                order.journey, order.user_ids, reason=order.reason, dry_run=order.dry_run
            )
        else:
            wire = client.remove_people(
                order.journey, order.user_ids, version=order.version_no, reason=order.reason, dry_run=order.dry_run
            )  # fmt: skip
    except ServerError as error:
        if error.result is None:
            raise
        wire = error.result
    changed = people_of(wire)
    show_people(changed, as_json=as_json)
    if changed.result.refused is not None:
        raise typer.Exit(1)


def save_file(client: Client, file: LoadedFile, *, dry_run: bool, quiet: bool) -> dict[str, Any]:
    """Save a journey file as the draft of its journey; return what was done. An audience becomes what its file says."""
    problems = file_problems(file)
    answer: dict[str, Any] = {
        "file": str(file.path), "problems": [one.as_dict() for one in problems], "saved": False, "dry_run": dry_run
    }  # fmt: skip
    said: list[str] = []
    if file.audience is not None and not has_errors(problems):
        saved, said = _save_audience(client, file, dry_run=dry_run)
        answer |= {"saved": True, **saved}
    elif file.journey is None or has_errors(list(file.problems)):
        said = [f"{file.path} is not saved: it holds what cannot be read."]
    elif dry_run:
        found = client.check(dict(file.document))  # type: ignore[call-overload]
        around = [problem_of(one) for one in found["problems"] if one["code"] not in BESIDE]
        problems = unique([*file.problems, *around])
        answer |= {"saved": True, "journey": file.journey.key}
        said = [f"{file.journey.key}: the draft would be saved."]
    else:
        files = {
            **{name: text.encode() for name, text in file.journey.templates.items()}, **file.journey.attachments
        }  # fmt: skip
        document: Any = file.document
        draft, wrong = client.apply(document, files=files)
        problems = unique([*file.problems, *(problem_of(one) for one in wrong)])
        answer |= {"saved": True, "journey": draft["journey"], "version": draft["version"]}
        said = [f"{draft['journey']}: draft {draft['version']} is saved.", _publishable(client, draft)]
    answer["problems"] = [one.as_dict() for one in problems]
    if not quiet:
        if problems:
            show_problems(str(file.path), problems)
        for line in said:
            if answer["saved"]:
                show(line)
            else:
                say(line, style="red")
    return answer


def _save_audience(client: Client, file: LoadedFile, *, dry_run: bool) -> tuple[dict[str, Any], list[str]]:
    document: Any = file.document
    done, warnings = applied_there(client, document, dry_run=dry_run)
    saved = {
        "audience": done.key, "added": done.added, "removed": done.removed, "members": done.members,
        "warnings": warnings,
    }  # fmt: skip
    return saved, [audience_line(done, dry_run=dry_run), *(f"Warning: {warning}" for warning in warnings)]


def audience_line(done: AppliedAudience, *, dry_run: bool) -> str:
    """Say what an audience became, or would become."""
    if done.members is None:
        would = "would be" if dry_run else "is"
        return f"audience {done.key} {would} saved; journeys published from now on go by its condition."
    would = "would have" if dry_run else "has"
    return f"audience {done.key} {would} {done.members} members: {done.added} added, {done.removed} removed."


def _publishable(client: Client, draft: Draft) -> str:
    """Say how the draft becomes live, or what stands in the way."""
    plan = client.plan(draft["journey"])
    if plan["refused"] is not None:
        return f"It cannot be published yet: {plan['message'].rstrip('.')} ({plan['refused']})"
    return f"`parcours journey publish {draft['journey']}` makes it live."
