"""What commands promise from their answer on, as a table: each row is one command, given to a journey in one state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

__all__ = ["ROWS", "Change", "Row", "Silence", "State"]

State: TypeAlias = Literal["live", "with_draft", "paused", "paused_shut", "closed", "stopped", "finished"]

# What does not happen any more, in the versions that the command concerns, from its commit on:
#   everything  nothing at all: nobody enters, moves, leaves (but as cancelled)
#   moves       nobody goes to another step; people may still leave by goal, exit rule, exclusion, deletion
#   queue       nobody goes from the queue to the first step
#   admissions  nobody is admitted
#   hand_overs  nothing is handed to the mail server, but what it held at the commit; nothing at all behind the answer
#   any_mail    the same, for the mails of every journey
Silence: TypeAlias = Literal["everything", "moves", "queue", "admissions", "hand_overs", "any_mail"]

# What does happen behind the answer, in a moment:
#   moves       somebody goes to another step
#   released    nobody of those who queued is in the queue any more
#   admissions  somebody is admitted to the newest version
#   over        everybody inside has gone on to the end, and the version is finished
#   cancelled   everybody who was inside is cancelled
#   carried     nobody is inside the former versions any more: all are in the newest one
#   draft       a draft stands beside what was published, and nobody is in it
#   gone        the journey is unknown, and its rows are removed
#   mails       mails leave again
#   paced       those who were set free went one after the other
#   extended    who waited when the pause began waits longer by the length of the pause
Change: TypeAlias = Literal[
    "moves", "released", "admissions", "over", "cancelled", "carried", "draft", "gone", "mails", "paced", "extended"
]  # fmt: skip

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True)
class Row:
    """One command from one state: `begins` are options of the pause that comes before; `to` is the status answered.

    `later`: the engine does it by itself, so many seconds behind the answer: `to` holds from then on.
    """

    name: str
    state: State
    command: str
    to: str | None
    silences: tuple[Silence, ...] = ()
    changes: tuple[Change, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    begins: Mapping[str, Any] = field(default_factory=dict)
    later: bool = False
    then: str | None = None  # of a pause that ends by itself: what it becomes


FROZEN: Final = ("moves", "hand_overs")
STOPPED: Final = ("everything", "hand_overs")

ROWS: Final[tuple[Row, ...]] = (
    Row("pause", "live", "pause", "paused", FROZEN),
    Row("pause, drop", "live", "pause", "paused", (*FROZEN, "admissions"), options={"entrants": "drop"}),
    Row("pause, hold", "live", "pause", "paused", ("queue", "hand_overs"), ("moves",), {"inside": "hold"}),
    Row("pause, discard", "live", "pause", "paused", ("queue", "hand_overs"), ("moves",), {"inside": "discard"}),
    Row("pause, extend", "live", "pause", "paused", FROZEN, ("extended",), {"timers": "extend"}),
    Row("pause, catch_up", "live", "pause", "paused", FROZEN, ("paced",), {"catch_up": 40}),
    Row("pause of a closed one", "closed", "pause", "paused", (*FROZEN, "admissions")),
    Row("pause again: drop", "paused", "pause", "paused", (*FROZEN, "admissions"), options={"entrants": "drop"}),
    Row("pause until, resume", "live", "pause", "paused", FROZEN, ("moves",), {"then": "resume"}, then="live"),
    Row("pause until, close", "live", "pause", "paused", FROZEN, ("over",), {"then": "close"}, then="closed"),
    Row("pause until, stop", "live", "pause", "paused", FROZEN, ("cancelled",), {"then": "stop"}, then="stopped"),
    Row("resume", "paused", "resume", "live", (), ("released", "moves")),
    Row("resume after hold", "paused", "resume", "live", (), ("released", "mails"), begins={"inside": "hold"}),
    Row("resume, shut", "paused_shut", "resume", "closed", ("admissions",), ("over",)),
    Row("resume with changes", "paused", "resume", "live", ("everything", "hand_overs"),
        ("carried", "released", "moves"), {"with_changes": True}),
    Row("close", "live", "close", "closed", ("admissions",), ("over",)),
    Row("close of a paused one", "paused", "close", "paused", (*FROZEN, "admissions")),
    Row("close, given for later", "live", "close", "closed", ("admissions",), ("over",), later=True),
    Row("stop", "live", "stop", "stopped", STOPPED, ("cancelled",)),
    Row("stop of a paused one", "paused", "stop", "stopped", STOPPED, ("cancelled",)),
    Row("stop of a held one", "paused", "stop", "stopped", STOPPED, ("cancelled",), begins={"inside": "hold"}),
    Row("stop of a shut one", "paused_shut", "stop", "stopped", STOPPED, ("cancelled",)),
    Row("stop of a closed one", "closed", "stop", "stopped", STOPPED, ("cancelled",)),
    Row("stop, given for later", "live", "stop", "stopped", STOPPED, ("cancelled",), later=True),
    Row("restart of a stopped one", "stopped", "restart", "live", STOPPED, ("admissions", "cancelled")),
    Row("restart of a finished one", "finished", "restart", "live", STOPPED, ("admissions",)),
    Row("edit of a paused one", "paused", "edit", "draft", FROZEN, ("draft",)),
    Row("edit of a stopped one", "stopped", "edit", "draft", STOPPED, ("draft",)),
    Row("new version", "live", "new_version", "draft", (), ("draft", "admissions")),
    Row("duplicate", "live", "duplicate", "draft", (), ("admissions",)),
    Row("publish, people stay", "with_draft", "publish", "live", ("admissions",), ("admissions", "over")),
    Row("publish, people move", "with_draft", "publish", "live", ("everything", "hand_overs"),
        ("carried", "admissions", "moves"), {"people": "move"}),
    Row("delete a stopped one", "stopped", "delete", None, STOPPED, ("gone",)),
    Row("delete a paused one", "paused", "delete", None, STOPPED, ("gone",), {"stop_first": True}),
    Row("hold all sending", "live", "hold", "held", ("any_mail",), ("moves",)),
    Row("release all sending", "live", "release", "sending", (), ("mails",)),
)  # fmt: skip
