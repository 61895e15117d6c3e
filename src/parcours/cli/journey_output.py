"""How answers about journeys are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from parcours.cli.alerts import show_alerts
from parcours.cli.journey_preview import show_preview
from parcours.cli.output import say, show, show_error, show_json, show_problems, show_table
from parcours.cli.plan_output import show_plan
from parcours.domain.errors import ParcoursError
from parcours.domain.records import CommandResult
from parcours.domain.timing import format_instant
from parcours.service.commands.affected import EFFECTS_COUNTED
from parcours.service.commands.holding import Held
from parcours.service.commands.people import PeopleChanged
from parcours.service.commands.preview import Preview
from parcours.service.commands.publish_plan import PublishPlan
from parcours.service.watch.ledger import Ledger
from parcours.service.watch.overview import Overview
from parcours.service.watch.standing import ADDED
from parcours.service.watch.upcoming import Upcoming

__all__ = ["Done", "show_deleted", "show_done", "show_held", "show_journeys", "show_people", "show_report"]

EFFECTS: Final = {
    "publish": "triggers are on from now",
    "pause": "nobody goes on, and no message leaves",
    "resume": "people go on",
    "close": "nobody enters any more; people inside go on to the end",
    "stop": "everybody inside is cancelled, and no message leaves any more",
    "restart": "triggers are on from now; who was cancelled stays so",
}
MAKES: Final = {
    "new_version": "`parcours apply FILE` replaces it, `parcours journey publish` starts it.",
    "edit": "`parcours apply FILE` replaces it, `parcours journey publish` starts it.",
    "duplicate": "`parcours journey publish` starts it.",
}
SAID: Final = {"backfill": "suggested by what they did before"}
MOVED: Final = ("transferred_in", "transferred_out")
SHOWN_NAMES: Final = 20


def status_text(status: str | None, *, entry_open: bool | None, settling: bool = False) -> str:
    """Return a status as people read it."""
    if status is None:
        return "empty"
    shut = status == "paused" and not entry_open
    return status + (", entry shut" if shut else "") + (", settling" if settling else "")


def show_journeys(journeys: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Print the list of journeys."""
    if as_json:
        show_json(list(journeys))
        return
    if not journeys:
        say("There are no journeys yet. `parcours apply FILE` makes one.")
        return
    rows = [
        (
            line["journey"], line["name"], line["version"],
            status_text(line["status"], entry_open=line["entry_open"]), line["since"], line["inside"],
            _notes(line),
        )
        for line in journeys
    ]  # fmt: skip
    show_table(
        ("journey", "name", "version", "status", "since", "inside", ""), rows, numbers=("version", "inside")
    )


def show_report(overview: Overview, *, as_json: bool) -> None:
    """Print everything about one journey."""
    if as_json:
        show_json(overview.as_dict())
        return
    report, ledgers, together = overview.report, overview.ledgers, overview.totals
    books = {ledger.version: ledger for ledger in ledgers}
    journey = report.journey
    show(f"{journey['journey']}  {journey['name']}".rstrip(), style="bold")
    for name in ("description", "folder"):
        if journey[name]:
            show(f"{name}: {journey[name]}")
    if journey["tags"]:
        show(f"tags: {', '.join(journey['tags'])}")
    show(overview.standing)
    show()
    moved = MOVED if any(ledger.transferred_in for ledger in ledgers) else ()
    show_table(
        (
            "version",
            "status",
            "published",
            "entered",
            "active",
            "completed",
            "succeeded",
            "dropped_out",
            "cancelled",
            "success",
            *moved,
        ),
        [_version_row(version, books.get(version["version_no"]), moved) for version in report.versions],
        numbers=(
            "version",
            "entered",
            "active",
            "completed",
            "succeeded",
            "dropped_out",
            "cancelled",
            "success",
            *moved,
        ),
    )
    if len(books) > 1:
        added = ", ".join(f"{name} {together[name]}" for name in ADDED)
        show(f"Altogether: {added}, success rate {_percent(together['success_rate'])}.")
    if together["reasons"]:
        show(f"Dropped out: {', '.join(f'{reason} {n}' for reason, n in together['reasons'].items())}.")
    if report.alerts:
        show()
        show_alerts(report.alerts)
    if overview.upcoming:
        show()
        show_table(("by itself", "version", "what"), map(_coming, overview.upcoming), numbers=("version",))
    newest = next((books[v["version_no"]] for v in report.versions if v["version_no"] in books), None)
    if newest is not None:
        show()
        show(f"Steps of version {newest.version}")
        rows = [(step, count.entered, count.here, count.out) for step, count in newest.steps.items()]
        show_table(("step", "in", "here", "out"), rows, numbers=("in", "here", "out"))
    for one in overview.problems:
        if one.problems:
            show()
            show_problems(f"Problems of version {one.version_no}", one.problems)
    _show_counts(
        "Messages",
        report.messages,
        {"version": "version_no", "step": "step", "state": "state", "reason": "reason", "number": "n"},
        ("version", "number"),
    )
    columns = {name: name for name in ("reason", "people", "times", "last_at")}
    _show_counts("Refused at the entrance", report.refusals, columns, ("people", "times"))


