"""Plan → Program: the decisions of a version as SQL statements over sets of people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from psycopg import sql

from parcours.compiler.awaiting import awaited, saved
from parcours.compiler.backfill import backfill, backfill_count, backfills
from parcours.compiler.calls import call, calls_others
from parcours.compiler.hearing import heard, sieves
from parcours.compiler.leaving import Leaving
from parcours.compiler.membership import by_audience
from parcours.compiler.messages import channels
from parcours.compiler.plan import Plan, build_plan
from parcours.compiler.predicates import either, predicate, span
from parcours.compiler.program import Program, Statement
from parcours.compiler.runs import has_schedule, recurs, run
from parcours.compiler.scope import Parameters, Scope
from parcours.compiler.scopes import Scopes
from parcours.compiler.seen import (
    NULL_JSON,
    NULL_ROUTE,
    case_of,
    seen_due,
    seen_entering,
    seen_inside,
    timers,
)
from parcours.compiler.templates import template
from parcours.compiler.trees import route_of, values_of
from parcours.compiler.values import compared
from parcours.compiler.waits import carried, deadline, landed, wake
from parcours.domain.condition import Condition
from parcours.domain.journey import (
    EventTrigger,
    Journey,
    Target,
    UpdateProfile,
    WaitFor,
)

__all__ = ["compile_journey", "compile_matching"]


def compile_journey(
    journey: Journey,
    version_no: int,
    audiences: Mapping[str, Condition] | None = None,
    answers: Mapping[str, Target] | None = None,
    *,
    with_backfill: bool = False,
) -> Program:
    """Compile a checked journey. The Program does not depend on the number of buckets or the batch size.

    `audiences` are the conditions of audiences that have one, which are frozen with the version. `answers`, where
    people of former versions are transferred to this one: whither those go who stand at steps that it lacks.
    `with_backfill`: it suggests people by events of the past.
    """
    plan = build_plan(journey, answers)
    renderer = _Renderer(plan, version_no, audiences or {}, transfers=answers is not None)
    renderer.with_backfill = with_backfill and backfills(journey)
    return renderer.program()


def compile_backfill_count(
    journey: Journey, version_no: int, audiences: Mapping[str, Condition]
) -> Statement | None:
    """Compile the question how many people a backfill would suggest in a bucket; None where no event is a trigger."""
    if not backfills(journey):
        return None
    params = Parameters()
    text = backfill_count(journey, Scopes(journey, version_no, audiences).suggested(params)).as_string(None)
    return Statement(text, params.values)


def compile_matching(journey: Journey, version_no: int, audiences: Mapping[str, Condition]) -> Statement:
    """Compile the question who of another version would leave at once on being transferred here: (reason, people)."""
    params = Parameters()
    renderer = _Renderer(build_plan(journey, {}), version_no, audiences, transfers=True)
    return Statement(renderer.matching(params).as_string(None), params.values)


class _Renderer:
    def __init__(
        self, plan: Plan, version_no: int, audiences: Mapping[str, Condition], *, transfers: bool = False
    ) -> None:
        self.plan = plan
        self.transfers = transfers
        self.with_backfill = False
        self.journey: Journey = plan.journey
        self.version_no = version_no
        self.audiences = audiences
        self.leaving = Leaving(plan, audiences)
        self.scopes = Scopes(self.journey, version_no, audiences)
        self.writes = [s for s in self.journey.steps.values() if isinstance(s, UpdateProfile)]

    def program(self) -> Program:
        makers: dict[str, Callable[[Parameters], sql.Composable]] = {
            "inside": self.inside, "keep": self.keep, "due": self.due, "admit": self.admit, "refuse": self.refuse,
        }  # fmt: skip
        if self.writes:
            for name in ("announce", "write", "join", "quit"):
                makers[name] = partial(self.effect, name)
        if self.gated:
            makers["propose"] = self.propose
        if calls_others(self.journey):
            makers["call"] = partial(call, self.journey)
        if has_schedule(self.journey):
            makers["run"] = lambda params: run(self.journey, self.scopes.suggested(params))
        if self.with_backfill:
            makers["backfill"] = lambda params: backfill(self.journey, self.scopes.suggested(params))
        if recurs(self.journey):
            makers["tacit"] = self.tacit
        if self.transfers:
            makers["transfer"] = self.transfer
        statements = {}
        for name, make in makers.items():
            params = Parameters()
            statements[name] = Statement(make(params).as_string(None), params.values)
        return Program(
            statements=statements,
            message_steps=channels(self.journey),
            awaited={
                s.id: tuple(dict.fromkeys(a.event for a in s.events))
                for s in self.journey.steps.values()
                if isinstance(s, WaitFor)
            },
            listeners=tuple(heard(self.journey, self.audiences).rows()),
            step_ids=tuple(self.journey.steps),
            sieves=sieves(self.journey, self.audiences),
        )

    @property
    def gated(self) -> bool:
        return self.journey.entry.cap is not None or self.journey.entry.rate is not None

    # Statements ------------------------------------------------------------------------------------------------

    def inside(self, params: Parameters) -> sql.Composable:
        scope = self.scopes.inside(params)
        source = template("inside").format(
            leave=self.leaving.leave("row", scope),
            version_no=params.bind(self.version_no, "integer"),
            awaited=awaited(self.plan, scope),
            remember=self.leaving.remember("row", scope),
            seen=seen_inside(self.plan, scope),
            saved=saved(self.plan, scope),
            carried=carried(self.journey, "inside", params),
        )
        return self.passage(source, scope)

    def keep(self, params: Parameters) -> sql.Composable:
        return template("keep").format(awaited=awaited(self.plan, self.scopes.inside(params)))

    def due(self, params: Parameters) -> sql.Composable:
        scope = self.scopes.due(params)
        whens = [
            sql.SQL("WHEN {} THEN {}").format(params.bind(rest.step, "text"), route_of(way.tree, scope))
            for rest, way in timers(self.plan)
        ]
        route = (
            sql.SQL("CASE WHEN p.step IS NULL THEN {} ELSE CASE p.step {} END END").format(
                route_of(self.plan.entry, scope), sql.SQL(" ").join([*whens, sql.SQL("ELSE NULL")])
            )
            if whens
            else sql.SQL("CASE WHEN p.step IS NULL THEN {} END").format(route_of(self.plan.entry, scope))
        )
        source = template("due").format(
            leave=self.leaving.leave("timer", scope),
            route=route,
            remember=self.leaving.remember("timer", scope),
            seen=seen_due(self.plan, scope),
            carried=carried(self.journey, "due", params),
        )
        return self.passage(source, scope)

    def admit(self, params: Parameters) -> sql.Composable:
        scope = self.scopes.admission(params)
        leave = self.leaving.leave("admission", scope)
        source = template("admit").format(
            leave=sql.SQL("WHEN false THEN NULL::text {}").format(leave),
            route=route_of(self.plan.entry, scope),
            remember=self.leaving.remember("admission", scope),
            seen=seen_entering(self.plan, scope),
            candidates=self.candidates(params),
            through=sql.SQL("AND p.granted") if self.gated else sql.SQL(""),
            carried=carried(self.journey, "admit", params),
        )
        return self.passage(source, scope)

    def transfer(self, params: Parameters) -> sql.Composable:
        """Whoever comes from another version: judged, then at the same step as before, or where an answer says."""
        scope = self.scopes.due(params)
        return self.passage(self.arriving(params, scope), scope, moved=True)

    def matching(self, params: Parameters) -> sql.Composable:
        """How many of those who would come from another version would leave at once, by reason."""
        arriving = self.arriving(params, self.scopes.due(params))
        count = "SELECT d.leaves, count(*) FROM ({} OFFSET 0) d WHERE d.leaves IS NOT NULL GROUP BY d.leaves"
        return sql.SQL(count).format(arriving)

    def arriving(self, params: Parameters, scope: Scope) -> sql.Composable:
        routes = [
            sql.SQL("WHEN {} THEN {}").format(params.bind(step, "text"), route_of(tree, scope))
            for step, tree in self.plan.landings.items()
        ]
        return template("transfer").format(
            leave=self.leaving.leave("transfer", scope),
            route=case_of(sql.SQL("p.step"), routes, NULL_ROUTE),
            remember=self.leaving.remember("transfer", scope),
            seen=values_of(self.plan.landings.values(), scope) or NULL_JSON,
            wake=landed(self.journey, params),
            carried=carried(self.journey, "transfer", params),
        )

    def propose(self, params: Parameters) -> sql.Composable:
        """Whoever would be admitted waits at the gate, which knows cap and rate."""
        return template("propose").format(candidates=self.candidates(params))

    def refuse(self, params: Parameters) -> sql.Composable:
        condition = self.journey.entry.filter
        scope = replace(self.scopes.admission(params), history=True)
        seen = compared([condition], scope) if condition else None
        return template("refuse").format(candidates=self.candidates(params), seen=seen or NULL_JSON)

    def tacit(self, params: Parameters) -> sql.Composable:
        """A recurring schedule refuses people who are inside in silence, in one counter (R17)."""
        return template("tacit").format(candidates=self.candidates(params))

    def effect(self, name: str, params: Parameters) -> sql.Composable:
        rows = [
            sql.SQL("({}, {}, {}, {}, {})").format(
                params.bind(s.id, "text"),
                params.bind(json.dumps(dict(s.set)), "jsonb"),
                params.bind(list(s.unset), "text[]"),
                params.bind(list(s.add_to), "text[]"),
                params.bind(list(s.remove_from), "text[]"),
            )
            for s in self.writes
        ]
        parts: dict[str, sql.Composable] = {"writes": sql.SQL(", ").join(rows)}
        if name == "announce":
            parts["journey"] = params.bind(self.journey.key, "text")
        return template(name).format(**parts)

    def passage(self, source: sql.Composable, scope: Scope, *, moved: bool = False) -> sql.Composable:
        bind = scope.params.bind
        routes = [
            sql.SQL("({}, {}, {}, {}, {})").format(
                sql.Literal(route.number),
                bind(list(route.path), "text[]"),
                bind(route.stands, "text"),
                bind(route.outcome, "text"),
                bind(route.reason, "text"),
            )
            for route in self.plan.routes
        ]
        return template("passage").format(
            source=source,
            routes=sql.SQL(", ").join(routes),
            moved_column=sql.SQL(", moved_from" if moved else ""),
            moved_value=sql.SQL(", d.moved_from" if moved else ""),
            moved_too=sql.SQL(" OR d.moved_from IS NOT NULL" if moved else ""),
            wake=wake(self.plan, self.scopes.stamping(scope.params)),
            deadline=deadline(self.plan, self.scopes.stamping(scope.params)),
        )

    # Pieces ----------------------------------------------------------------------------------------------------

    def candidates(self, params: Parameters) -> sql.Composable:
        scope = self.scopes.candidate(params)
        entry = self.journey.entry
        triggers: list[sql.Composable] = []
        for trigger in entry.triggers:
            if isinstance(trigger, EventTrigger):
                test: sql.Composable = sql.SQL("r.name = {}").format(params.bind(trigger.event, "text"))
                if trigger.when is not None:
                    test = sql.SQL("({} AND {})").format(test, predicate(trigger.when, scope))
                triggers.append(test)
        asked: sql.Composable = sql.SQL("")
        if entry.filter is not None:
            asked = sql.SQL("WHEN NOT g.granted AND NOT {} THEN 'filter'").format(
                predicate(entry.filter, scope)
            )
        excluded: sql.Composable = sql.SQL("")
        if entry.exclude:
            excluded = sql.SQL("WHEN {} THEN 'excluded'").format(self.leaving.excluded(scope))
        reentry: sql.Composable = sql.SQL("")
        if entry.reentry.mode == "once":
            reentry = sql.SQL("WHEN prev.entry_no > 0 THEN 'reentry_once'")
        elif entry.reentry.min_interval is not None:
            reentry = sql.SQL("WHEN prev.entered_at + {} > x.at THEN 'reentry_interval'").format(
                span(entry.reentry.min_interval, scope)
            )
        return template("candidates").format(
            trigger=either(triggers),
            filter=asked,
            excluded=excluded,
            reentry=reentry,
            **by_audience(self.journey, scope),
        )
