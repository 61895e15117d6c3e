"""The reports of a journey: totals, steps, branches, days, reasons and messages, of one version or of all together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from parcours.domain.errors import ParcoursError
from parcours.domain.graph import ways
from parcours.domain.journey import Experiment, Journey, Jump, Split, Step, WaitFor
from parcours.domain.parse import parse_journey
from parcours.service.browsing.paging import Row, find_journey_id, limit_time, rows_of
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = [
    "Edges",
    "Scope",
    "branches",
    "days",
    "message_days",
    "message_totals",
    "read_scope",
    "report",
    "walked",
]

KINDS: Final = (
    "entered", "transferred_in", "transferred_out", "completed", "succeeded", "dropped_out", "cancelled", "reason",
    "in", "out",
)  # fmt: skip
LEFT: Final = ("completed", "succeeded", "dropped_out", "cancelled")

Edges = Counter[tuple[int, str, str]]  # (version_id, from, to); to `~REASON` where they dropped out


@dataclass(frozen=True, slots=True)
class Scope:
    """Which versions a report is about: published ones, oldest first, with their definitions read."""

    key: str
    journey_id: int
    zone: str
    versions: Sequence[Row]
    journeys: Mapping[int, Journey | None]

    @property
    def ids(self) -> list[int]:
        """The ids of the versions."""
        return [version["version_id"] for version in self.versions]

    @property
    def steps(self) -> dict[str, Step]:
        """Every step of these versions, as the newest that has it says, in the order of the newest file."""
        found: dict[str, Step] = {}
        for version in reversed(self.versions):
            journey = self.journeys[version["version_id"]]
            for name, step in (journey.steps if journey else {}).items():
                found.setdefault(name, step)
        return found


async def read_scope(connection: Connection, key: str, version_no: int | None = None) -> Scope:
    """Return what a report is about. Raises ParcoursError `unknown_journey`, `unknown_version`."""
    journey_id = await find_journey_id(connection, key)
    versions = await rows_of(connection, "report_scope", {"j": journey_id})
    zone = versions[-1]["definition"].get("timezone") if versions else None
    chosen = [row for row in versions if row["status"] != "draft"]
    if version_no is not None:
        chosen = [row for row in versions if row["version_no"] == version_no]
        if not chosen:
            raise ParcoursError(
                "unknown_version", f"journey {key} has no version {version_no}",
                hint=f"It has {', '.join(str(row['version_no']) for row in versions)}.",
            )  # fmt: skip
        zone = chosen[0]["definition"].get("timezone")
    known = await (await connection.execute(query("known_zone"), {"zone": str(zone)})).fetchone()
    journeys = {row["version_id"]: parse_journey(row["definition"])[0] for row in chosen}
    return Scope(key, journey_id, known[0] if known and known[0] else "UTC", chosen, journeys)


async def report(connection: Connection, scope: Scope) -> Row:
    """Return totals, drop-outs by reason, and each step with who came, is there and went on: all from counters."""
    per_version = await _counted(connection, scope)
    together: Counter[tuple[str, str]] = Counter()
    for counted in per_version.values():
        together.update(counted)
    steps = scope.steps
    others = sorted({name for kind, name in together if kind == "in"} - {"entry", *steps})
    return {
        "journey": scope.key,
        "timezone": scope.zone,
        "totals": _totals(together),
        "versions": [
            {"version": row["version_no"], "status": row["status"], **_totals(per_version[row["version_id"]])}
            for row in scope.versions
        ],
        "reasons": {name: n for (kind, name), n in sorted(together.items()) if kind == "reason"},
        "steps": [
            {
                "step": name, "kind": kind_of(steps.get(name)), "label": getattr(steps.get(name), "label", "") or "",
                "in": together["in", name], "here": together["in", name] - together["out", name],
                "out": together["out", name],
            }
            for name in ("entry", *steps, *others)
        ],
    }  # fmt: skip


async def days(
    connection: Connection, scope: Scope, since: datetime | None = None, until: datetime | None = None
) -> list[Row]:
    """Return for each day of the journey's time zone who entered and who left how; days without anything are left out."""
    await limit_time(connection)
    found: dict[Any, Row] = defaultdict(
        lambda: {"entered": 0, **dict.fromkeys(LEFT, 0), "reasons": Counter()}
    )
    given = {
        "j": scope.journey_id, "versions": scope.ids, "zone": scope.zone, "since": since, "until": until
    }  # fmt: skip
    for row in await rows_of(connection, "report_days", given):
        day = found[row["day"]]
        day[row["kind"]] += row["n"]
        if row["kind"] == "dropped_out":
            day["reasons"][row["reason"]] += row["n"]
    inside = 0
    answer = []
    for day, counts in sorted(found.items()):
        inside += counts["entered"] - sum(counts[name] for name in LEFT)
        # Only a report from the beginning knows who was inside.
        more = {
            "inside": inside if since is None else None,
            "reasons": dict(sorted(counts["reasons"].items())),
        }
        answer.append({"day": day.isoformat(), **counts, **more})
    return answer


