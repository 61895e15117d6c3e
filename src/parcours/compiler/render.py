"""Plan → Program: the decisions of a version as SQL statements over sets of people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from psycopg import sql

from parcours.compiler.backfill import backfill, backfill_count, backfills
from parcours.compiler.calls import call, calls_others
from parcours.compiler.hearing import heard, sieves
from parcours.compiler.judge import Site, judged
from parcours.compiler.membership import by_audience
from parcours.compiler.messages import MESSAGE_KINDS, answered, channels, kept_answer, saving
from parcours.compiler.plan import Exit, Plan, Rest, build_plan
from parcours.compiler.predicates import either, predicate, span
from parcours.compiler.program import Program, Statement
from parcours.compiler.runs import has_schedule, recurs, run
from parcours.compiler.scope import Parameters, Scope
from parcours.compiler.scopes import Scopes
from parcours.compiler.seen import NULL_JSON, case_of, seen_due, seen_entering, seen_inside, timers
from parcours.compiler.templates import template
from parcours.compiler.trees import route_of, values_of
from parcours.compiler.values import compared
from parcours.compiler.waits import carried, deadline, landed, outlived, wake
from parcours.domain.condition import AudienceTest, Condition
from parcours.domain.journey import (
    EventTrigger,
    Journey,
    Target,
    UpdateProfile,
    WaitFor,
    Webhook,
)

__all__ = ["compile_journey", "compile_matching"]

NULL_TEXT = sql.SQL("NULL::text")
NULL_ROUTE = sql.SQL("NULL::integer")


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
            leave=self.leave("row", scope),
            version_no=params.bind(self.version_no, "integer"),
            awaited=self.awaited(scope),
            remember=self.remember("row", scope),
            seen=seen_inside(self.plan, scope),
            saved=self.saved(scope),
            carried=carried(self.journey, "inside", params),
        )
        return self.passage(source, scope)

    def keep(self, params: Parameters) -> sql.Composable:
        return template("keep").format(awaited=self.awaited(self.scopes.inside(params)))

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
            leave=self.leave("timer", scope),
            route=route,
            remember=self.remember("timer", scope),
            seen=seen_due(self.plan, scope),
            carried=carried(self.journey, "due", params),
        )
        return self.passage(source, scope)

    def admit(self, params: Parameters) -> sql.Composable:
        scope = self.scopes.admission(params)
        leave = self.leave("admission", scope)
        source = template("admit").format(
            leave=sql.SQL("WHEN false THEN NULL::text {}").format(leave),
            route=route_of(self.plan.entry, scope),
            remember=self.remember("admission", scope),
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
            leave=self.leave("transfer", scope),
            route=case_of(sql.SQL("p.step"), routes, NULL_ROUTE),
            remember=self.remember("transfer", scope),
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

    def leave(self, site: Site, scope: Scope) -> sql.Composable:
        """Goal, exit rules in file order, exclusion: `WHEN … THEN reason` in that order (lifecycle: before every step)."""
        ways: list[tuple[sql.Composable, str]] = []
        passage_scope = replace(scope, history=False)
        if self.journey.goal and self.journey.goal.leave:
            ways += self.asked(self.journey.goal.when, site, passage_scope, "goal")
        for rule in self.journey.exits:
            ways += self.asked(rule, site, passage_scope, "exit_rule")
        if self.journey.entry.exclude and site != "admission":
            ways.append((self.excluded(scope), "excluded"))
        if site != "admission":
            ways.append((sql.SQL("pr.deleted_at IS NOT NULL"), "profile_deleted"))
        if site == "row":
            if self.journey.goal and self.journey.goal.leave:
                ways += self.asked_again(self.journey.goal.when, passage_scope, "goal")
            for rule in self.journey.exits:
                ways += self.asked_again(rule, passage_scope, "exit_rule")
        if site == "timer":
            ways += outlived(self.journey, scope.params)
        whens = [sql.SQL("WHEN {} THEN {}").format(test, sql.Literal(reason)) for test, reason in ways]
        return sql.SQL(" ").join(whens)

    def asked(
        self, condition: Condition, site: Site, scope: Scope, reason: str
    ) -> list[tuple[sql.Composable, str]]:
        test = judged(condition, site, scope)
        return [(test, reason)] if test is not None else []

    def asked_again(
        self, condition: Condition, scope: Scope, reason: str
    ) -> list[tuple[sql.Composable, str]]:
        """Ask with what this row saves, before the next step (lifecycle: before every step)."""
        after = saving(self.journey, condition, self.saved(scope), scope)
        ways = self.asked(condition, "timer", after, reason) if after is not None else []
        return [(sql.SQL("(%(may_move)s AND {})").format(test), reason) for test, _ in ways]

    def remember(self, site: Site, scope: Scope) -> sql.Composable:
        """A goal with `leave: false`, met for the first time here (R16)."""
        if self.journey.goal is None or self.journey.goal.leave:
            return sql.SQL("false")
        ways = self.asked(self.journey.goal.when, site, replace(scope, history=False), "goal")
        if site == "row":
            ways += self.asked_again(self.journey.goal.when, replace(scope, history=False), "goal")
        if not ways:
            return sql.SQL("false")
        first = sql.SQL("true") if site == "admission" else sql.SQL("p.goal_met_at IS NULL")
        return sql.SQL("({} AND {})").format(
            first, ways[0][0] if len(ways) == 1 else either([t for t, _ in ways])
        )

    def excluded(self, scope: Scope) -> sql.Composable:
        keys = self.journey.entry.exclude
        static = [key for key in keys if key not in self.audiences]
        ways = [predicate(AudienceTest(key), scope) for key in keys if key in self.audiences]
        if static:
            listed = sql.SQL(
                "EXISTS (SELECT 1 FROM parcours.membership ex WHERE ex.bucket = {} AND ex.profile_id = {}"
                " AND ex.audience_key = ANY ({}))"
            ).format(scope.bucket, scope.profile_id, scope.params.bind(static, "text[]"))
            ways.insert(0, listed)
        return ways[0] if len(ways) == 1 else either(ways)

    def awaited(self, scope: Scope) -> sql.Composable:
        """The route that this row opens for whoever stands at a step that awaits it; null where it opens none."""
        whens: list[sql.Composable] = []
        for rest in self.plan.rests:
            if rest.kind == "wait_for":
                whens.append(self.at_step(rest, self.event_ways(rest, scope), scope))
            elif rest.kind in MESSAGE_KINDS:
                whens.append(self.at_step(rest, self.outcome_ways(rest, scope), scope))
        return case_of(sql.SQL("p.step"), whens, NULL_ROUTE)

    def at_step(self, rest: Rest, ways: Sequence[sql.Composable], scope: Scope) -> sql.Composable:
        if not ways:
            return sql.SQL("")
        return sql.SQL("WHEN {} THEN CASE {} END").format(
            scope.params.bind(rest.step, "text"), sql.SQL(" ").join(ways)
        )

    def event_ways(self, rest: Rest, scope: Scope) -> list[sql.Composable]:
        ways: list[sql.Composable] = []
        for way in rest.exits:
            if way.awaited is None:
                continue
            inner = scope
            if way.awaited.save_as:
                inner = scope.with_root(way.awaited.save_as, sql.SQL("(r.data -> 'properties')"))
            test = self.awaits(way, scope)
            ways.append(sql.SQL("WHEN {} THEN {}").format(test, route_of(way.tree, inner)))
        return ways

    def awaits(self, way: Exit, scope: Scope) -> sql.Composable:
        assert way.awaited is not None
        parts: list[sql.Composable] = [
            sql.SQL(
                "r.name = {} AND (r.data ? 'kept' OR (r.happened_at, r.feed_no) > (p.since_at, p.since_no))"
                " AND (r.kind = 'event' OR r.kind = 'recheck' AND (r.data ->> 'seq')::integer = p.seq)"
            ).format(scope.params.bind(way.awaited.event, "text"))
        ]
        if way.awaited.when is not None:
            inner = replace(scope.with_root("event", sql.SQL("(r.data -> 'properties')")), history=False)
            parts.append(predicate(way.awaited.when, inner))
        return sql.SQL(" AND ").join(parts)

    def outcome_ways(self, rest: Rest, scope: Scope) -> list[sql.Composable]:
        ways: list[sql.Composable] = []
        for way in rest.exits:
            inner = answered(self.journey, rest.step, way.name, scope)
            test = sql.SQL(
                "r.kind = 'outcome' AND (r.data ->> 'seq')::integer = p.seq"
                " AND (r.data ->> 'entry_no')::integer = p.entry_no AND r.data ->> 'exit' = {}"
            ).format(scope.params.bind(way.name, "text"))
            ways.append(sql.SQL("WHEN {} THEN {}").format(test, route_of(way.tree, inner)))
        return ways

    def saved(self, scope: Scope) -> sql.Composable:
        """What `save_as` keeps when its alternative is taken: the first in the file that matches; a webhook's answer."""
        whens: list[sql.Composable] = []
        for rest in self.plan.rests:
            step = self.journey.steps[rest.step]
            if isinstance(step, Webhook) and step.save_as is not None:
                kept_by = kept_answer(step, scope.params)
                whens.append(sql.SQL("WHEN {} THEN {}").format(scope.params.bind(rest.step, "text"), kept_by))
            named = [way for way in rest.exits if way.awaited is not None]
            if not any(way.awaited and way.awaited.save_as for way in named):
                continue
            ways: list[sql.Composable] = []
            for way in named:
                assert way.awaited is not None
                kept: sql.Composable = NULL_JSON
                if way.awaited.save_as:
                    kept = sql.SQL("jsonb_build_object({}, r.data -> 'properties')").format(
                        scope.params.bind(way.awaited.save_as, "text")
                    )
                ways.append(sql.SQL("WHEN {} THEN {}").format(self.awaits(way, scope), kept))
            whens.append(self.at_step(rest, ways, scope))
        return case_of(sql.SQL("p.step"), whens, NULL_JSON)

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
            excluded = sql.SQL("WHEN {} THEN 'excluded'").format(self.excluded(scope))
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
