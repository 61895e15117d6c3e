from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcours.domain.lifecycle import (
    COMMANDS,
    DROP_OUT_REASONS,
    MATRIX,
    MESSAGE_OUTCOMES,
    MESSAGE_STATES,
    PARTICIPANT_STATUSES,
    REFUSAL_REASONS,
    STATES,
    STATUSES,
    TERMINAL_PARTICIPANT_STATUSES,
    Become,
    Command,
    Delete,
    NewVersion,
    NoOp,
    Outcome,
    Refuse,
    Status,
    decide,
    entry_is_open,
    rights,
    state_of,
    status_of,
)
from parcours.domain.refusals import REFUSED_COMMANDS, refusal

# The matrix of the contract, written once more by hand, cell by cell.
CONTRACT = """
publish | >live            | -                    | use_resume      | use_resume      | closed_is_final      | use_restart      | use_restart
pause   | not_published    | >paused              | -               | -               | >paused_shut         | stopped_is_final | finished_is_final
resume  | not_published    | -                    | >live           | >closed         | closed_is_final      | stopped_is_final | finished_is_final
close   | not_published    | >closed              | >paused_shut    | -               | -                    | stopped_is_final | finished_is_final
stop    | not_published    | >stopped             | >stopped        | >stopped        | >stopped             | -                | finished_is_final
restart | not_published    | is_running           | use_resume      | use_resume      | closed_is_final      | +live            | +live
delete  | gone             | pause_or_stop_first  | stop_first      | stop_first      | closed_not_deletable | gone             | gone
edit    | >draft           | running_not_editable | +draft          | +draft          | +draft               | +draft           | +draft
"""  # noqa: E501


def written(outcome: Outcome) -> str:
    match outcome:
        case Become(state):
            return f">{state}"
        case NewVersion(state):
            return f"+{state}"
        case NoOp():
            return "-"
        case Refuse(code):
            return code
        case Delete(stop_first):
            return "stop_first" if stop_first else "gone"


def test_the_matrix_is_that_of_the_contract() -> None:
    rows = [[cell.strip() for cell in line.split("|")] for line in CONTRACT.strip().splitlines()]
    expected = {(row[0], state): cell for row in rows for state, cell in zip(STATES, row[1:], strict=True)}
    assert {key: written(outcome) for key, outcome in MATRIX.items()} == expected
    assert len(MATRIX) == len(COMMANDS) * len(STATES)


def test_every_refusal_names_the_legal_way() -> None:
    for outcome in MATRIX.values():
        if isinstance(outcome, Refuse):
            error = refusal(outcome.code, place="welcome")
            assert error.code == outcome.code
            assert error.hint.endswith(".")
            assert str(error).startswith("welcome: ")
    assert all(message and hint for message, hint in REFUSED_COMMANDS.values())


def test_an_unknown_command_is_a_mistake_of_the_program() -> None:
    unknown: Any = "enrol"
    with pytest.raises(KeyError):
        decide(unknown, "live", entry_open=True)


@pytest.mark.parametrize(
    ("command", "status", "entry_open", "outcome"),
    [
        ("resume", "paused", True, Become("live")),
        ("resume", "paused", False, Become("closed")),
        ("close", "live", True, Become("closed")),
        ("stop", "closed", False, Become("stopped")),
    ],
)
def test_the_entry_tells_two_kinds_of_paused_apart(
    command: Command, status: Status, entry_open: bool, outcome: Outcome
) -> None:
    assert decide(command, status, entry_open=entry_open) == outcome


def test_states_and_statuses_translate() -> None:
    for state in STATES:
        assert status_of(state) in STATUSES
        assert state_of(status_of(state), entry_open=entry_is_open(state)) == state


@pytest.mark.parametrize(
    ("status", "options", "bits"),
    [
        ("draft", {}, "0000"),
        ("live", {}, "1111"),
        ("live", {"before_start": True}, "1001"),
        ("paused", {}, "1001"),
        ("paused", {"entrants": "drop"}, "0001"),
        ("paused", {"entry_open": False}, "0001"),
        ("paused", {"inside": "hold"}, "1101"),
        ("paused", {"inside": "discard"}, "1101"),
        ("paused", {"inside": "hold", "entry_open": False}, "0101"),
        ("closed", {"entry_open": False}, "0111"),
        ("stopped", {"entry_open": False}, "0000"),
        ("finished", {"entry_open": False}, "0000"),
    ],
)
def test_rights_of_the_fence(status: Status, options: dict[str, Any], bits: str) -> None:
    assert str(rights(status, **{"entry_open": True, **options})) == bits


commands = st.lists(st.sampled_from(["publish", "pause", "resume", "close", "stop"]), max_size=12)


@given(commands)
def test_who_has_left_for_good_never_comes_back(given_commands: list[Command]) -> None:
    state, shut = "draft", False
    for command in given_commands:
        before = state
        outcome = MATRIX[command, state]  # type: ignore[index]
        if isinstance(outcome, Become):
            state = outcome.state
        assert not (before == "stopped" and state != "stopped")
        if state in {"closed", "paused_shut"}:
            shut = True
        if shut:  # an entry that has been shut stays shut
            assert not rights(status_of(state), entry_open=entry_is_open(state)).may_admit  # type: ignore[arg-type]


def test_closed_lists() -> None:
    assert set(PARTICIPANT_STATUSES) - {"active"} == TERMINAL_PARTICIPANT_STATUSES
    assert set(MESSAGE_OUTCOMES) == set(MESSAGE_STATES) - {"queued", "claimed"}
    assert len(set(DROP_OUT_REASONS)) == len(DROP_OUT_REASONS) == 21
    assert REFUSAL_REASONS[0] == "profile_deleted"
    assert REFUSAL_REASONS[-1] == "entry_cap"