async def message_totals(connection: Connection, scope: Scope) -> list[Row]:
    """Return the messages by step and outcome, with the reasons of those that were not sent."""
    found: dict[tuple[str, str], Row] = {}
    for row in await _messages(connection, scope, None, None):
        one = found.setdefault(
            (row["step"], row["channel"]),
            {"step": row["step"], "channel": row["channel"], **dict.fromkeys(OUTCOMES, 0), "reasons": Counter()},
        )  # fmt: skip
        one[row["state"]] += row["n"]
        if row["reason"]:
            one["reasons"][row["reason"]] += row["n"]
    order = {step: number for number, step in enumerate(scope.steps)}
    answer = sorted(found.values(), key=lambda one: (order.get(one["step"], len(order)), one["step"]))
    return [{**one, "reasons": dict(sorted(one["reasons"].items()))} for one in answer]


OUTCOMES: Final = ("queued", "claimed", "sent", "skipped", "rejected", "cancelled", "uncertain")


async def message_days(
    connection: Connection, scope: Scope, since: datetime | None = None, until: datetime | None = None
) -> list[Row]:
    """Return the messages by day, step and outcome."""
    found: dict[tuple[Any, str], Row] = {}
    for row in await _messages(connection, scope, since, until):
        one = found.setdefault(
            (row["day"], row["step"]),
            {"day": row["day"].isoformat(), "step": row["step"], **dict.fromkeys(OUTCOMES, 0)},
        )
        one[row["state"]] += row["n"]
    return [found[key] for key in sorted(found)]


async def walked(
    connection: Connection, journey_id: int, since: Mapping[int, int]
) -> tuple[Edges, dict[int, int]]:
    """Return how often people went from step to step, or out, since a batch of each bucket, and the latest batches."""
    edges: Edges = Counter()
    latest = dict(since)
    for (bucket,) in await (await connection.execute(query("journey_buckets"))).fetchall():
        given = {"b": bucket, "j": journey_id, "batch": since.get(bucket, -1)}
        for row in await rows_of(connection, "walked_edges", given):
            edges[row["version_id"], row["from_step"], row["to_step"]] += row["n"]
            latest[bucket] = max(latest.get(bucket, -1), row["batch"])
    return edges, latest


