"""Names that turn out to be one person's: in which order a batch of lines is written, so that each sees its past."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from parcours.domain.records import FeedLine

__all__ = ["Merge", "Stage", "mergeable", "out_by_merging", "plan_stages", "stays"]

# What broken clients send in place of a name: all of them would become one person (P132).
NO_NAMES: Final = frozenset(
    (
        "0", "[object object]", "anonymous", "anonymousid", "anonymous_id", "distinct_id", "distinctid", "email", "false",
        "guest", "id", "nan", "nil", "none", "not_authenticated", "null", "true", "undefined", "unknown", "user_id",
        "userid",
    )
)  # fmt: skip


def mergeable(name: str) -> bool:
    """Tell whether a name may stand for a person in a merge."""
    return name.strip().lower() not in NO_NAMES and bool(name.strip())


@dataclass(frozen=True, slots=True)
class Merge:
    """`source` becomes part of `target`, by the line of that number."""

    source: str
    target: str
    number: int


@dataclass(slots=True)
class Stage:
    """What can be written at once: first the merges, then the lines, by number and by whose they are."""

    merges: list[Merge] = field(default_factory=list)
    lines: list[tuple[int, str]] = field(default_factory=list)


def out_by_merging(former: Mapping[str, str], known: Mapping[str, str]) -> list[str]:
    """Return the types of which a person has said `out` by a merge: what one of two said, both said (P135).

    Given what each said last of which type. Where only the one that stays said something, nothing changes.
    """
    return sorted(key for key, state in former.items() if "out" in (state, known.get(key)))


def stays(name: str, links: Mapping[str, str]) -> str:
    """Follow a name to the one that stays."""
    while name in links:
        name = links[name]
    return name


def plan_stages(
    lines: Sequence[tuple[int, FeedLine]], links: Mapping[str, str], deleted: Collection[str]
) -> list[Stage]:
    """Divide numbered lines into stages: all lines of a person before a merge, the merge, all lines behind it.

    `links` are merges of the past; who is `deleted` is never merged. Without merges there is one stage.
    """
    known = dict(links)
    stages: list[Stage] = []
    latest: dict[str, int] = {}

    def stage(number: int) -> Stage:
        while len(stages) <= number:
            stages.append(Stage())
        return stages[number]

    for number, line in lines:
        person = stays(line.user_id, known)
        source = line.merges
        if source and _merges(source, line.user_id, person, known, deleted):
            at = max(latest.get(source, -1), latest.get(person, -1)) + 1
            stage(at).merges.append(Merge(source, person, number))
            known[source] = person
            latest[person] = at
        at = latest.setdefault(person, 0)
        stage(at).lines.append((number, person))
    return stages


def _merges(source: str, name: str, person: str, known: Mapping[str, str], deleted: Collection[str]) -> bool:
    named = mergeable(source) and mergeable(name)
    return named and source not in known and source != person and not {source, person} & set(deleted)
