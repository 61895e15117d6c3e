"""A machine of random commands, events and drafts against a real database and two workers: every answer is legal, and
what it promises holds until another command takes it back."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from parcours.domain.lifecycle import Command
from support.examples import examples
from support.machine import PEOPLE, Machine
from support.postgres import Server

COMMANDS: tuple[Command, ...] = (
    "pause",
    "pause",
    "pause",
    "resume",
    "resume",
    "close",
    "stop",
    "restart",
    "edit",
)
PAUSES: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"entrants": "drop"},
    {"timers": "extend"},
    {"inside": "hold"},
    {"inside": "discard"},
    {"catch_up": 20},
)
some_people = st.lists(st.integers(0, PEOPLE - 1), min_size=1, max_size=12)


def machine_on(server: Server) -> type[RuleBasedStateMachine]:
    """Return the machine's class for a server of tests."""

    class Driven(RuleBasedStateMachine):
        """Its rules are what people, marketers and the clock do."""

        machine: Machine

        @initialize(mails=st.integers(1, 2))
        def begin(self, mails: int) -> None:
            self.machine = Machine(server)
            self.machine.do(self.machine.draft(mails=mails, wait="1s"))
            self.machine.do(self.machine.command("publish", None))

        @rule(name=st.sampled_from(("Go", "Go", "Go", "Yes", "Leave")), numbers=some_people)
        def feed(self, name: str, numbers: list[int]) -> None:
            self.machine.do(self.machine.feed(name, numbers))

        @rule(more=st.integers(1, 6))
        def wait_for_mails(self, more: int) -> None:
            self.machine.do(self.machine.mails(more))

        @rule(mails=st.integers(1, 2), wait=st.sampled_from(("1s", "2s")))
        def write_draft(self, mails: int, wait: str) -> None:
            self.machine.do(self.machine.draft(mails=mails, wait=wait))

        @rule(name=st.sampled_from(COMMANDS), data=st.data(), entering=some_people, more=st.integers(0, 6))
        def command(self, name: Command, data: Any, entering: list[int], more: int) -> None:
            self.machine.do(self.machine.feed("Go", entering))
            self.machine.do(self.machine.mails(more))
            numbers = sorted(self.machine.do(self.machine.shown()))
            number = data.draw(st.sampled_from((None, None, *numbers)))
            options = data.draw(st.sampled_from(PAUSES)) if name == "pause" else {}
            self.machine.do(self.machine.command(name, number, **options))
            self.machine.do(self.machine.mails(4))
            self.machine.do(self.machine.hold())

        @precondition(
            lambda self: "draft" in {one.state for one in self.machine.do(self.machine.shown()).values()}
        )
        @rule(move=st.booleans(), to=st.sampled_from((None, "listen")), more=st.integers(0, 4))
        def publish(self, move: bool, to: str | None, more: int) -> None:
            self.machine.do(self.machine.publish(move=move, to=to))
            self.machine.do(self.machine.mails(more))

        @invariant()
        def promises_hold(self) -> None:
            if hasattr(self, "machine"):
                self.machine.do(self.machine.hold())

        def teardown(self) -> None:
            if not hasattr(self, "machine"):
                return
            try:
                self.machine.do(self.machine.drain())
            finally:
                self.machine.close()

    return Driven


def test_every_answer_is_legal_and_every_promise_holds(postgres: Server) -> None:
    run_state_machine_as_test(
        machine_on(postgres),
        settings=settings(
            max_examples=examples(6), stateful_step_count=14, phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