def branches(scope: Scope, edges: Edges) -> list[Row]:
    """Return every branch of steps that part people, with how many took it; `to` None: they drop out by it.

    Two branches that lead to the same step, or out with the same reason, are counted together: `shared`. Where people
    also leave a wait by an exit rule it is not known how many left by its event: `taken` None.
    """
    wanted = set(scope.ids)
    together: Counter[tuple[str, str]] = Counter()
    for (version_id, source, target), n in edges.items():
        if version_id in wanted:
            together[source, target] += n
    has_exits = any(journey is not None and journey.exits for journey in scope.journeys.values())
    answer = []
    for name, step in scope.steps.items():
        if not isinstance(step, Split | Experiment | WaitFor):
            continue
        found = ways(step)
        names = _branch_names(step)
        goals = [
            way.target.step if isinstance(way.target, Jump) else f"~{reason}"
            for way, reason in zip(found, _out_reasons(step), strict=True)
        ]
        unknown = {"~exit_rule"} if isinstance(step, WaitFor) and has_exits else set()
        taken = sum(together[name, goal] for goal in {*goals} - unknown)
        for number, (label, goal) in enumerate(zip(names, goals, strict=True)):
            went = None if goal in unknown else together[name, goal]
            answer.append({
                "step": name, "branch": number, "label": label, "to": None if goal[0] == "~" else goal, "taken": went,
                "share": went / taken if went is not None and taken else None, "shared": goals.count(goal) > 1,
                "reason": goal[1:] if goal[0] == "~" else None,
            })  # fmt: skip
    return answer


def _out_reasons(step: Split | Experiment | WaitFor) -> list[str]:
    """The reason with which people drop out by each branch, where it leads out (P29)."""
    match step:
        case Experiment():
            return ["exit_rule"] * len(step.shares)
        case Split():
            return [*("exit_rule" for _ in step.branches), "split_else"]
        case WaitFor():
            return [*("exit_rule" for _ in step.events), *(["wait_timeout"] if step.timeout else [])]


def kind_of(step: Step | None) -> str | None:
    """Return the kind of a step as files name it."""
    if step is None:
        return None
    name = type(step).__name__
    return {"WaitFor": "wait_for", "UpdateProfile": "update_profile"}.get(name, name.lower())


def _branch_names(step: Split | Experiment | WaitFor) -> list[str]:
    match step:
        case Experiment():
            return [arm.name for arm in step.shares]
        case Split():
            return [*(f"when {number}" for number, _ in enumerate(step.branches, 1)), "else"]
        case WaitFor():
            return [*(awaited.event for awaited in step.events), *(["timeout"] if step.timeout else [])]


def _totals(counted: Mapping[tuple[str, str], int]) -> Row:
    def of(kind: str) -> int:
        return counted.get((kind, ""), 0)

    inside = of("entered") + of("transferred_in") - of("transferred_out") - sum(of(name) for name in LEFT)
    return {
        "entered": of("entered"), "inside": inside, **{name: of(name) for name in LEFT},
        "transferred_in": of("transferred_in"), "transferred_out": of("transferred_out"),
        "success_rate": of("succeeded") / of("entered") if of("entered") else None,
    }  # fmt: skip


async def _counted(connection: Connection, scope: Scope) -> dict[int, Counter[tuple[str, str]]]:
    """Return what was counted of each version; people of a stopped one are cancelled since its stop."""
    found: dict[int, Counter[tuple[str, str]]] = {version: Counter() for version in scope.ids}
    given = {"versions": scope.ids, "kinds": list(KINDS)}
    cursor = await connection.execute(query("browse_counters"), given)
    for version_id, kind, name, n in await cursor.fetchall():
        found[version_id][kind, name] += int(n)
    for row in scope.versions:
        if row["status"] == "stopped":
            _sweep(found[row["version_id"]])
    return found


def _sweep(counted: Counter[tuple[str, str]]) -> None:
    unswept = _totals(counted)["inside"]
    counted["cancelled", ""] += unswept
    for name in [name for kind, name in counted if kind == "in"]:
        counted["out", name] = counted["in", name]


async def _messages(
    connection: Connection, scope: Scope, since: datetime | None, until: datetime | None
) -> Iterable[Row]:
    await limit_time(connection)
    given = {
        "j": scope.journey_id, "versions": scope.ids, "zone": scope.zone, "since": since, "until": until
    }  # fmt: skip
    stopped = {row["version_id"] for row in scope.versions if row["status"] == "stopped"}
    rows = await rows_of(connection, "report_message_days", given)
    for row in rows:
        if row["state"] == "queued" and row["version_id"] in stopped:
            row["state"], row["reason"] = "cancelled", "stop"
    return rows