@dataclass(frozen=True, slots=True)
class Done:
    """A command's result, the version whose entry it shuts, and what became of messages under way."""

    result: CommandResult
    shuts: dict[str, Any] | None = None
    settled: dict[str, int] | None = None
    plan: PublishPlan | None = None  # of a publication that was only asked about
    preview: Sequence[Preview] = ()  # of a resume that was only asked about
    goes_on: bool = False  # a pause in which waits and conditions go on

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        plan = self.plan.as_dict() if self.plan is not None else None
        preview = [one.as_dict() for one in self.preview] or None
        more = {"shuts": self.shuts, "settled": self.settled, "plan": plan, "preview": preview}
        return self.result.as_dict() | {name: value for name, value in more.items() if value is not None}


def show_done(done: Done) -> None:
    """Print what a lifecycle command did, would do, or why it was refused."""
    result = done.result
    what = f"{result.journey} version {result.version}"
    if done.plan is not None:
        show_plan(done.plan, refusal=False)
        show()
    if result.refused is not None:
        message = f"{result.command} of version {result.version} is refused: {result.message.rstrip('.')}"
        show_error(ParcoursError(result.refused, message, place=result.journey, hint=result.hint))
        return
    if result.command == "delete":
        _show_delete(done)
        return
    if result.from_status == result.to_status and result.command == "edit":
        show(f"{what} is the draft. {MAKES['edit']}")
        return
    if result.command in MAKES:
        show(f"{what} {'would be' if result.dry_run else 'is'} made, a draft. {MAKES[result.command]}")
        return
    if result.from_status == result.to_status and not result.changed:
        show(f"{what} is {result.to_status} already; nothing to do.")
        return
    if result.from_status == result.to_status == "paused" and result.command == "pause":
        show(f"{what} {'would stay' if result.dry_run else 'stays'} paused, by its new choices from now on.")
        return
    would = "would become" if result.dry_run else "is"
    effect = EFFECTS[result.command]
    if result.command == "resume" and result.from_status == "draft":
        effect = "everybody goes over to it, and on"
    if result.command == "pause" and done.goes_on:
        effect = "people go on to their next message, and no message leaves"
    if result.to_status == "finished":
        effect = "nobody is inside"
    elif result.command == "close" and result.to_status == "paused":
        effect = "its entry is shut, and it stays paused"
    was = f" (was {result.from_status})" if result.from_status else ""
    show(f"{what} {would} {result.to_status}{was}: {effect}.")
    if done.shuts is not None:
        former = done.shuts
        would = "would shut" if result.dry_run else "shuts"
        shown = f"Version {former['version']} ({former['status']}, {former['inside']} inside)"
        show(f"{shown} {would} its entry; people inside it stay there, and go on to the end.")
    counted = ", ".join(f"{name} {n}" for name, n in result.counts.items() if name not in EFFECTS_COUNTED)
    if counted and result.from_status is not None:
        show(f"Before: {counted}.")
    show_effects(result)
    for warning in result.warnings:
        show(f"Warning: {warning}", style="yellow")
    for preview in done.preview:
        show_preview(preview)
    if result.in_flight:
        show(f"{result.in_flight} messages were in a provider's hands{_became(done.settled)}.")


def show_effects(result: CommandResult) -> None:
    """Print what a dry run says would happen to whom."""
    then = [
        f"{SAID.get(name, name.replace('_', ' '))} {n}"
        for name, n in result.counts.items()
        if name in EFFECTS_COUNTED and n
    ]
    if then:
        show(f"Then: {', '.join(then)}.")


