"""The scopes of the statements: who `p`, `pr` and `r` are where a condition is asked."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import sql

from parcours.compiler.messages import saved_names
from parcours.compiler.scope import Parameters, Scope
from parcours.domain.condition import Condition
from parcours.domain.journey import Journey

__all__ = ["Scopes"]


class Scopes:
    """Makes the scope of each statement of one version."""

    def __init__(self, journey: Journey, version_no: int, audiences: Mapping[str, Condition]) -> None:
        self.journey = journey
        self.version_no = version_no
        self.audiences = audiences

    def inside(self, params: Parameters) -> Scope:
        """Whoever stands inside, and a row of the inbox `r`."""
        return self._resting(params, sql.SQL("(r.happened_at, r.feed_no)"))

    def due(self, params: Parameters) -> Scope:
        """Whoever stands inside and is due."""
        return self._resting(params, sql.SQL("(x.at, 9223372036854775807)"))

    def _resting(self, params: Parameters, upto: sql.Composable) -> Scope:
        roots: dict[str, sql.Composable] = {"profile": sql.SQL("pr.attributes"), "event": sql.SQL("p.event")}
        for name in saved_names(self.journey):
            roots[name] = sql.SQL("(p.saved -> {})").format(params.bind(name, "text"))
        return Scope(
            params, self.journey.key, self.journey.timezone, roots, self._about(sql.SQL("p.entered_at"), params),
            at=sql.SQL("x.at"), profile_id=sql.SQL("p.profile_id"), user_id=sql.SQL("pr.user_id"),
            bucket=sql.SQL("%(b)s"), message_of=(sql.SQL("%(j)s"), sql.SQL("p.entry_no")),
            passage=(sql.SQL("(p.cause_at, p.cause_no)"), upto), audiences=self.audiences,
            own_zone=self.journey.profile_timezone,
        )  # fmt: skip

    def _about(self, entered_at: sql.Composable, params: Parameters) -> dict[str, sql.Composable]:
        return {
            "entry_no": sql.SQL("to_jsonb(p.entry_no)"),
            "entered_at": sql.SQL("to_jsonb(parcours.instant_text({}))").format(entered_at),
            "step": sql.SQL("to_jsonb(p.step)"),
            "version": sql.SQL("to_jsonb({})").format(params.bind(self.version_no, "integer")),
        }

    def stamping(self, params: Parameters) -> Scope:
        """Whoever comes to a rest: the decision `d`, with what it carries, and the route `w` it takes."""
        roots: dict[str, sql.Composable] = {"profile": sql.SQL("d.attributes"), "event": sql.SQL("d.event")}
        for name in saved_names(self.journey):
            bound = params.bind(name, "text")
            roots[name] = sql.SQL("coalesce(d.saved -> {}, d.known -> {})").format(bound, bound)
        about: dict[str, sql.Composable] = {
            "entry_no": sql.SQL("to_jsonb(d.entry_no)"),
            "entered_at": sql.SQL("to_jsonb(parcours.instant_text(d.entered_at))"),
            "step": sql.SQL("to_jsonb(w.stands)"),
            "version": sql.SQL("to_jsonb({})").format(params.bind(self.version_no, "integer")),
        }
        return Scope(
            params, self.journey.key, self.journey.timezone, roots, about,
            at=sql.SQL("d.base"), profile_id=sql.SQL("d.profile_id"), user_id=sql.SQL("d.user_id"),
            bucket=sql.SQL("%(b)s"), message_of=None, audiences=self.audiences,
            own_zone=self.journey.profile_timezone,
        )  # fmt: skip

    def admission(self, params: Parameters) -> Scope:
        """Whoever is admitted: `p` is a candidate without a verdict."""
        about = self._about(sql.SQL("p.at"), params)
        del about["step"]
        roots = {"profile": sql.SQL("p.attributes"), "event": sql.SQL("(p.data -> 'properties')")}
        return Scope(
            params, self.journey.key, self.journey.timezone, roots, about,
            at=sql.SQL("p.at"), profile_id=sql.SQL("p.profile_id"), user_id=sql.SQL("p.user_id"),
            bucket=sql.SQL("%(b)s"), message_of=None, passage=None, audiences=self.audiences,
            own_zone=self.journey.profile_timezone,
        )  # fmt: skip

    def candidate(self, params: Parameters) -> Scope:
        """Whoever is suggested by a row of the inbox `r`."""
        roots = {"profile": sql.SQL("pr.attributes"), "event": sql.SQL("(r.data -> 'properties')")}
        return Scope(
            params, self.journey.key, self.journey.timezone, roots, {},
            at=sql.SQL("x.at"), profile_id=sql.SQL("r.profile_id"), user_id=sql.SQL("pr.user_id"),
            bucket=sql.SQL("%(b)s"), message_of=None, passage=None, audiences=self.audiences,
            own_zone=self.journey.profile_timezone,
        )  # fmt: skip

    def suggested(self, params: Parameters) -> Scope:
        """Whoever a schedule may suggest: a person `pr`."""
        return Scope(
            params, self.journey.key, self.journey.timezone, {"profile": sql.SQL("pr.attributes")}, {},
            at=sql.SQL("x.at"), profile_id=sql.SQL("pr.profile_id"), user_id=sql.SQL("pr.user_id"),
            bucket=sql.SQL("%(b)s"), message_of=None, passage=None, audiences=self.audiences,
            own_zone=self.journey.profile_timezone,
        )  # fmt: skip
