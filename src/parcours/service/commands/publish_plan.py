"""The publish plan: what publishing a draft would change, for whom, and what must be answered first.

One value for the command line, the API and the drawing: the difference in words, and for each step how many people
stand there and what becomes of them. It changes nothing and takes no lock on people: counts are of the instant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from parcours.compiler.render import compile_matching
from parcours.domain.difference import Change, difference
from parcours.domain.errors import ParcoursError
from parcours.domain.journey import DropOut, Email, Journey, Step, Webhook
from parcours.domain.problems import Problem
from parcours.service.audiences.conditions import audience_conditions
from parcours.service.commands.answering import Order
from parcours.service.commands.moving import Move, changes_too, definition_of, moves_people, plan_move
from parcours.service.commands.preview import HOURS, coming, deadlines
from parcours.service.commands.versions import Family, VersionRow, lock_family
from parcours.service.editing.checking import check_version
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["PublishPlan", "StepPlan", "plan_of", "publish_plan"]

People: TypeAlias = Literal["stay", "move"]
ASKED_MOST: Final = 100_000  # people inside up to which it is asked who meets the new goal and exit rules
RULES: Final = ("goal", "exit", "entry.exclude")


@dataclass(frozen=True, slots=True)
class StepPlan:
    """Those who stand at one step (`entry`: the queue), over all versions that would be left, or that people stay in.

    `goes_on`: released at once, with their message where the step sends one; `keeps_timer`: due later, as stamped, or
    when messages may leave; `waits`: for an event, or the outcome of a message; `messages`: queued ones of this step.
    `answer`: the step to which all go, or `drop_out`; `needs_answer` where there is none yet. Of people who stay it is
    told as if nothing were paused.
    """

    step: str
    here: int
    goes_on: int = 0
    keeps_timer: int = 0
    waits: int = 0
    messages: int = 0
    answer: str | None = None
    needs_answer: bool = False
    kind_changed: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class PublishPlan:
    """What publishing would do. `refused` is the code with which it would be refused now, and `hint` the way out.

    `versions` are those that people stay in, or are taken from; `matching` counts who meets a new rule now, by reason,
    None where that was not counted. `later`: people who are moved and keep their deadline, and messages, by step and
    hour in which they become due, of the first `hours`.
    """

    journey: str
    version: int
    people: People
    versions: Sequence[Mapping[str, Any]] = ()
    changes: Sequence[Change] = ()
    steps: Sequence[StepPlan] = ()
    inside: int = 0
    queued: int = 0
    messages: int = 0
    messages_cancelled: int = 0
    in_flight: int = 0
    kept: int = 0
    matching: Mapping[str, int] | None = None
    hours: int = HOURS
    later: Sequence[Mapping[str, Any]] = ()
    problems: Sequence[Problem] = ()
    refused: str | None = None
    message: str = ""
    hint: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def unanswered(self) -> list[StepPlan]:
        """The steps whose people need an answer."""
        return [step for step in self.steps if step.needs_answer]

    def as_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        wire = {name: getattr(self, name) for name in self.__slots__}
        return wire | {
            "versions": [dict(version) for version in self.versions],
            "changes": [change.as_dict() for change in self.changes],
            "steps": [step.as_dict() for step in self.steps],
            "later": [dict(row) for row in self.later],
            "problems": [problem.as_dict() for problem in self.problems],
            "matching": None if self.matching is None else dict(self.matching),
            "answers": dict(self.answers),
        }


async def publish_plan(connection: Connection, order: Order, at: datetime) -> PublishPlan:
    """Return what `order`, a publication of the draft, would do now.

    Raises ParcoursError `unknown_journey`, `no_draft`, `bad_option`, `unknown_answer`.
    """
    family = await lock_family(connection, order.journey)
    people: People = "move" if moves_people(order.options) else "stay"
    draft = family.draft
    if draft is None:
        raise ParcoursError(
            "no_draft", f"journey {order.journey} has no draft, so there is nothing to publish", place=order.journey,
            hint="`parcours apply FILE` makes one.",
        )  # fmt: skip
    checked = await check_version(connection, draft, at)
    after = checked.journey
    if after is None:
        return PublishPlan(
            order.journey, draft.version_no, people, problems=checked.problems, refused="invalid"
        )
    move = await plan_move(family, after, order.options.get("answers"))
    return await _Reader(family, draft, after, move, people, at).read(checked.problems)


async def plan_of(connection: Connection, order: Order, at: datetime) -> PublishPlan | None:
    """Return the publish plan of a publication or of a resume with changes; None for any other command."""
    if order.command == "resume" and changes_too(order.options):
        answers = order.options.get("answers")
        options = {"people": "move"} if answers is None else {"people": "move", "answers": answers}
        order = replace(order, command="publish", version_no=None, options=options)
    if order.command != "publish":
        return None
    family = await lock_family(connection, order.journey)
    if family.draft is None or order.version_no not in (None, family.draft.version_no):
        return None
    return await publish_plan(connection, order, at)


@dataclass(frozen=True, slots=True)
class _Reader:
    family: Family
    draft: VersionRow
    after: Journey
    move: Move
    people: People
    at: datetime

    async def read(self, problems: Sequence[Problem]) -> PublishPlan:
        given = {
            "j": self.family.journey_id,
            "versions": [v.version_id for v in self.move.sources],
            "at": self.at,
        }
        standing = [
            (source.version_id, *row)
            for source in self.move.sources
            for row in await self.rows(
                "plan_standing", {**given, **deadlines(source, self.at), "v": source.version_id}
            )
        ]
        queued = {step: (number, later) for step, number, later in await self.rows("plan_messages", given)}
        [(in_flight, kept)] = await self.rows("plan_held", given)
        inside: Counter[int] = Counter()
        for version_id, _, here, *_ in standing:
            inside[version_id] += here
        moves = self.people == "move"
        steps = self.steps(standing, queued)
        changes = self.changes()
        blocked = self.move.refusal(self.after) if moves else None
        errors = [problem for problem in problems if problem.severity == "error"]
        refused = "invalid" if errors else blocked.code if blocked else None
        gone = [step for step in steps if moves and step.step in self.move.needs.removed]
        return PublishPlan(
            self.family.key, self.draft.version_no, self.people,
            versions=[
                {"version": v.version_no, "status": v.status, "inside": inside[v.version_id]} for v in self.move.sources
            ],
            changes=changes, steps=steps, inside=sum(inside.values()),
            queued=sum(here for _, step, here, *_ in standing if step is None),
            messages=sum(number for number, _ in queued.values()),
            messages_cancelled=sum(step.messages for step in gone), in_flight=in_flight, kept=kept,
            matching=await self.matching(changes, sum(inside.values())) if moves and not errors else None,
            later=await self.later() if moves else [], problems=problems, refused=refused,
            message=errors[0].message if errors else blocked.message if blocked else "",
            hint=errors[0].hint if errors else blocked.hint if blocked else "",
            answers={step: "drop_out" if isinstance(t, DropOut) else t.step for step, t in self.move.answers.items()},
        )  # fmt: skip

    def changes(self) -> list[Change]:
        """What differs from the newest version published before; nothing to compare with at the first one."""
        if not self.family.published:
            return []
        former = self.family.published[-1]
        before = self.move.definitions.get(former.version_id) or definition_of(former)
        return difference(before, self.after)

    async def later(self) -> list[dict[str, Any]]:
        """Who keeps a deadline and becomes due in the next hours; nobody of a step that is gone does."""
        found: Counter[tuple[int, str]] = Counter()
        messages: Counter[tuple[int, str]] = Counter()
        for source in self.move.sources:
            for row in await coming(self.family.connection, self.family.journey_id, source, self.at):
                if row["step"] in self.after.steps and row["step"] not in self.move.needs.kind_changed:
                    found[row["hour"], row["step"]] += row["people"]
                    messages[row["hour"], row["step"]] += row["messages"]
        return [
            {"step": step, "hour": hour, "people": people, "messages": messages[hour, step]}
            for (hour, step), people in sorted(found.items())
        ]

    def steps(
        self, standing: Sequence[tuple[Any, ...]], queued: Mapping[str, tuple[int, int]]
    ) -> list[StepPlan]:
        found: dict[str | None, Counter[str]] = {}
        for _, step, here, due, timed in standing:
            at_step = found.setdefault(step, Counter())
            at_step.update(here=here, due=due, timed=timed)
        order = [None, *dict.fromkeys(s for d in self.move.definitions.values() for s in d.steps)]
        return [self.step(step, found[step], queued) for step in order if step in found]

    def step(
        self, step: str | None, counts: Mapping[str, int], queued: Mapping[str, tuple[int, int]]
    ) -> StepPlan:
        here = counts["here"]
        messages, later = queued.get(step or "", (0, 0))
        if step is None:
            return StepPlan("entry", here, goes_on=here)
        moves = self.people == "move"
        if moves and step in self.move.needs.removed:
            answer = self.move.answers.get(step)
            to = None if answer is None else "drop_out" if isinstance(answer, DropOut) else answer.step
            return StepPlan(step, here, messages=messages, answer=to, needs_answer=to is None)
        if moves and step in self.move.needs.kind_changed:
            return StepPlan(step, here, messages=messages, kind_changed=True)
        if isinstance(self.said(step), Email | Webhook):
            return StepPlan(
                step, here, goes_on=max(0, min(here, messages - later)), keeps_timer=min(here, later),
                waits=max(0, here - messages), messages=messages,
            )  # fmt: skip
        due, timed = counts["due"], counts["timed"]
        return StepPlan(
            step, here, goes_on=due, keeps_timer=timed, waits=here - due - timed, messages=messages
        )

    def said(self, step: str) -> Step:
        """Return what people at a step go by from now on; of those who stay what the newest version says of it."""
        if self.people == "move":
            return self.after.steps[step]
        return next(d.steps[step] for d in reversed(list(self.move.definitions.values())) if step in d.steps)

    async def matching(self, changes: Sequence[Change], inside: int) -> Mapping[str, int] | None:
        """Count who meets goal, exit rules or exclusion list of the draft now, where one of them is new."""
        if not any(change.place.startswith(RULES) for change in changes):
            return {}
        if inside > ASKED_MOST:
            return None
        conditions = await audience_conditions(self.family.connection)
        statement = compile_matching(self.after, self.draft.version_no, conditions)
        found: Counter[str] = Counter()
        for (bucket,) in await self.rows("plan_buckets", {}):
            for source in self.move.sources:
                given = {
                    "b": bucket, "j": self.family.journey_id, "v": self.draft.version_id, "source": source.version_id,
                    "at": self.at, "now": self.at, "n": inside, "parks": False,
                }  # fmt: skip
                cursor = await self.family.connection.execute(
                    statement.text.encode(), {**statement.constants, **given}
                )
                found.update(dict(await cursor.fetchall()))
        return found

    async def rows(self, name: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return await (await self.family.connection.execute(query(name), given)).fetchall()