def _show_delete(done: Done) -> None:
    result = done.result
    versions = "version" if len(result.changed) == 1 else "versions"
    would = "would be" if result.dry_run else "is"
    show(
        f"{result.journey} {would} deleted, {len(result.changed)} {versions}: hidden at once, and its key is free "
        "where it was the last one; rows are removed behind. Totals: `parcours journey list --deleted`."
    )
    show_effects(result)
    if result.counts.get("inside"):
        show(f"{result.counts['inside']} people inside {'would be' if result.dry_run else 'are'} cancelled.")
    for preview in done.preview:
        show_preview(preview)
    for warning in result.warnings:
        show(f"Warning: {warning}", style="yellow")
    if result.in_flight:
        show(f"{result.in_flight} messages were in a provider's hands{_became(done.settled)}.")


def show_held(held: Held | None) -> None:
    """Say beside the answer that all sending is held."""
    if held is not None:
        say(f"{held} `parcours hold --release` lets them leave.")


def show_deleted(lines: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Print what was deleted."""
    if as_json:
        show_json(list(lines))
        return
    if not lines:
        say("Nothing was deleted yet.")
        return
    rows = []
    for line in lines:
        totals = line["totals"] or {}
        rows.append(
            (
                line["journey"] + ("" if line["whole"] else " (one version)"), line["version_no"], line["status"],
                line["deleted_at"], line["deleted_by"], line["reason"],
                *(totals.get(name) for name in ("entered", "completed", "succeeded", "dropped_out", "cancelled")),
            )
        )  # fmt: skip
    columns = ("entered", "completed", "succeeded", "dropped_out", "cancelled")
    show_table(("journey", "version", "status", "deleted", "by", "reason", *columns), rows,
               numbers=("version", *columns))  # fmt: skip


def show_people(changed: PeopleChanged, *, as_json: bool) -> None:
    """Print what adding or removing people did."""
    result = changed.result
    if as_json:
        show_json(result.as_dict() | {"unknown": list(changed.unknown), "outside": list(changed.outside)})
        return
    if result.refused is not None:
        show_done(Done(result))
        return
    would = "would be " if result.dry_run else ""
    if result.command == "add_people":
        show(f"{result.journey}: {result.counts['added']} {would}suggested.")
        if result.counts["added"] and not result.dry_run:
            say(f"The entrance rules decide; `parcours why USER_ID {result.journey}` tells what came of it.")
    else:
        show(f"{result.journey}: {result.counts['removed']} {would}taken out.")
    for names, words in ((changed.outside, "not inside"), (changed.unknown, "unknown")):
        if names:
            more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
            show(f"{words}: {', '.join(names[:SHOWN_NAMES])}{more}")


def _show_counts(
    title: str, rows: Sequence[dict[str, Any]], columns: dict[str, str], numbers: Sequence[str]
) -> None:
    if rows:
        show()
        show(title)
        show_table(list(columns), [[row[name] for name in columns.values()] for row in rows], numbers=numbers)


def _version_row(version: dict[str, Any], ledger: Ledger | None, moved: Sequence[str]) -> tuple[Any, ...]:
    status = status_text(version["status"], entry_open=version["entry_open"], settling=version["settling"])
    if ledger is None:
        return (version["version_no"], status, version["published_at"])
    if ledger.settling:
        status += f" ({ledger.settling} to write down)"
    counts = (ledger.entered, ledger.active, ledger.completed, ledger.succeeded, ledger.dropped_out)
    return (
        version["version_no"],
        status,
        version["published_at"],
        *counts,
        ledger.cancelled,
        _percent(ledger.success_rate),
        *(getattr(ledger, n) for n in moved),
    )


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.1%}"


def _coming(one: Upcoming) -> tuple[Any, ...]:
    number = "" if one.scheduled_id is None else f" (`parcours journey unschedule {one.scheduled_id}`)"
    at = "when it comes to it" if one.at is None else format_instant(one.at)
    return (at, "all" if one.version is None else one.version, one.said + number)


def _notes(line: dict[str, Any]) -> str:
    notes = []
    if line["draft"] is not None and line["draft"] != line["version"]:
        notes.append(f"draft {line['draft']}")
    if line["inside_older"]:
        notes.append(f"{line['inside_older']} still inside older versions")
    notes += [f"ALERT {kind}" for kind in dict.fromkeys(line["alerts"])]
    return ", ".join(notes)


def _became(settled: dict[str, int] | None) -> str:
    if settled is None:
        return ""
    parts = [f"{n} {state}" for state, n in settled.items() if n]
    return f": {', '.join(parts)}" if parts else ": none of them left"
