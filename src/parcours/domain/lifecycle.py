"""The life of versions, participants and messages as immutable tables (docs/lifecycle.md).

Every legal move stands here once: code asks these tables, the docs are drawn from them, tests compare the
database's CHECKs with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, cast, get_args

__all__ = [
    "COMMANDS",
    "DROP_OUT_REASONS",
    "ENTRANTS",
    "INSIDE",
    "MAKING",
    "MATRIX",
    "MESSAGE_OUTCOMES",
    "MESSAGE_STATES",
    "PARTICIPANT_STATUSES",
    "REFUSAL_REASONS",
    "STATES",
    "STATUSES",
    "TERMINAL_PARTICIPANT_STATUSES",
    "TIMERS",
    "Become",
    "Command",
    "Delete",
    "DropOutReason",
    "Entrants",
    "Inside",
    "Making",
    "MessageOutcome",
    "MessageState",
    "NewVersion",
    "NoOp",
    "Outcome",
    "ParticipantStatus",
    "RefusalReason",
    "Refuse",
    "Rights",
    "State",
    "Status",
    "Timers",
    "decide",
    "entry_is_open",
    "rights",
    "state_of",
    "status_of",
]

Status: TypeAlias = Literal["draft", "live", "paused", "closed", "stopped", "finished"]
# A state is a status, and for `paused` whether the entry is open: the columns of the command matrix.
State: TypeAlias = Literal["draft", "live", "paused", "paused_shut", "closed", "stopped", "finished"]
Command: TypeAlias = Literal["publish", "pause", "resume", "close", "stop", "restart", "delete", "edit"]
# Commands that make a draft and leave what is published as it is: possible from any status, so without a matrix.
Making: TypeAlias = Literal["new_version", "duplicate"]
Entrants: TypeAlias = Literal["queue", "drop"]
Inside: TypeAlias = Literal["freeze", "hold", "discard"]
Timers: TypeAlias = Literal["run", "extend"]
ParticipantStatus: TypeAlias = Literal["active", "completed", "succeeded", "dropped_out", "cancelled"]
MessageState: TypeAlias = Literal[
    "queued", "claimed", "sent", "skipped", "rejected", "cancelled", "uncertain"
]
MessageOutcome: TypeAlias = Literal["sent", "skipped", "rejected", "cancelled", "uncertain"]
DropOutReason: TypeAlias = Literal[
    "exit_rule", "excluded", "entered_elsewhere", "wait_timeout", "split_else", "no_consent",
    "not_subscribed", "no_address", "duplicate_address", "suppressed", "frequency_cap", "expired",
    "send_failed", "step_failed", "profile_deleted", "removed_by_user", "merged",
    "pause_discard", "lifetime_exceeded", "step_removed", "loop_stopped",
]  # fmt: skip
RefusalReason: TypeAlias = Literal[
    "profile_deleted", "journey_paused", "journey_closed", "journey_stopped", "filter", "excluded",
    "already_inside", "reentry_once", "reentry_interval", "entry_cap",
]  # fmt: skip

STATUSES: Final[tuple[Status, ...]] = get_args(Status)
STATES: Final[tuple[State, ...]] = get_args(State)
COMMANDS: Final[tuple[Command, ...]] = get_args(Command)
MAKING: Final[tuple[Making, ...]] = get_args(Making)
ENTRANTS: Final[tuple[Entrants, ...]] = get_args(Entrants)
INSIDE: Final[tuple[Inside, ...]] = get_args(Inside)
TIMERS: Final[tuple[Timers, ...]] = get_args(Timers)
PARTICIPANT_STATUSES: Final[tuple[ParticipantStatus, ...]] = get_args(ParticipantStatus)
TERMINAL_PARTICIPANT_STATUSES: Final = frozenset(PARTICIPANT_STATUSES) - {"active"}
MESSAGE_STATES: Final[tuple[MessageState, ...]] = get_args(MessageState)
MESSAGE_OUTCOMES: Final[tuple[MessageOutcome, ...]] = get_args(MessageOutcome)
DROP_OUT_REASONS: Final[tuple[DropOutReason, ...]] = get_args(DropOutReason)
REFUSAL_REASONS: Final[tuple[RefusalReason, ...]] = get_args(RefusalReason)  # in the order of admission


@dataclass(frozen=True, slots=True)
class Become:
    """The version takes this state. `closed` is `finished` at once where nobody is inside."""

    state: State


@dataclass(frozen=True, slots=True)
class NoOp:
    """Nothing happens; the answer is the present state."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The command is refused with this code; `refusals.REFUSED_COMMANDS` names the legal way."""

    code: str


