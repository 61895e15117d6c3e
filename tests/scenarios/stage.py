"""A stage for scenarios: a journey, people, a clock and commands, in words that a marketer reads.

    stage.journey(mail("hello"), wait("breathe", "2d"), mail("goodbye"))
    stage.on("Mon 9:00").comes("Anna")
    stage.on("Tue 9:00").close()
    story = stage.play()
    assert story["Anna"].mails == ["hello", "goodbye"]

The clock runs from Monday 2 March 2026, UTC, for four weeks; `Mon+1 9:00` is the Monday after. What is played is the
real engine: commands, compiled SQL and units of work as in a running installation, under a virtual clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from support.runner import (
    Case,
    Document,
    Outcome,
    Simulator,
    add,
    at,
    command,
    email,
    event,
    identify,
    remove,
    short,
)

__all__ = [
    "Stage",
    "Story",
    "awaits",
    "end",
    "experiment",
    "mail",
    "split",
    "update",
    "wait",
    "webhook",
]

Step: TypeAlias = tuple[str, Document]
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


# Steps ----------------------------------------------------------------------------------------------------------


def mail(name: str, **more: Any) -> Step:
    """Send a mail whose subject is the name of its step."""
    beside = {"next": more.pop("next")} if "next" in more else {}
    return name, {**email(more.pop("subject", name), **more), **beside}


def wait(name: str, how_long: str, **more: Any) -> Step:
    """Wait for a span such as `2d`."""
    return name, {"wait": {"for": how_long}, **more}


def awaits(name: str, happening: str, then: str, timeout: str, otherwise: str) -> Step:
    """Wait until the person does something, or until the time is out."""
    ways = [{"event": happening, "next": then}, {"timeout": timeout, "next": otherwise}]
    return name, {"wait_for": ways}


def split(name: str, when: Document, then: str, otherwise: str) -> Step:
    """Go two ways, by a condition."""
    return name, {"split": [{"when": when, "next": then}, {"else": True, "next": otherwise}]}


def experiment(name: str, one: str, other: str) -> Step:
    """Go two ways, half of the people each."""
    arms = [{"name": "A", "share": 50, "next": one}, {"name": "B", "share": 50, "next": other}]
    return name, {"experiment": arms}


def webhook(name: str, **more: Any) -> Step:
    """Call another system."""
    return name, {"webhook": {"url": "https://crm.example/hook", **more}}


def update(name: str, **traits: Any) -> Step:
    """Write into the profile."""
    return name, {"update_profile": {"set": traits}}


def end(name: str, starts: str | None = None) -> Step:
    """Be at an end, and perhaps start another journey."""
    return name, {"end": {"start": starts} if starts else {}}


# The stage ------------------------------------------------------------------------------------------------------


@dataclass
class Stage:
    """What is to be played. One journey is called `welcome` unless it gets another name; `Sign up` brings people in."""

    simulator: Simulator
    journeys: list[Document] = field(default_factory=list)
    files: dict[str, Document] = field(default_factory=dict)
    audiences: list[Document] = field(default_factory=list)
    feed: list[tuple[str, Document]] = field(default_factory=list)
    commands: list[Document] = field(default_factory=list)

    def journey(self, *steps: Step, key: str = "welcome", **settings: Any) -> None:
        """Put a journey on stage; it is published when the clock begins, unless a command publishes it."""
        self.journeys.append(document(steps, key, settings))

    def draft(self, name: str, *steps: Step, key: str = "welcome", **settings: Any) -> None:
        """Write another definition of the journey, to be saved as its draft by `saves`."""
        self.files[name] = document(steps, key, settings)

    def people(self, *names: str) -> None:
        """Let people be known, with an address, when the clock begins."""
        for name in names:
            line = identify("0:00", name, email=f"{name.lower()}@example.com")
            self.feed.append((line["timestamp"], line))

    def audience(self, key: str, *people: str) -> None:
        """Put a static audience on stage."""
        self.audiences.append({"audience": key, "members": list(people)})

    def on(self, when: str, journey: str = "welcome") -> Moment:
        """Return a moment, such as `Mon 9:00`."""
        return Moment(self, when_of(when), journey)

    def play(self, until: str = "Mon+4 0:00") -> Story:
        """Play everything up to a moment."""
        lines = sorted(self.feed, key=lambda line: line[0])
        case = Case(
            tuple(self.journeys), tuple(line for _, line in lines), tuple(self.commands), tuple(self.audiences),
            self.files, to=at(when_of(until)),
        )  # fmt: skip
        return Story(Outcome(self.simulator(case)))


@dataclass(frozen=True)
class Moment:
    """One instant on stage: what people do, and what is commanded then."""

    stage: Stage
    when: str
    key: str

    # People

    def comes(self, *people: str) -> Moment:
        """Let people do what brings them in."""
        return self.does("Sign up", *people)

    def does(self, happening: str, *people: str, **properties: Any) -> Moment:
        """Let people do something."""
        for person in people:
            self._feed(event(self.when, person, happening, **properties))
        return self

    def is_known(self, person: str, **traits: Any) -> Moment:
        """Let something become known of a person."""
        self._feed(identify(self.when, person, **traits))
        return self

    def joins(self, person: str, audience: str) -> Moment:
        """Let somebody become a member."""
        self._feed(add(self.when, person, audience))
        return self

    def quits(self, person: str, audience: str) -> Moment:
        """Let somebody be no member any more."""
        self._feed(remove(self.when, person, audience))
        return self

    # Commands

    def publish(self, **options: Any) -> Moment:
        """Start the draft."""
        return self.command("publish", **options)

    def pause(self, **options: Any) -> Moment:
        """Pause the journey."""
        return self.command("pause", **options)

    def resume(self, **options: Any) -> Moment:
        """Go on after a pause."""
        return self.command("resume", **options)

    def close(self, **options: Any) -> Moment:
        """Close to new entrances."""
        return self.command("close", **options)

    def stop(self, **options: Any) -> Moment:
        """Stop the journey."""
        return self.command("stop", **options)

    def restart(self, **options: Any) -> Moment:
        """Start again."""
        return self.command("restart", **options)

    def deletes(self, **options: Any) -> Moment:
        """Delete the journey."""
        return self.command("delete", **options)

    def moves_everybody(self, **answers: Any) -> Moment:
        """Publish the draft and let the people inside go on in it; answers are STEP="step", or STEP=None to drop out."""
        return self.command("publish", people="move", **_given(answers))

    def resumes_with_changes(self, **answers: Any) -> Moment:
        """Publish the draft of a paused journey, move everybody to it, and go on."""
        return self.command("resume", with_changes=True, **_given(answers))

    def saves(self, name: str) -> Moment:
        """Save a definition as the journey's draft."""
        return self.command("apply", file=name)

    def adds(self, *people: str) -> Moment:
        """Add people by hand."""
        return self.command("add_people", user_ids=list(people))

    def removes(self, *people: str) -> Moment:
        """Take people out by hand."""
        return self.command("remove_people", user_ids=list(people))

    def forgets(self, person: str) -> Moment:
        """Delete a person's data."""
        return self.command("delete_profile", user_id=person)

    def answers(self, step: str, **options: Any) -> Moment:
        """Say what a message of a step comes to from now on."""
        return self.command("stub", step=step, **options)

    def command(self, name: str, version: int | None = None, **options: Any) -> Moment:
        """Give any command."""
        self.stage.commands.append(command(self.when, name, self.key, version, **options))
        return self

    def _feed(self, line: Document) -> None:
        self.stage.feed.append((line["timestamp"], line))


