"""The feed of a simulation: what is history, what must be played, and whom a line concerns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from parcours.compiler import compile_journey
from parcours.domain.availability import not_available
from parcours.domain.checks import check_journey
from parcours.domain.condition import Condition
from parcours.domain.journey import AudienceTrigger, EventTrigger, Journey
from parcours.domain.problems import has_errors
from parcours.domain.records import FeedLine

__all__ = ["Company", "Feed", "Hearing", "Numbered", "at_of"]

Numbered: TypeAlias = tuple[int, FeedLine]  # its place in the feed


def at_of(numbered: Numbered) -> datetime:
    """Return the instant of a line; a simulation takes none without."""
    assert numbered[1].at is not None
    return numbered[1].at


class Company:
    """Names that a feed merges, now or later: what happens under one of them may concern the others."""

    def __init__(self, lines: Iterable[Numbered]) -> None:
        self._heads: dict[str, str] = {}
        self.everybody: set[str] = set()
        for _, line in lines:
            if line.merges:
                self.everybody |= {line.merges, line.user_id}
                self._heads[self.head(line.merges)] = self.head(line.user_id)

    def __bool__(self) -> bool:
        return bool(self._heads)

    def names(self) -> list[str]:
        """Return the names that go with another one."""
        return list(self._heads)

    def head(self, name: str) -> str:
        """Return the name that stands for all those that a name is merged with."""
        first = name
        while self._heads.get(name, name) != name:
            name = self._heads[name]
        if first != name:
            self._heads[first] = name
        return name


class Feed:
    """Numbered lines in order of time. `history` lies before the clock, `lines` within it, repeated ones left out."""

    def __init__(self, lines: Iterable[Numbered], start: datetime, to: datetime) -> None:
        self.history: list[Numbered] = []
        self.lines: list[Numbered] = []
        seen: set[tuple[str, str]] = set()
        for number, line in lines:
            key = (line.user_id, line.message_key)
            if line.at is None or line.at >= to or key in seen:
                continue
            seen.add(key)
            if line.kind == "ignored":
                continue
            if line.at < start:
                self.history.append((number, line))
            else:
                self.lines.append((number, line))

    def split(
        self, hearing: Hearing, instants: Container[datetime], company: Company
    ) -> tuple[list[Numbered], list[Numbered]]:
        """Return events that no journey hears, and the rest.

        Nobody moves because of an unheard event, and conditions count events up to their own instant. So it makes no
        difference when these are stored, unless something else happens at that instant: to everybody (`instants`),
        or to the person by another line. Whose an event is may depend on when it is stored, where names are merged.
        """
        lines = Counter((line.user_id, line.at) for _, line in self.lines)
        unheard: list[Numbered] = []
        rest: list[Numbered] = []
        for number, line in self.lines:
            alone = (
                lines[line.user_id, line.at] == 1
                and line.at not in instants
                and line.user_id not in company.everybody
            )
            silent = line.kind == "event" and alone and not hearing.heard_by_some(line)
            (unheard if silent else rest).append((number, line))
        return unheard, rest


class Hearing:
    """What journeys hear, by key, over all versions that a run may publish."""

    def __init__(self, journeys: Iterable[Journey], audiences: Mapping[str, Condition]) -> None:
        self.heard: dict[str, set[tuple[str, str]]] = defaultdict(
            set
        )  # (kind, name), as a Program lists them
        self.triggers: set[tuple[str, str]] = set()
        self.altered: set[str] = (
            set()
        )  # names of people whom history changes: all their lines are heard (P25)
        for journey in journeys:
            if not has_errors([*check_journey(journey), *not_available(journey)]):
                self.heard[journey.key] |= set(compile_journey(journey, 1, audiences).listeners)
                for trigger in journey.entry.triggers:
                    if isinstance(trigger, EventTrigger):
                        self.triggers.add(("event", trigger.event))
                    elif isinstance(trigger, AudienceTrigger):
                        self.triggers.add(("audience", trigger.audience))

    def note_history(self, lines: Sequence[Numbered], company: Company) -> None:
        """Note of whom there is history in the feed, under whatever name."""
        heads = {company.head(line.user_id) for _, line in lines if line.historical}
        self.altered = {line.user_id for _, line in lines if company.head(line.user_id) in heads}

    def heard_by_some(self, line: FeedLine) -> bool:
        """Tell whether some journey may do something about this line, whoever is inside."""
        return self.concerns(line, self.heard)

    def concerns(self, line: FeedLine, inside: Iterable[str]) -> bool:
        """Tell whether some journey may do something about this line of somebody who is inside these."""
        if line.merges:
            return True
        if line.historical:
            return False
        if (line.kind, line.name) in self.triggers:
            return True
        if line.user_id in self.altered and line.kind != "consent":
            return bool(list(inside))
        match line.kind:
            case "event":
                heard = {("event", line.name), ("event", "*")}
            case "audience":
                heard = {("audience", line.name), ("field", "*")}
            case "consent":
                return False
            case _:
                heard = {("field", name) for name in (*line.properties, "*")}
        return any(not heard.isdisjoint(self.heard[key]) for key in inside)