@dataclass(frozen=True, slots=True)
class NewVersion:
    """The version stays as it is; version n+1 is made, in this state."""

    state: State


@dataclass(frozen=True, slots=True)
class Delete:
    """The version goes, with `stop_first` only where it is stopped in the same transaction."""

    stop_first: bool = False


Outcome: TypeAlias = Become | NoOp | Refuse | NewVersion | Delete

_NO: Final = NoOp()
_NOT_PUBLISHED: Final = Refuse("not_published")
_USE_RESUME: Final = Refuse("use_resume")
_USE_RESTART: Final = Refuse("use_restart")
_CLOSED: Final = Refuse("closed_is_final")
_STOPPED: Final = Refuse("stopped_is_final")
_FINISHED: Final = Refuse("finished_is_final")
_STOP: Final = Become("stopped")
_DRAFT: Final = NewVersion("draft")


def _rows(*rows: tuple[Command, tuple[Outcome, ...]]) -> Mapping[tuple[Command, State], Outcome]:
    """Spread each row over the states, in their order."""
    return MappingProxyType(
        {(command, state): out for command, outs in rows for state, out in zip(STATES, outs, strict=True)}
    )


# Columns: draft, live, paused, paused_shut, closed, stopped, finished.
MATRIX: Final = _rows(
    ("publish", (Become("live"), _NO, _USE_RESUME, _USE_RESUME, _CLOSED, _USE_RESTART, _USE_RESTART)),
    ("pause", (_NOT_PUBLISHED, Become("paused"), _NO, _NO, Become("paused_shut"), _STOPPED, _FINISHED)),
    ("resume", (_NOT_PUBLISHED, _NO, Become("live"), Become("closed"), _CLOSED, _STOPPED, _FINISHED)),
    ("close", (_NOT_PUBLISHED, Become("closed"), Become("paused_shut"), _NO, _NO, _STOPPED, _FINISHED)),
    ("stop", (_NOT_PUBLISHED, _STOP, _STOP, _STOP, _STOP, _NO, _FINISHED)),
    (
        "restart",
        (
            _NOT_PUBLISHED,
            Refuse("is_running"),
            _USE_RESUME,
            _USE_RESUME,
            _CLOSED,
            NewVersion("live"),
            NewVersion("live"),
        ),
    ),
    (
        "delete",
        (
            Delete(),
            Refuse("pause_or_stop_first"),
            Delete(stop_first=True),
            Delete(stop_first=True),
            Refuse("closed_not_deletable"),
            Delete(),
            Delete(),
        ),
    ),
    ("edit", (Become("draft"), Refuse("running_not_editable"), _DRAFT, _DRAFT, _DRAFT, _DRAFT, _DRAFT)),
)


def state_of(status: Status, *, entry_open: bool) -> State:
    """Return the column of the matrix in which a version stands."""
    return "paused_shut" if status == "paused" and not entry_open else status


def status_of(state: State) -> Status:
    """Return the status of a state."""
    return "paused" if state == "paused_shut" else state


def entry_is_open(state: State) -> bool:
    """Tell whether a version that takes this state has an open entry."""
    return state in {"live", "paused"}


def decide(command: Command | Making, status: Status, *, entry_open: bool) -> Outcome:
    """Return what a command of the matrix does to a version in this status; KeyError for the others."""
    return MATRIX[cast("Command", command), state_of(status, entry_open=entry_open)]


@dataclass(frozen=True, slots=True)
class Rights:
    """What the fence of a version allows to a unit of work."""

    may_admit: bool = False
    may_move: bool = False
    may_send: bool = False
    may_leave: bool = False

    def __str__(self) -> str:
        """Write the four bits in the order admit, move, send, leave."""
        return "".join(
            "1" if bit else "0" for bit in (self.may_admit, self.may_move, self.may_send, self.may_leave)
        )


def rights(
    status: Status,
    *,
    entry_open: bool,
    before_start: bool = False,
    entrants: Entrants = "queue",
    inside: Inside = "freeze",
) -> Rights:
    """Return the rights of a version's fence (lifecycle.md, Version statuses).

    `before_start` holds for a live version whose start date is still to come: admitted people queue.
    `entrants` and `inside` are the pause choices and count while paused only.
    """
    match status:
        case "live":
            going = not before_start
            return Rights(may_admit=entry_open, may_move=going, may_send=going, may_leave=True)
        case "paused":
            queues = entry_open and entrants == "queue"
            return Rights(may_admit=queues, may_move=inside != "freeze", may_leave=True)
        case "closed":
            return Rights(may_move=True, may_send=True, may_leave=True)
        case "draft" | "stopped" | "finished":
            return Rights()
