"""Random commands for the cases of the reference and the engine."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from support.strategies_consent import consent_commands
from support.strategies_journeys import steps_of
from support.strategies_pauses import pause_options, second_options
from support.strategies_values import LAST, Document, slot
from support.strategies_webhooks import webhook_stubs

__all__ = ["command", "commands"]

STUBS: tuple[Document, ...] = (
    {"outcome": "sent"},
    {"outcome": "uncertain"},
    {"outcome": "rejected"},
    {"outcome": "skipped", "reason": "suppressed"},
    {"outcome": "skipped", "reason": "frequency_cap"},
)


@st.composite
def commands(
    draw: st.DrawFn, people: tuple[str, ...], documents: list[Document], files: dict[str, Document]
) -> list[Document]:
    """Draw one command, or a few that belong together."""
    document = draw(st.sampled_from(documents))
    key = document["journey"]
    at = draw(st.integers(0, LAST))
    some = st.lists(st.sampled_from((*people, "stranger")), min_size=1, max_size=3)
    kind = draw(st.sampled_from(_COMMAND_KINDS))
    if kind == "consent":
        return draw(consent_commands())
    match kind:
        case "pause and resume":
            at = draw(st.integers(0, LAST // 2))
            until = at + draw(st.integers(0, LAST // 2))
            begins = command(at, key, "pause", **draw(pause_options(at)))
            if draw(st.integers(0, 3)):
                return [begins, command(until, key, "resume")]
            between = draw(st.integers(at, until))
            again = command(between, key, "pause", **draw(second_options(between)))
            return [begins, again, command(until, key, "resume")]
        case "apply and publish":
            found = [name for name, file in files.items() if file["journey"] == key]
            if not found:
                return []
            apply = [command(at, key, "apply", file=found[0])]
            then = draw(st.integers(at, min(at + 4, LAST)))
            options = draw(st.sampled_from(({}, {"people": "stay"})))
            return [*apply, command(then, key, "publish", **options)]
        case "stop and restart":
            until = draw(st.integers(at, LAST))
            return [
                command(at, key, draw(st.sampled_from(("stop", "close")))),
                command(until, key, "restart"),
            ]
        case "new version and publish":
            until = draw(st.integers(at, LAST))
            number = draw(st.sampled_from((None, None, 1, 2)))
            given = {} if number is None else {"from": number}
            return [command(at, key, "new_version", **given), command(until, key, "publish")]
        case "pause and edit":
            until = draw(st.integers(at, LAST))
            return [command(at, key, "pause"), command(until, key, "edit"), command(until, key, "publish")]
        case "publish and backfill":
            options = {"backfill": draw(st.sampled_from(("30m", "2h", "4h", "30d")))}
            if draw(st.integers(0, 3)) == 0:
                at = 0
            return [command(at, key, "publish", **options)]
        case "restart and backfill":
            until = draw(st.integers(at, LAST))
            options = {"backfill": draw(st.sampled_from(("30m", "2h", "4h", "30d")))}
            ends = command(until, key, "publish", **options)
            begins = command(at, key, draw(st.sampled_from(("stop", "close", "pause"))))
            return [begins, command(at, key, "new_version"), ends]
        case "delete":
            until = draw(st.integers(at, LAST))
            begins = command(at, key, draw(st.sampled_from(("stop", "stop", "pause", "close"))))
            choice: Document = draw(st.sampled_from(({}, {"stop_first": True})))
            version = draw(st.sampled_from((None, None, 1, 2)))
            gone = command(until, key, "delete", **choice)
            anew = [name for name, file in files.items() if file["journey"] == key][:1]
            anew_lines = [command(until, key, "apply", file=name) for name in anew]
            gone = gone if version is None else {**gone, "version": version}
            return [begins, gone, *anew_lines, command(until, key, "publish")]
        case "hold and release":
            until = draw(st.integers(at, LAST))
            held = [command(at, None, "hold_sending")]
            return [*held, *([command(until, None, "release_sending")] if draw(st.integers(0, 3)) else [])]
        case "duplicate":
            until = draw(st.integers(at, LAST))
            return [command(at, key, "duplicate"), command(until, f"{key}-copy", "publish")]
        case "add_people" | "remove_people":
            return [command(at, key, kind, user_ids=draw(some))]
        case "delete_profile":
            return [command(at, None, kind, user_id=draw(st.sampled_from((*people, "stranger"))))]
        case "stub":
            called = steps_of(document, "webhook")
            steps = [*steps_of(document, "email"), *called]
            if not steps:
                return []
            step = draw(st.sampled_from(steps))
            said = draw(webhook_stubs() if step in called and draw(st.booleans()) else st.sampled_from(STUBS))
            options = {"step": step, **said}
            if draw(st.integers(0, 2)) == 0:
                options["user_id"] = draw(st.sampled_from(people))
            return [command(draw(st.sampled_from((0, 0, at))), key, "stub", **options)]
        case _:
            line = command(at, draw(st.sampled_from((key,) * 9 + ("unknown",))), kind)
            version = draw(st.sampled_from((None, None, None, None, 1, 2, 9)))
            return [line if version is None else {**line, "version": version}]


_COMMAND_KINDS = (
    *("pause and resume",) * 5,
    *("apply and publish",) * 3,
    *("pause", "resume", "close", "close", "stop", "publish"),
    *("stop and restart", "stop and restart", "new version and publish", "pause and edit", "duplicate"),
    *("restart", "new_version", "edit", "delete", "delete", "publish and backfill", "restart and backfill"),
    *("add_people", "add_people", "remove_people", "delete_profile"),
    *("stub",) * 4,
    *("hold and release",) * 2,
    *("consent",) * 3,
)


def command(number: int, key: str | None, name: str, **options: Any) -> Document:
    return {"at": slot(number), "journey": key, "command": name, "options": options}