# The story ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Passage:
    """One person's way through the journey: the latest one, where there are several."""

    name: str
    passages: Sequence[Document]
    messages: Sequence[Document]
    refusals: Sequence[str]
    moves: Sequence[Document]

    @property
    def status(self) -> str | None:
        """How it is with the person: active, completed, …; None where the person never entered."""
        return self.passages[-1]["status"] if self.passages else None

    @property
    def statuses(self) -> list[str]:
        """How it is with each passage, oldest first."""
        return [passage["status"] for passage in self.passages]

    @property
    def reason(self) -> str | None:
        """Why the person dropped out, or was cancelled."""
        found: str | None = self.passages[-1]["reason"]
        return found

    @property
    def step(self) -> str | None:
        """Where the person stands, or stood in the end; None in the queue."""
        found: str | None = self.passages[-1]["step"]
        return found

    @property
    def version(self) -> int:
        """The version the person belongs to."""
        found: int = self.passages[-1]["version"]
        return found

    @property
    def entered(self) -> str | None:
        """When the person entered, as `Mon 9:00`."""
        return day_of(self.passages[-1]["entered_at"])

    @property
    def left(self) -> str | None:
        """When the person left."""
        return day_of(self.passages[-1]["left_at"])

    @property
    def mails(self) -> list[str]:
        """The mails that went out, in their order."""
        return [m["step"] for m in self.messages if m["outcome"] in ("sent", "uncertain")]

    @property
    def mailed(self) -> list[tuple[str, str | None]]:
        """The mails that went out, and when."""
        return [(m["step"], day_of(m["at"])) for m in self.messages if m["outcome"] in ("sent", "uncertain")]

    @property
    def unsent(self) -> list[tuple[str, str, str | None]]:
        """Messages that did not go out: step, what became of them, why."""
        return [
            (m["step"], m["outcome"], m["reason"])
            for m in self.messages
            if m["outcome"] not in ("sent", "uncertain")
        ]

    @property
    def way(self) -> list[str]:
        """The steps entered, in their order."""
        return [move["to"] for move in self.moves if move["to"]]


