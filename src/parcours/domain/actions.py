"""What can be done with a journey as it stands: every command, whether it is legal, and else why not.

The same matrix decides as in the commands themselves; a definition's errors are not looked at here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from parcours.domain.lifecycle import Become, Delete, Making, NoOp, Refuse, Status, decide
from parcours.domain.lifecycle import Command as MatrixCommand
from parcours.domain.refusals import refusal

__all__ = ["ACTIONS", "Action", "ActionName", "Standing", "actions"]

ActionName: TypeAlias = MatrixCommand | Making
ACTIONS: Final[tuple[ActionName, ...]] = (
    "publish", "pause", "resume", "close", "stop", "restart", "edit", "new_version", "duplicate", "delete",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """How one version stands, as far as commands ask. `settling` while a command is still being written down."""

    version: int
    status: Status
    entry_open: bool
    settling: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """One command. `state` is `legal`, `unchanged` (it would change nothing) or `refused`, then with code and words.

    `stop_first`: a deletion needs that option.
    """

    command: ActionName
    state: Literal["legal", "unchanged", "refused"]
    code: str | None = None
    message: str = ""
    hint: str = ""
    stop_first: bool = False

    def as_dict(self) -> dict[str, object]:
        """Return the wire form."""
        return {name: getattr(self, name) for name in self.__slots__}


def actions(versions: Sequence[Standing]) -> list[Action]:
    """Return every command of a journey with these versions, oldest first, in a fixed order."""
    # Journeys stand in few ways, and lists have many journeys.
    return list(_actions(tuple(replace(version, version=0) for version in versions)))


@lru_cache(maxsize=4096)
def _actions(versions: tuple[Standing, ...]) -> tuple[Action, ...]:
    """Numbers of versions play no part, so they are left out."""
    return tuple(_action(command, versions) for command in ACTIONS) if versions else ()


def _action(command: ActionName, versions: Sequence[Standing]) -> Action:
    draft = next((version for version in versions if version.status == "draft"), None)
    published = [version for version in versions if version.status != "draft"]
    newest = (published or versions)[-1]
    match command:
        case "duplicate":
            return Action(command, "legal")
        case "new_version":
            return _refused(command, "draft_exists") if draft else Action(command, "legal")
        case "delete":
            return _delete(versions)
        case "edit":
            if draft is not None:
                return Action(command, "legal")
            outcome = decide(command, newest.status, entry_open=newest.entry_open)
            return (
                _refused(command, outcome.code) if isinstance(outcome, Refuse) else Action(command, "legal")
            )
        case "publish":
            if draft is None:
                return _of_matrix(command, newest)
            arriving = any(version.settling and version.status == "closed" for version in published)
            return _refused(command, "still_settling") if arriving else Action(command, "legal")
        case "restart":
            outcome = decide(command, newest.status, entry_open=newest.entry_open)
            if isinstance(outcome, Refuse):
                return _refused(command, outcome.code)
            if newest.settling:
                return _refused(command, "still_settling")
            return _refused(command, "draft_exists") if draft is not None else Action(command, "legal")
        case _:
            return _change(command, published, newest)


def _change(command: ActionName, published: Sequence[Standing], newest: Standing) -> Action:
    """A command that changes every version to which it applies."""
    acted = [
        version
        for version in published
        if isinstance(decide(command, version.status, entry_open=version.entry_open), Become)
    ]
    if not acted:
        return _of_matrix(command, newest)
    busy = [version for version in acted if version.settling]
    if command == "stop" or not busy or (command == "pause" and len(busy) < len(acted)):
        return Action(command, "legal")
    return _refused(command, "still_settling")


def _delete(versions: Sequence[Standing]) -> Action:
    stops = False
    for version in reversed(versions):
        outcome = decide("delete", version.status, entry_open=version.entry_open)
        if isinstance(outcome, Refuse):
            return _refused("delete", outcome.code)
        stops = stops or (isinstance(outcome, Delete) and outcome.stop_first)
    if any(version.settling for version in versions):
        return _refused("delete", "still_settling")
    return Action("delete", "legal", stop_first=stops)


def _of_matrix(command: ActionName, version: Standing) -> Action:
    outcome = decide(command, version.status, entry_open=version.entry_open)
    if isinstance(outcome, Refuse):
        return _refused(command, outcome.code)
    return Action(command, "unchanged" if isinstance(outcome, NoOp) else "legal")


def _refused(command: ActionName, code: str) -> Action:
    error = refusal(code)
    return Action(command, "refused", code, error.message, error.hint)
