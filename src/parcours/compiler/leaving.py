"""Who leaves before the next step: goal, exit rules in the order of the file, exclusion, deletion, lifetime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from psycopg import sql

from parcours.compiler.awaiting import saved
from parcours.compiler.judge import Site, judged
from parcours.compiler.messages import saving
from parcours.compiler.plan import Plan
from parcours.compiler.predicates import either, predicate
from parcours.compiler.scope import Scope
from parcours.compiler.waits import outlived
from parcours.domain.condition import AudienceTest, Condition

__all__ = ["Leaving"]


@dataclass(frozen=True, slots=True)
class Leaving:
    """The ways out of a version; `audiences` are the conditions that are frozen with it."""

    plan: Plan
    audiences: Mapping[str, Condition]

    def leave(self, site: Site, scope: Scope) -> sql.Composable:
        """Goal, exit rules in file order, exclusion: `WHEN … THEN reason` in that order (lifecycle: before every step)."""
        ways: list[tuple[sql.Composable, str]] = []
        passage_scope = replace(scope, history=False)
        if self.plan.journey.goal and self.plan.journey.goal.leave:
            ways += self._asked(self.plan.journey.goal.when, site, passage_scope, "goal")
        for rule in self.plan.journey.exits:
            ways += self._asked(rule, site, passage_scope, "exit_rule")
        if self.plan.journey.entry.exclude and site != "admission":
            ways.append((self.excluded(scope), "excluded"))
        if site != "admission":
            ways.append((sql.SQL("pr.deleted_at IS NOT NULL"), "profile_deleted"))
        if site == "row":
            if self.plan.journey.goal and self.plan.journey.goal.leave:
                ways += self._asked_again(self.plan.journey.goal.when, passage_scope, "goal")
            for rule in self.plan.journey.exits:
                ways += self._asked_again(rule, passage_scope, "exit_rule")
        if site == "timer":
            ways += outlived(self.plan.journey, scope.params)
        whens = [sql.SQL("WHEN {} THEN {}").format(test, sql.Literal(reason)) for test, reason in ways]
        return sql.SQL(" ").join(whens)

    def _asked(
        self, condition: Condition, site: Site, scope: Scope, reason: str
    ) -> list[tuple[sql.Composable, str]]:
        test = judged(condition, site, scope)
        return [(test, reason)] if test is not None else []

    def _asked_again(
        self, condition: Condition, scope: Scope, reason: str
    ) -> list[tuple[sql.Composable, str]]:
        """Ask with what this row saves, before the next step (lifecycle: before every step)."""
        after = saving(self.plan.journey, condition, saved(self.plan, scope), scope)
        ways = self._asked(condition, "timer", after, reason) if after is not None else []
        return [(sql.SQL("(%(may_move)s AND {})").format(test), reason) for test, _ in ways]

    def remember(self, site: Site, scope: Scope) -> sql.Composable:
        """A goal with `leave: false`, met for the first time here (R16)."""
        if self.plan.journey.goal is None or self.plan.journey.goal.leave:
            return sql.SQL("false")
        ways = self._asked(self.plan.journey.goal.when, site, replace(scope, history=False), "goal")
        if site == "row":
            ways += self._asked_again(self.plan.journey.goal.when, replace(scope, history=False), "goal")
        if not ways:
            return sql.SQL("false")
        first = sql.SQL("true") if site == "admission" else sql.SQL("p.goal_met_at IS NULL")
        return sql.SQL("({} AND {})").format(
            first, ways[0][0] if len(ways) == 1 else either([t for t, _ in ways])
        )

    def excluded(self, scope: Scope) -> sql.Composable:
        """Whether somebody belongs to an audience that the entry excludes; only where it names some."""
        keys = self.plan.journey.entry.exclude
        static = [key for key in keys if key not in self.audiences]
        ways = [predicate(AudienceTest(key), scope) for key in keys if key in self.audiences]
        if static:
            listed = sql.SQL(
                "EXISTS (SELECT 1 FROM parcours.membership ex WHERE ex.bucket = {} AND ex.profile_id = {}"
                " AND ex.audience_key = ANY ({}))"
            ).format(scope.bucket, scope.profile_id, scope.params.bind(static, "text[]"))
            ways.insert(0, listed)
        return ways[0] if len(ways) == 1 else either(ways)
