import io
import json

from prometheus_client import CollectorRegistry

from parcours.observe import (
    CommandDone,
    Event,
    LeaseLost,
    LeaseTaken,
    LogObserver,
    MessageSettled,
    MetricsObserver,
    Observers,
    SilentObserver,
    Trouble,
    UnitDone,
    event_name,
)

COMMAND = CommandDone("welcome", 2, "pause", "live", "paused", "cli:anna")


def test_an_event_is_one_json_line_without_what_is_unknown() -> None:
    out = io.StringIO()
    LogObserver("json", stream=out, stamp=lambda: "2026-01-01T00:00:00Z").observe(COMMAND)
    assert json.loads(out.getvalue()) == {
        "at": "2026-01-01T00:00:00Z", "event": "command_done", "level": "info", "journey": "welcome", "version": 2,
        "command": "pause", "from_status": "live", "to_status": "paused", "actor": "cli:anna",
    }  # fmt: skip


def test_a_line_for_people_names_the_event_first() -> None:
    out = io.StringIO()
    LogObserver(stream=out).observe(Trouble("unit welcome/3", "40P01", "deadlock detected", retry_in=0.5))
    assert out.getvalue().startswith("[error    ] trouble place='unit welcome/3' code=40P01")


def test_units_are_logged_only_when_asked_for() -> None:
    quiet, loud = io.StringIO(), io.StringIO()
    both = Observers(LogObserver(stream=quiet), LogObserver(stream=loud, least="debug"), SilentObserver())
    both.observe(UnitDone("welcome", 3, moved=7))
    assert quiet.getvalue() == ""
    assert "unit_done journey=welcome bucket=3 moved=7" in loud.getvalue()


def test_events_are_counted() -> None:
    registry = CollectorRegistry()
    metrics = MetricsObserver(registry)
    events: list[Event] = [
        UnitDone("welcome", 1, moved=4, admitted=2, rows=6, seconds=0.01),
        UnitDone("welcome", 2, moved=1),
        MessageSettled("welcome", "email", "sent", n=3),
        MessageSettled("welcome", "email", "skipped", "no_address"),
        COMMAND,
        CommandDone("welcome", 2, "resume", "stopped", "stopped", "cli", "stopped_is_final"),
        LeaseTaken("w1", 0, 1),
        LeaseTaken("w1", 1, 1),
        LeaseLost("w1", 1, "expired"),
        Trouble("route", "40P01", "deadlock"),
    ]
    for event in events:
        metrics.observe(event)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"parcours_{name}", labels)

    assert value("units_total", journey="welcome") == 2
    assert value("people_moved_total", journey="welcome") == 5
    sent = {"journey": "welcome", "channel": "email", "outcome": "sent", "reason": ""}
    assert value("messages_settled_total", **sent) == 3
    assert value("commands_total", command="resume", answer="stopped_is_final") == 1
    assert value("leases_held") == 1
    assert value("troubles_total", code="40P01") == 1


def test_the_word_of_an_event_is_its_class_in_snake_case() -> None:
    assert event_name(COMMAND) == "command_done"
