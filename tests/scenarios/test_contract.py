"""The contract, line by line, with the scenario that shows it: a command, a status or a choice without one fails here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parcours.domain.alerts import ALERTS
from parcours.domain.choices import NAMES, THEN
from parcours.domain.lifecycle import (
    COMMANDS,
    ENTRANTS,
    INSIDE,
    MAKING,
    REFUSAL_REASONS,
    STATES,
    TIMERS,
)
from scenarios import test_matrix

SCENARIOS = Path(__file__).parent

# By file and test: `pausing::a_pause_…` is tests/scenarios/test_pausing.py::test_a_pause_….
SHOWN = {
    # every command
    "command publish": "starting::publishing_switches_the_triggers_on",
    "command pause": "pausing::a_pause_freezes_everybody_where_they_stand",
    "command resume": "resuming::people_go_on_from_the_step_at_which_they_stood",
    "command close": "closing::people_inside_a_closed_journey_go_on_to_the_end",
    "command stop": "stopping::a_stop_takes_everybody_out_where_they_stand",
    "command restart": "restarting::starting_again_makes_a_new_version_with_the_same_definition",
    "command delete": "deleting::a_stopped_journey_is_deleted_and_what_happened_stays_counted",
    "command edit": "versions::a_paused_version_is_edited_as_a_draft_of_the_next_one",
    "command new_version": "versions::a_draft_changes_nothing_for_anybody",
    "command duplicate": "versions::a_duplicate_is_a_journey_of_its_own_in_draft",
    # what is chosen with them
    "publish people stay": "versions::with_a_new_version_people_stay_in_the_old_one_and_new_people_enter_the_new_one",
    "publish people move": "versions::or_everybody_moves_to_the_new_version",
    "publish answers": "resuming::they_go_on_at_another_step_or_drop_out_as_it_was_answered",
    "publish backfill": "starting::who_did_it_in_the_days_before_the_start_may_be_taken_in_as_well",
    "resume with_changes": "resuming::changes_count_for_whoever_has_not_passed_the_step_yet",
    "delete stop_first": "deleting::a_paused_journey_is_deleted_when_it_may_be_stopped_first",
    "new_version from": "versions::a_new_version_may_begin_from_any_older_one_which_is_how_one_rolls_back",
    "given for later": "../integration/scheduling::a_draft_goes_live_on_friday_at_six",
    "hold all sending": "holding::it_holds_every_journey_at_once",
    # the choices of a pause
    "entrants queue": "pausing::triggers_stay_on_in_a_pause_and_new_people_wait_before_the_first_step",
    "entrants drop": "pausing::people_who_come_in_a_pause_may_be_turned_away_instead_of_queued",
    "inside freeze": "pausing::a_pause_freezes_everybody_where_they_stand",
    "inside hold": "pausing::with_hold_waits_go_on_and_people_stop_at_the_next_message",
    "inside discard": "pausing::with_discard_people_drop_out_at_the_next_message",
    "timers run": "pausing::durations_run_on_in_a_pause_and_are_over_at_resume",
    "timers extend": "pausing::durations_may_be_extended_by_the_pause_instead",
    "then resume": "pausing::a_pause_may_end_by_itself_in_a_resume_a_close_or_a_stop",
    "then close": "pausing::a_pause_may_end_by_itself_in_a_resume_a_close_or_a_stop",
    "then stop": "pausing::a_pause_may_end_by_itself_in_a_resume_a_close_or_a_stop",
    "choice until": "pausing::a_resume_by_hand_makes_the_end_of_the_pause_void",
    "choice catch_up": "pausing::people_let_go_at_so_many_a_second",
    # what is said of people, and of the whole
    "refusals": "people::each_refusal_has_its_reason_and_the_first_rule_that_fails_gives_it",
    "drop-outs": "people::every_way_of_dropping_out_has_its_reason",
    "by itself: start": "starting::before_its_start_date_people_queue_and_then_all_go",
    "by itself: end": "starting::its_end_date_closes_a_journey_or_stops_it",
    "by itself: finish": "closing::a_closed_journey_is_finished_when_the_last_person_leaves",
}


def wanted() -> set[str]:
    """Return what the tables of the life and of the choices ask for."""
    found = {f"command {name}" for name in (*COMMANDS, *MAKING)}
    found |= {f"entrants {name}" for name in ENTRANTS} | {f"inside {name}" for name in INSIDE}
    found |= {f"timers {name}" for name in TIMERS} | {f"then {name}" for name in THEN}
    spelled = {"entrants", "inside", "timers", "then"}  # each of their values is above
    return found | {f"choice {name}" for name in NAMES if name not in spelled}


def test_every_command_and_choice_has_its_scenario() -> None:
    assert wanted() - SHOWN.keys() == set()


@pytest.mark.parametrize("what", sorted(SHOWN))
def test_each_scenario_is_there(what: str) -> None:
    file, name = SHOWN[what].split("::")
    folder, _, file = file.rpartition("/")
    text = (SCENARIOS / folder / f"test_{file}.py").read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def test_{name}\(", text, re.MULTILINE), what


def test_every_row_of_the_matrix_is_played_in_every_status() -> None:
    assert test_matrix.STATES == STATES
    assert [name for name in COMMANDS if not hasattr(test_matrix, f"test_{name}")] == []


def test_every_refusal_is_shown() -> None:
    text = "".join(
        file.read_text(encoding="utf-8") for file in SCENARIOS.glob("test_*.py") if file != Path(__file__)
    )
    assert [reason for reason in REFUSAL_REASONS if reason not in text] == []


def test_every_alert_has_its_test() -> None:
    text = (SCENARIOS.parent / "integration" / "test_alerts.py").read_text(encoding="utf-8")
    under = {"buckets_free": "test_buckets_without_a_holder_for_a_minute"}  # the test asks for its sentence
    assert [kind for kind in ALERTS if under.get(kind, kind) not in text] == []
