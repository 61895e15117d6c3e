"""The demonstration from its beginning to its end: people in, journeys on, mails out, numbers shown."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from parcours.channels.email import EmailChannel
from parcours.channels.mailbox import Mailbox
from parcours.channels.smtp import Server
from parcours.demo.live import live
from parcours.demo.pace import DAY
from parcours.demo.screen import Facts, Summary, plain, read_summary, table
from parcours.demo.stage import (
    Cast,
    count_people,
    declare_types,
    gather,
    invite_visitor,
    load,
    publish_journeys,
    win_back,
)
from parcours.demo.traffic import Traffic
from parcours.demo.words import farewell, hints
from parcours.domain.records import FeedLine
from parcours.observe import Event, Trouble
from parcours.service.watch.ledger import read_ledgers
from parcours.wiring import Installation, mailbox_folder, work

__all__ = ["Options", "run_demo"]

_REFRESH: Final = 0.5  # seconds, on a terminal
_LINES_EVERY: Final = 5.0  # seconds, without one
_WIN_BACK_AFTER: Final = 6.0  # seconds, in which carts and sign-ups are seen
_SHOW_TROUBLE: Final = 10.0  # seconds
_MAILS_PER_SECOND: Final = 300.0  # the mailbox is on this machine


@dataclass(frozen=True, slots=True)
class Options:
    """What may be chosen. `seconds` None: until somebody ends it. `program`: how parcours is called here."""

    people: int = 5000
    seed: int = 1
    seconds: float | None = None
    program: str = "parcours"


async def run_demo(installed: Installation, options: Options, console: Console) -> bool:
    """Run the demonstration until its time is over or somebody ends it; return whether all was well.

    All is well when mails arrived and every ledger balances. The installation is the demonstration's own
    (place.py). Raises ParcoursError where the database or the mailbox fails.
    """
    ended = asyncio.Event()
    with _ended_by_signals(ended):
        async with installed.database.transaction() as connection:
            known = await count_people(connection)
        began = installed.clock.now()
        cast = await asyncio.to_thread(gather, options.people, seed=options.seed, end=began)
        mailbox = Mailbox(mailbox_folder(installed.settings), installed.clock)
        if known == 0:
            await asyncio.to_thread(mailbox.clear)
            await _load(installed, cast, console, ended)
        if ended.is_set():
            return False
        await declare_types(installed)
        await publish_journeys(installed)
        show = _Show(installed, options, console, cast, mailbox, first=known == 0)
        try:
            return await show.run(ended)
        except ExceptionGroup as group:  # of the tasks; the first is the cause
            raise group.exceptions[0] from None


@dataclass
class _Show:
    """One run, the stage being set."""

    installed: Installation
    options: Options
    console: Console
    cast: Cast
    mailbox: Mailbox
    first: bool  # the database is new
    trouble: str = ""
    troubled_at: float = 0.0  # on the loop's clock
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, ended: asyncio.Event) -> bool:
        start = self.installed.clock.now()
        traffic = Traffic(self.installed, await self._lines(start))
        async with self._channel() as channel, asyncio.TaskGroup() as group:
            working = group.create_task(
                work(self.installed, {"email": channel}, self, self.stop, name="demo")
            )
            feeding = group.create_task(traffic.run(ended))
            adding = group.create_task(self._win_back())
            elapsed = await self._watch(ended, traffic)
            ended.set()
            adding.cancel()
            await feeding
            self.stop.set()
            await working
        return await self._final(elapsed, traffic)

    def observe(self, event: Event) -> None:
        """Remember the latest trouble, to be shown; nothing else of what the worker tells is worth a line."""
        if isinstance(event, Trouble):
            first = event.message.partition("\n")[0]
            self.trouble = f"{event.place}: {first} ({event.code}); tried again"
            self.troubled_at = asyncio.get_running_loop().time()

    async def _lines(self, start: datetime) -> Iterator[FeedLine]:
        async with self.installed.database.transaction() as connection:
            joined = await count_people(connection)
        away = self.cast.silent if self.first else []
        return live(self.cast.people, away, seed=self.options.seed, start=start, day=DAY, joined=joined)

    async def _win_back(self) -> None:
        if self.first:
            await asyncio.sleep(_WIN_BACK_AFTER)
            await win_back(self.installed, self.cast.added)

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator[EmailChannel]:
        """Yield the way to the mailbox. Sample mails go nowhere else, whatever server is set."""
        port = await self.mailbox.start()
        server = Server(host="127.0.0.1", port=port)
        try:
            yield EmailChannel(server, connections=4, capacity_per_second=_MAILS_PER_SECOND)
        finally:
            await self.mailbox.stop()

    async def _watch(self, ended: asyncio.Event, traffic: Traffic) -> float:
        """Show the numbers until the end; return after how many seconds it came."""
        settings, first = self.installed.settings, self.cast.refused or self.cast.added or ["c100001"]
        link = await invite_visitor(self.installed)
        for line in hints(settings, self.options.program, first[0], link):
            self.console.print(line, highlight=False, soft_wrap=True)
        loop = asyncio.get_running_loop()
        began = loop.time()
        on_terminal = self.console.is_terminal
        with Live(console=self.console, auto_refresh=False) if on_terminal else nullcontext() as screen:
            while not ended.is_set():
                elapsed = loop.time() - began
                if self.options.seconds is not None and elapsed >= self.options.seconds:
                    break
                summary, facts = await self._numbers(elapsed, traffic)
                if screen is not None:
                    screen.update(table(summary, facts, self.console.width), refresh=True)
                else:
                    self._print(summary, facts)
                await self._pause(ended, _REFRESH if on_terminal else _LINES_EVERY, elapsed)
        return loop.time() - began

    async def _pause(self, ended: asyncio.Event, seconds: float, elapsed: float) -> None:
        if self.options.seconds is not None:
            seconds = min(seconds, self.options.seconds - elapsed)
        with suppress(TimeoutError):  # not wait_for, which on Python 3.11 may swallow a cancellation
            async with asyncio.timeout(max(seconds, 0.0)):
                await ended.wait()

    async def _numbers(self, elapsed: float, traffic: Traffic) -> tuple[Summary, Facts]:
        async with self.installed.database.transaction() as connection:
            summary = await read_summary(connection)
        recent = asyncio.get_running_loop().time() - self.troubled_at < _SHOW_TROUBLE
        trouble = self.trouble if recent else ""
        return summary, Facts(elapsed, DAY, traffic.taken, self.mailbox.count(), trouble)

    def _print(self, summary: Summary, facts: Facts) -> None:
        for line in plain(summary, facts):
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    async def _final(self, elapsed: float, traffic: Traffic) -> bool:
        """Print the last numbers and whether they are right."""
        summary, facts = await self._numbers(elapsed, traffic)
        async with self.installed.database.transaction() as connection:
            ledgers = await read_ledgers(connection)
        wrong = [f"{ledger.journey} {m}" for ledger in ledgers for m in ledger.mismatches]
        said = wrong or ["Every ledger balances: everybody who entered is inside or has left, counted twice."]
        if facts.mailbox == 0:
            said.append("No mail arrived.")
        if not self.console.is_terminal:
            self._print(summary, facts)
        for line in [*said, *farewell(self.installed.settings, self.options.program)]:
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)
        return facts.mailbox > 0 and not wrong


async def _load(installed: Installation, cast: Cast, console: Console, ended: asyncio.Event) -> None:
    """Load the history, with a bar on a terminal and a line elsewhere."""
    words = f"Loading {len(cast.people):,} people and six weeks of their history"
    if not console.is_terminal:
        console.print(f"{words}: {len(cast.lines):,} lines.", highlight=False)
        await load(installed, cast.lines, loaded=lambda _: None, ended=ended)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(words, total=len(cast.lines))
        await load(installed, cast.lines, loaded=lambda n: bar.update(task, completed=n), ended=ended)


@contextmanager
def _ended_by_signals(ended: asyncio.Event) -> Iterator[None]:
    """Let the first Ctrl-C, or a SIGTERM, end the demonstration; the second Ctrl-C breaks it off."""
    loop = asyncio.get_running_loop()

    def end(number: signal.Signals) -> None:
        loop.remove_signal_handler(number)
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end, number)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