@dataclass(frozen=True)
class Story:
    """What came of it."""

    outcome: Outcome

    def __getitem__(self, person: str) -> Passage:
        """Return a person's way through the journey `welcome`."""
        return self.of(person)

    def of(self, person: str, journey: str = "welcome") -> Passage:
        """Return a person's way through a journey."""

        def lines(kind: str) -> list[Document]:
            found = self.outcome.kind(kind)
            return [line for line in found if line["user_id"] == person and line["journey"] == journey]

        refusals = [line["reason"] for line in lines("refusal")]
        moves = lines("move")
        way = [move["to"] for move in moves]
        # Those of one instant in the order in which the person came to them.
        messages = sorted(lines("message"), key=lambda line: (line["at"], way.index(line["step"])))
        return Passage(person, lines("participant"), messages, refusals, moves)

    def status(self, version: int = 1, journey: str = "welcome") -> str:
        """Return the status of a version in the end."""
        found: str = self.book(version, journey)["status"]
        return found

    def book(self, version: int = 1, journey: str = "welcome") -> Document:
        """Return the ledger of a version in the end."""
        return self.outcome.ledger(version, journey)

    def versions(self, journey: str = "welcome") -> list[str]:
        """Return the status of each version, oldest first."""
        return [line["status"] for line in self.outcome.kind("ledger") if line["journey"] == journey]

    @property
    def answers(self) -> list[str]:
        """What commands were answered: `close: live > closed`, `resume: ✗ stopped_is_final`, `pause: paused`."""
        return [_answer(line) for line in self.outcome.kind("command") if line["command"] != "stub"]

    def counts(self, name: str) -> Document:
        """Return the counts of the latest answer to a command."""
        found: Document = [c for c in self.outcome.kind("command") if c["command"] == name][-1]["counts"]
        return found

    @property
    def balanced(self) -> bool:
        """Whether everybody who entered is somewhere, in every version and at every step."""
        return all(_balances(line) for line in self.outcome.kind("ledger"))


def document(steps: Sequence[Step], key: str, settings: dict[str, Any]) -> Document:
    """Return the file of a journey; `who` is its re-entry, `audience` and `manual` triggers are left to `triggers`."""
    entry: Document = {"triggers": settings.pop("triggers", [{"event": "Sign up"}])}
    for name in (
        "filter",
        "exclude",
        "reentry",
        "start",
        "end",
        "at_end",
        "cap",
        "rate",
        "waves",
        "removes_from",
    ):
        if name in settings:
            entry[name] = settings.pop(name)
    return {"journey": key, "entry": entry, "steps": dict(steps), **settings}


def when_of(text: str) -> str:
    """Turn `Tue+1 9:00` into the short form of hand-worked cases, `+8 9:00`."""
    day, _, clock = text.partition(" ")
    name, _, weeks = day.partition("+")
    return f"{DAYS.index(name) + 7 * int(weeks or 0):+} {clock}"


def day_of(instant: str | None) -> str | None:
    """Turn an instant into `Tue+1 9:00`."""
    text = short(instant)
    if text is None:
        return None
    days, _, clock = text.rpartition(" ")
    weeks, day = divmod(int(days or 0), 7)
    return f"{DAYS[day]}{f'+{weeks}' if weeks else ''} {clock}"


def _given(answers: dict[str, Any]) -> Document:
    said = {step: {"to": to} if to else {"drop_out": True} for step, to in answers.items()}
    return {"answers": said} if said else {}


def _answer(line: Document) -> str:
    if line["error"]:
        return f"{line['command']}: error {line['error']}"
    if line["refused"]:
        return f"{line['command']}: ✗ {line['refused']}"
    if line["from"] is None:
        return f"{line['command']}: a new version, {line['to']}"
    if line["to"] is None:
        return f"{line['command']}: {line['from']} > gone"
    if line["from"] == line["to"]:
        return f"{line['command']}: {line['to']}"
    return f"{line['command']}: {line['from']} > {line['to']}"


def _balances(book: Document) -> bool:
    terminal = sum(book[name] for name in ("active", "completed", "succeeded", "dropped_out", "cancelled"))
    steps = all(step["in"] == step["here"] + step["out"] for step in book["steps"].values())
    return book["entered"] + book["transferred_in"] == terminal + book["transferred_out"] and steps
