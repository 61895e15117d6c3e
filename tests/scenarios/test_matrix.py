"""Every command in every status: what happens, or which legal way the refusal names. One test for each row."""

from __future__ import annotations

from typing import Any

from scenarios.stage import Stage, wait

STATES = ("draft", "live", "paused", "paused_shut", "closed", "stopped", "finished")


def answers(stage: Stage, command: str, **options: Any) -> dict[str, str]:
    """Give a command to seven journeys, one in each status; return the answers."""
    for state in STATES:
        if state == "draft":
            stage.draft("draft", wait("breathe", "2w"), key="draft")
            stage.on("Mon 8:00", "draft").saves("draft")
            continue
        stage.journey(wait("breathe", "2w"), key=state)
        stage.on("Mon 8:00", state).publish()
        then = stage.on("Mon 10:00", state)
        if state.startswith("paused"):
            then.pause()
        if state in ("closed", "paused_shut"):
            then.close()
        if state == "stopped":
            then.stop()
    stage.on("Mon 8:30", "finished").close()  # nobody is inside yet
    stage.on("Mon 9:00").comes("Anna")
    for state in STATES:
        stage.on("Mon 12:00", state).command(command, **options)
    given = stage.play(until="Tue 0:00").answers[-len(STATES) :]
    return {state: answer.removeprefix(f"{command}: ") for state, answer in zip(STATES, given, strict=True)}


def test_publish(stage: Stage) -> None:
    assert answers(stage, "publish") == {
        "draft": "draft > live",
        "live": "live",
        "paused": "✗ use_resume",
        "paused_shut": "✗ use_resume",
        "closed": "✗ closed_is_final",
        "stopped": "✗ use_restart",
        "finished": "✗ use_restart",
    }


def test_pause(stage: Stage) -> None:
    assert answers(stage, "pause") == {
        "draft": "✗ not_published",
        "live": "live > paused",
        "paused": "paused",
        "paused_shut": "paused",
        "closed": "closed > paused",
        "stopped": "✗ stopped_is_final",
        "finished": "✗ finished_is_final",
    }


def test_resume(stage: Stage) -> None:
    assert answers(stage, "resume") == {
        "draft": "✗ not_published",
        "live": "live",
        "paused": "paused > live",
        "paused_shut": "paused > closed",
        "closed": "✗ closed_is_final",
        "stopped": "✗ stopped_is_final",
        "finished": "✗ finished_is_final",
    }


def test_close(stage: Stage) -> None:
    assert answers(stage, "close") == {
        "draft": "✗ not_published",
        "live": "live > closed",
        "paused": "paused",
        "paused_shut": "paused",
        "closed": "closed",
        "stopped": "✗ stopped_is_final",
        "finished": "✗ finished_is_final",
    }


def test_stop(stage: Stage) -> None:
    assert answers(stage, "stop") == {
        "draft": "✗ not_published",
        "live": "live > stopped",
        "paused": "paused > stopped",
        "paused_shut": "paused > stopped",
        "closed": "closed > stopped",
        "stopped": "stopped",
        "finished": "✗ finished_is_final",
    }


def test_restart(stage: Stage) -> None:
    assert answers(stage, "restart") == {
        "draft": "✗ not_published",
        "live": "✗ is_running",
        "paused": "✗ use_resume",
        "paused_shut": "✗ use_resume",
        "closed": "✗ closed_is_final",
        "stopped": "a new version, live",
        "finished": "a new version, live",
    }


def test_delete(stage: Stage) -> None:
    assert answers(stage, "delete") == {
        "draft": "draft > gone",
        "live": "✗ pause_or_stop_first",
        "paused": "✗ stop_first_needed",
        "paused_shut": "✗ stop_first_needed",
        "closed": "✗ closed_not_deletable",
        "stopped": "stopped > gone",
        "finished": "finished > gone",
    }


def test_delete_what_is_paused_by_stopping_it_first(stage: Stage) -> None:
    found = answers(stage, "delete", stop_first=True)
    assert (found["paused"], found["paused_shut"]) == ("paused > gone", "paused > gone")
    assert found["live"] == "✗ pause_or_stop_first"


def test_edit(stage: Stage) -> None:
    assert answers(stage, "edit") == {
        "draft": "draft",
        "live": "✗ running_not_editable",
        "paused": "a new version, draft",
        "paused_shut": "a new version, draft",
        "closed": "a new version, draft",
        "stopped": "a new version, draft",
        "finished": "a new version, draft",
    }
