"""What a server answers, as the values that local commands print: the wire form of both is the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parcours.cli.journey_output import Done
from parcours.client.forms import AuditLine, Journey
from parcours.domain.difference import Change
from parcours.domain.problems import Problem
from parcours.domain.records import CommandResult
from parcours.domain.timing import format_instant, parse_instant
from parcours.service.commands.people import PeopleChanged
from parcours.service.commands.preview import Preview
from parcours.service.commands.publish_plan import PublishPlan, StepPlan
from parcours.service.commands.scheduling import Scheduled
from parcours.service.editing.definitions import VersionProblems
from parcours.service.watch.ledger import Ledger, Mismatch, StepCount
from parcours.service.watch.overview import Overview
from parcours.service.watch.reports import JourneyReport
from parcours.service.watch.upcoming import Upcoming

__all__ = [
    "audit_line",
    "done_of",
    "journey_line",
    "ledger_of",
    "overview_of",
    "people_of",
    "problem_of",
    "result_of",
    "scheduled_of",
    "version_problems_of",
]

JOURNEY = ("journey", "name", "description", "folder", "tags")
RESULT = (
    "journey", "version", "command", "from_status", "to_status", "counts", "refused", "message", "hint", "in_flight",
    "dry_run",
)  # fmt: skip


def result_of(wire: Mapping[str, Any]) -> CommandResult:
    """Return the result of a command; of the versions acted on only their number is known here."""
    given = {name: wire[name] for name in RESULT if name in wire}
    changed = tuple(range(wire.get("changed", 0)))
    return CommandResult(**given, changed=changed, warnings=tuple(wire.get("warnings", ())))


def done_of(wire: Mapping[str, Any], *, goes_on: bool = False) -> Done:
    """Return what a command did."""
    plan, preview = wire.get("plan"), wire.get("preview") or ()
    return Done(
        result_of(wire), wire.get("shuts"), wire.get("settled"), None if plan is None else _plan(plan),
        [Preview(**one) for one in preview], goes_on,
    )  # fmt: skip


def scheduled_of(wire: Mapping[str, Any], version: int | None, *, dry_run: bool) -> Scheduled:
    """Return a command that is kept for later; `version` is the one that was asked for."""
    at = parse_instant(wire["at"])
    assert at is not None
    return Scheduled(
        wire["scheduled_id"], wire["journey"], version, wire["command"], at, result_of(wire), dry_run
    )


def people_of(wire: Mapping[str, Any]) -> PeopleChanged:
    """Return what was done with people."""
    return PeopleChanged(result_of(wire), tuple(wire["unknown"]), tuple(wire["outside"]))


def journey_line(wire: Journey) -> dict[str, Any]:
    """Return the line of a journey as `parcours journey list` has it."""
    names = (
        "journey",
        "name",
        "folder",
        "tags",
        "version",
        "status",
        "entry_open",
        "since",
        "draft",
        "inside",
    )
    found = {name: wire[name] for name in names}  # type: ignore[literal-required]
    return found | {
        "inside_older": sum(one["inside"] for one in wire["older_inside"]), "alerts": wire["alerts"]
    }  # fmt: skip


def overview_of(wire: Mapping[str, Any]) -> Overview:
    """Return everything about a journey."""
    report = JourneyReport(
        {name: wire[name] for name in JOURNEY}, wire["versions"], wire["messages"], wire["refusals"], wire["alerts"]
    )  # fmt: skip
    return Overview(
        report,
        [ledger_of(one) for one in wire["ledgers"]],
        [Upcoming(**{**one, "at": None if one["at"] is None else parse_instant(one["at"])}) for one in wire["upcoming"]],
        [version_problems_of(one) for one in wire["problems"]],
        wire["standing"],
        wire["totals"],
    )  # fmt: skip


def ledger_of(wire: Mapping[str, Any]) -> Ledger:
    """Return the ledger of a version."""
    given = {name: wire[name] for name in Ledger.__slots__ if name not in ("steps", "mismatches")}
    steps = {name: StepCount(n["in"], n["here"], n["out"]) for name, n in wire["steps"].items()}
    return Ledger(**given, steps=steps, mismatches=tuple(Mismatch(**one) for one in wire["mismatches"]))


def version_problems_of(wire: Mapping[str, Any]) -> VersionProblems:
    """Return what is wrong with a version."""
    return VersionProblems(
        wire["version"], wire["status"], tuple(problem_of(one) for one in wire["problems"])
    )


def problem_of(wire: Mapping[str, Any]) -> Problem:
    """Return one thing wrong."""
    return Problem(**wire)


def audit_line(wire: AuditLine) -> dict[str, Any]:
    """Return a line of the audit as `parcours audit` has it."""
    line: dict[str, Any] = dict(wire)
    del line["said"]
    at = parse_instant(line["at"])
    assert at is not None
    names = {"audit_id": line.pop("id"), "at": format_instant(at), "actor": line["actor"]}
    return names | {"journey_key": line.pop("key"), "version_no": line.pop("version"), **line, **names}


def _plan(wire: Mapping[str, Any]) -> PublishPlan:
    return PublishPlan(
        **{
            **wire,
            "changes": [Change(**one) for one in wire["changes"]],
            "steps": [StepPlan(**one) for one in wire["steps"]],
            "problems": [problem_of(one) for one in wire["problems"]],
        }
    )
