"""A journey driven by commands while two real workers move its people; what was promised is held against the record.

The machine's moves are drawn by hypothesis (`tests/property/test_machine.py`); everything runs in one event loop in a
thread of its own, so that the workers go on while the next move is drawn.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

from parcours.domain.lifecycle import Become, Command, NewVersion, Refuse, State, decide, state_of, status_of
from support.postgres import Server
from support.runner import email, journey
from support.worker import Answer, Document, Installation, eventually, installed, line, people

__all__ = ["KEY", "PEOPLE", "Machine", "Shown", "definition"]

KEY = "driven"
PEOPLE = 40
T = TypeVar("T")

SHOWN = """SELECT v.version_no, v.status, v.entry_open, v.settling FROM parcours.version v
    JOIN parcours.journey j USING (journey_id) WHERE j.journey_key = %(key)s ORDER BY v.version_no"""
# What a command forbids: going on to another step, being admitted; by version.
MOVED = """SELECT v.version_no, count(*) FILTER (WHERE m.path <> '{}'),
        count(*) FILTER (WHERE m.entered)
    FROM parcours.passage m JOIN parcours.version v USING (version_id)
    JOIN parcours.journey j ON j.journey_id = v.journey_id
    WHERE j.journey_key = %(key)s AND m.cause NOT IN ('stop', 'transfer') GROUP BY 1"""
# Versions by message, for what the mail server saw.
MESSAGES = """SELECT m.message_id::text, v.version_no, m.state
    FROM parcours.message m JOIN parcours.version v USING (version_id)"""
TORN = """SELECT count(*) FROM (
    SELECT q.bucket, q.journey_id, q.profile_id, q.entry_no FROM parcours.participant q
    LEFT JOIN parcours.passage m USING (bucket, journey_id, profile_id, entry_no)
    GROUP BY 1, 2, 3, 4 HAVING count(DISTINCT m.seq) <> max(q.seq) - min(m.seq) + 1 OR max(m.seq) <> max(q.seq)) torn"""


def definition(number: int, *, mails: int, wait: str) -> Document:
    """A definition in which everybody moves all the time; `number` is written into its subjects."""
    steps: Document = {}
    for n in range(mails):
        steps[f"mail{n}"] = email(f"{KEY} {number} {n}")
        steps[f"wait{n}"] = {"wait": {"for": wait}}
    steps["listen"] = {
        "wait_for": [{"event": "Yes", "next": "thanks"}, {"timeout": "1s", "next": "end"}],
    }
    steps["thanks"] = email(f"{KEY} {number} thanks")
    document = journey({**steps, "end": {"end": {}}}, KEY, triggers=[{"event": "Go"}])
    document["entry"]["reentry"] = {"mode": "always"}
    document["exit"] = [{"event": "Leave"}]
    return document


@dataclass(frozen=True)
class Shown:
    """What the database says of a version."""

    number: int
    state: State
    settling: bool


@dataclass
class Silence:
    """Since when a version promises what: the figures that may not grow."""

    moved: int | None  # None: may move
    admitted: int | None
    mailed: int | None


@dataclass
class Machine:
    """An installation with two workers, one journey, and what its commands have promised so far."""

    server: Server
    number: int = 0
    silences: dict[int, Silence] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start the loop, the database, the workers, and publish the first version."""
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.clone = self.server.clone()
        url = self.clone.__enter__()
        self.stack = AsyncExitStack()
        self.do(self._begin(url))

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the loop of the workers."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)

    async def _begin(self, url: str) -> None:
        self.here: Installation = await self.stack.enter_async_context(
            installed(url, "one", "two", delays={"dot": 0.002})
        )
        await self.here.feed(*people("u", range(PEOPLE)))

    def close(self) -> None:
        """End everything."""
        try:
            self.do(self.stack.aclose())
        finally:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join(20)
            self.loop.close()
            self.clone.__exit__(None, None, None)

    # What the world does -------------------------------------------------------------------------------------------

    async def feed(self, name: str, numbers: list[int]) -> None:
        """Let an event happen to some people."""
        await self.here.feed(*(line("track", f"u{n}", name) for n in numbers))

    async def mails(self, more: int) -> None:
        """Wait until so many further mails have come, or until nothing is on its way any more."""
        goal = len(self.here.sink.arrivals) + more
        calm = 0

        async def come() -> bool:
            nonlocal calm
            calm += 1
            return len(self.here.sink.arrivals) >= goal or calm > 60

        await eventually(come, what=self.here.state)

    # Commands ------------------------------------------------------------------------------------------------------

    async def shown(self) -> dict[int, Shown]:
        """Return what the database says of each version."""
        return {
            number: Shown(number, state_of(status, entry_open=entry), settling is not None)
            for number, status, entry, settling in await self.here.rows(SHOWN, key=KEY)
        }

    async def draft(self, *, mails: int, wait: str) -> None:
        """Write a definition into the draft."""
        self.number += 1
        await self.here.apply(definition(self.number, mails=mails, wait=wait))

    async def publish(self, *, move: bool, to: str | None) -> Answer:
        """Publish the draft; people who are moved from steps that it lacks go to a step, or drop out."""
        if not move:
            return await self.command("publish", None)
        rows = await self.here.rows(
            "SELECT status = 'draft', array(SELECT json_object_keys(definition -> 'steps')) FROM parcours.version"
        )
        new = {step for draft, steps in rows if draft for step in steps}
        gone = {
            step for draft, steps in rows if not draft for step in steps if step not in new and step != "end"
        }
        answers = {step: {"to": to} if to else {"drop_out": True} for step in sorted(gone)}
        return await self.command("publish", None, people="move", answers=answers)

    async def command(self, name: Command, number: int | None, **options: Any) -> Answer:
        """Give a command, hold its answer against the matrix, and remember what it promises."""
        before = await self.shown()
        answer = await self.here.command(KEY, name, version_no=number, options=options)
        self._judge(name, number, before, answer)
        await self.remember()
        return answer

    def _judge(self, name: Command, number: int | None, before: dict[int, Shown], answer: Answer) -> None:
        """An answer is one of those that the matrix allows; what finishes by itself may have done so meanwhile."""
        result = answer.result
        asked = [before[number]] if number is not None else list(before.values())
        if result.refused in (
            "still_settling",
            "draft_exists",
            "answers_needed",
            "kind_changed",
            "pause_choice_fixed",
        ):
            assert result.refused != "still_settling" or any(one.settling for one in before.values()), result
            assert result.refused != "draft_exists" or any(one.state == "draft" for one in before.values())
            return
        legal: set[tuple[str | None, str | None]] = set()  # refusal, status afterwards
        for one in asked:
            for state in {one.state, "finished" if one.state == "closed" else one.state}:
                outcome = decide(name, status_of(state), entry_open=state in ("live", "paused"))
                match outcome:
                    case Become(to):
                        legal |= {
                            (None, status_of(to)),
                            (None, "finished" if to == "closed" else status_of(to)),
                        }
                    case NewVersion(to):
                        legal |= {
                            (None, status_of(to)),
                            (None, "draft"),
                        }  # the draft that stands is the answer
                    case Refuse(code):
                        legal |= {(code, status_of(state)), (code, "finished")}
                    case _:
                        legal.add((None, status_of(state)))
        assert (result.refused, result.to_status) in legal, (name, number, before, result, legal)

    # Promises ------------------------------------------------------------------------------------------------------

    async def figures(self) -> tuple[dict[int, tuple[int, int]], Counter[int]]:
        """Return moves and admissions of each version, and the mails of each that the mail server accepted."""
        moved = {number: (m, e) for number, m, e in await self.here.rows(MOVED, key=KEY)}
        version = {key: number for key, number, _ in await self.here.rows(MESSAGES)}
        mailed = Counter(
            version[one.message_id] for one in list(self.here.sink.arrivals) if one.message_id in version
        )
        return moved, mailed

    async def remember(self) -> None:
        """Note, for each version, what may not grow from here on."""
        shown = await self.shown()
        moved, mailed = await self.figures()
        pauses = dict(
            await self.here.rows(
                "SELECT version_no, coalesce(pause ->> 'inside', 'freeze') FROM parcours.version"
            )
        )
        for number, one in shown.items():
            moves, admissions = moved.get(number, (0, 0))
            frozen = one.state in ("paused", "paused_shut") and pauses[number] == "freeze"
            silent = one.state in ("paused", "paused_shut", "stopped", "finished")
            shut = one.state in ("paused_shut", "closed", "stopped", "finished")
            known = self.silences.get(number)
            self.silences[number] = Silence(
                _first(
                    known.moved if known else None,
                    moves,
                    holds=frozen or one.state in ("stopped", "finished"),
                ),
                _first(known.admitted if known else None, admissions, holds=shut),
                _first(known.mailed if known else None, mailed[number], holds=silent),
            )

    async def hold(self) -> None:
        """Hold the figures against what was promised. (A draft promises nothing; a queue's release is a move.)"""
        moved, mailed = await self.figures()
        for number, promise in self.silences.items():
            moves, admissions = moved.get(number, (0, 0))
            assert promise.moved is None or moves == promise.moved, f"version {number} moved"
            assert promise.admitted is None or admissions == promise.admitted, f"version {number} admitted"
            assert promise.mailed is None or mailed[number] == promise.mailed, f"version {number} mailed"

    # The end -------------------------------------------------------------------------------------------------------

    async def drain(self) -> None:
        """Let everybody go to an end; then nobody is lost, and no mail was handed over twice."""
        for number, one in (await self.shown()).items():
            if one.state in ("paused", "paused_shut"):
                await self.settled()
                await self.command("resume", number)
        await self.settled()
        if any(one.state == "live" for one in (await self.shown()).values()):
            await self.command("close", None)
        here = self.here
        await here.until("SELECT count(*) FROM parcours.participant WHERE finished_at IS NULL", 0, within=60)
        for table in ("pending", "inbox", "kept", "eligible"):
            await here.until(f"SELECT count(*) FROM parcours.{table}", 0, within=30)
        await here.until(
            "SELECT count(*) FROM parcours.version WHERE status NOT IN ('draft', 'stopped', 'finished')",
            0,
            within=30,
        )
        await self.settled()
        states = {key: state for key, _, state in await here.rows(MESSAGES)}
        assert set(states.values()) <= {"sent", "uncertain", "cancelled", "skipped"}, Counter(states.values())
        handed = Counter(arrival.message_id for arrival in here.sink.arrivals)
        assert [key for key, n in handed.items() if n > 1 and states[key] != "uncertain"] == []
        assert [key for key, state in states.items() if state == "sent" and handed[key] != 1] == []
        assert [
            key for key, state in states.items() if state in ("cancelled", "skipped") and handed[key]
        ] == []
        assert await here.one(TORN) == 0
        for ledger in await here.ledgers():
            assert ledger.balances, ledger.mismatches
        assert [trouble for one in here.workers.values() for trouble in one.log.troubles] == []

    async def settled(self) -> None:
        """Wait until what commands made true is written down."""
        await self.here.until(
            "SELECT count(*) FROM parcours.version WHERE settling IS NOT NULL", 0, within=60
        )


def _first(known: int | None, present: int, *, holds: bool) -> int | None:
    """Keep the figure of the answer that promised it first; none where nothing is promised any more."""
    if not holds:
        return None
    return present if known is None else known
