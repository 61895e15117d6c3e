from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from parcours.domain.availability import not_available
from parcours.domain.check_audience import check_audience
from parcours.domain.checks import Known, check_journey, unique
from parcours.domain.journey import Audience, Journey
from parcours.domain.parse import parse_audience, parse_journey
from parcours.domain.problems import has_errors
from support.documents import JOURNEYS, Document

SENDER = {"from": "a@b.example", "reply_to": "a@b.example", "subscription": "news"}
MAIL = {"subject": "Hi", "text": "Hello. {{ unsubscribe_url }}"}
START = {"triggers": [{"event": "Signed Up"}]}


def read(document: Document) -> Journey:
    journey, problems = parse_journey({"journey": "j", "entry": START, **document})
    assert problems == []
    assert journey is not None
    return journey


def found(known: Known | None = None, **document: Any) -> dict[str, str]:
    """The code and place of every problem."""
    problems = check_journey(read(document), known=known)
    assert all(problem.hint for problem in problems)
    assert len({p.code for p in problems}) == len(problems)
    return {p.code: p.place for p in problems}


def severities(**document: Any) -> dict[str, str]:
    return {p.code: p.severity for p in check_journey(read(document))}


WAIT = {"wait": {"for": "1d"}}
GOOD = {"a": {"email": MAIL}, "b": WAIT}


def test_a_good_journey_has_no_problem() -> None:
    assert found(email=SENDER, steps=GOOD) == {}


def test_a_journey_without_trigger_is_by_hand_only() -> None:
    assert severities(entry={}, steps={"a": WAIT}) == {"no_trigger": "warning"}
    assert found(entry={"triggers": [{"manual": True}]}, steps={"a": WAIT}) == {}


@pytest.mark.parametrize(
    ("steps", "code", "place"),
    [
        ({"a": {**WAIT, "next": "c"}, "b": {"end": {}}}, "unknown_step", "steps.a.next"),
        ({"a": {"email": {**MAIL, "on_skip": "x"}}}, "unknown_step", "steps.a.email.on_skip"),
        (
            {"a": {"split": [{"when": {"audience": "v"}, "next": "x"}, {"else": True, "next": "end"}]}},
            "unknown_step",
            "steps.a.split[0].next",
        ),
        ({"a": {**WAIT, "next": "end"}, "b": {"end": {}}}, "unreachable_step", "steps.b"),
        ({"a": {**WAIT, "next": "a"}}, "no_end", "steps.a"),
        ({"a": {"wait": {}}}, "wait_without_duration", "steps.a"),
        ({"a": {"wait_for": [{"timeout": "1d", "next": "end"}]}}, "wait_without_event", "steps.a"),
        (
            {"a": {"experiment": [{"name": "A", "share": 50, "next": "end"}]}},
            "shares_not_100",
            "steps.a.experiment",
        ),
        ({"a": {"email": {"text": "{{ unsubscribe_url }}"}}}, "no_subject", "steps.a.email"),
        ({"a": {"email": {"subject": "Hi"}}}, "no_content", "steps.a.email"),
        ({"a": {"email": {"subject": "Hi", "text": "Hello"}}}, "no_unsubscribe", "steps.a.email"),
        (
            {"a": {"email": {"subject": "Hi", "template": "a.html"}}},
            "template_missing",
            "steps.a.email.template",
        ),
        ({"a": {"webhook": {}}}, "no_url", "steps.a.webhook"),
        ({"a": {"webhook": {"url": "ftp://a.example"}}}, "bad_url", "steps.a.webhook.url"),
        ({"a": {"webhook": {"url": "https://[::1"}}}, "bad_url", "steps.a.webhook.url"),
    ],
)
def test_steps(steps: Document, code: str, place: str) -> None:
    problems = found(email=SENDER, steps=steps)
    assert problems.pop(code) == place
    assert set(problems) <= {"unreachable_step"}


def test_unknown_steps_have_the_nearest_one_as_hint() -> None:
    (problem,) = check_journey(read({"steps": {"first": {**WAIT, "next": "lst"}, "last": {"end": {}}}}))[:1]
    assert problem.hint == "Did you mean `last`?"
    assert problem.step_id == "first"


def test_emails_take_what_they_lack_from_the_journey() -> None:
    assert found(steps={"a": {"email": MAIL}}) == {
        "no_sender": "steps.a.email",
        "no_reply_address": "steps.a.email",
        "no_subscription": "steps.a.email",
    }
    assert found(steps={"a": {"email": {**MAIL, **SENDER}}}) == {}
    assert (
        found(email={**SENDER, "subscription": None}, steps={"a": {"email": {**MAIL, "transactional": True}}})
        == {}
    )
    plain = {"subject": "Receipt", "text": "Thank you"}
    assert found(email={**SENDER, "transactional": True}, steps={"a": {"email": plain}}) == {}
    news = {"a": {"email": {**plain, "transactional": False}}}
    assert found(email={**SENDER, "transactional": True}, steps=news) == {"no_unsubscribe": "steps.a.email"}


def test_the_unsubscribe_link_may_stand_in_the_template() -> None:
    document = {"journey": "j", "entry": START, "email": SENDER}
    steps = {"a": {"email": {"subject": "Hi", "template": "a.html"}}}
    for text, codes in (("<a href='{{ unsubscribe_url }}'>", []), ("Hello", ["no_unsubscribe"])):
        journey, _ = parse_journey({**document, "steps": steps}, templates={"a.html": text})
        assert journey is not None
        assert [p.code for p in check_journey(journey)] == codes


@pytest.mark.parametrize("shares", [[33.3, 33.3, 33.4], [0.1] * 10 + [99], [100], [70, 30]])
def test_shares_are_added_as_they_were_written(shares: list[float]) -> None:
    arms = [{"name": f"{n}", "share": share, "next": "end"} for n, share in enumerate(shares)]
    assert found(steps={"a": {"experiment": arms}}) == {}


def loop(*, wait: Document) -> Document:
    """Round `a`, a wait, and a split that goes back or ends."""
    back = [{"when": {"audience": "v"}, "next": "a"}, {"else": True, "next": "end"}]
    return {"a": {"update_profile": {}}, "b": wait, "c": {"split": back}}


@pytest.mark.parametrize(
    ("wait", "slow"),
    [
        (WAIT, True),
        ({"wait": {"for": "1m"}}, True),
        ({"wait": {"for": "59s"}}, False),
        ({"wait": {"until": "2026-01-01"}}, False),
        ({"wait": {"until_field": "profile.x"}}, False),
        ({"wait": {"until_time": "09:00"}}, True),
        ({"update_profile": {}}, False),
        ({"wait_for": [{"event": "A", "next": "c"}]}, True),
        ({"wait_for": [{"event": "A", "next": "c"}, {"timeout": "1h", "next": "c"}]}, True),
        ({"wait_for": [{"event": "A", "next": "c"}, {"timeout": "30s", "next": "c"}]}, False),
    ],
)
def test_a_circle_needs_a_wait_of_a_minute(wait: Document, slow: bool) -> None:
    assert found(lifetime="90d", steps=loop(wait=wait)) == ({} if slow else {"cycle_without_wait": "steps.a"})


def test_two_circles_are_two_problems() -> None:
    split = [{"when": {"audience": "v"}, "next": "a"}, {"else": True, "next": "b"}]
    more = [{"when": {"audience": "v"}, "next": "b"}, {"else": True, "next": "end"}]
    problems = check_journey(read({"steps": {"a": {"split": split}, "b": {"split": more}}}))
    assert [(p.code, p.place) for p in problems] == [
        ("cycle_without_wait", "steps.a"),
        ("cycle_without_wait", "steps.b"),
    ]


def test_a_path_without_end_is_a_warning_where_something_else_ends_it() -> None:
    steps = {"a": {**WAIT, "next": "a"}}
    assert severities(steps=steps) == {"no_end": "error"}
    for other in ({"goal": {"event": "Paid"}}, {"exit": [{"event": "Left"}]}, {"lifetime": "90d"}):
        assert severities(steps=steps, **other) == {"no_end": "warning"}
    assert severities(steps=steps, goal={"when": {"event": "Paid"}, "leave": False}) == {"no_end": "error"}


def test_dropping_out_is_an_end() -> None:
    assert (
        found(steps={"a": {"wait_for": [{"event": "A", "next": "a"}, {"timeout": "1d", "drop_out": True}]}})
        == {}
    )


def test_sizes_and_dates() -> None:
    steps = {f"s{n}": WAIT for n in range(200)}
    assert found(steps=steps) == {"too_many_steps": "steps"}  # the end makes one more
    dates = {"start": "2026-02-01", "end": "2026-02-01"}
    assert found(entry={**START, **dates}, steps={"a": WAIT}) == {"start_after_end": "entry.end"}
    reentry = {"mode": "once", "min_interval": "1d"}
    assert found(entry={**START, "reentry": reentry}, steps={"a": WAIT}) == {
        "interval_ignored": "entry.reentry"
    }


def test_conditions_name_what_is_known() -> None:
    known = Known(fields=frozenset({"country", "plan"}), audiences=frozenset({"staff"}))
    goal = {"all": [{"field": "profile.contry", "is": "SE"}, {"field": "profile.plan.x", "is": 1}]}
    assert found(known, goal=goal, steps={"a": WAIT}) == {"unknown_field": "goal.all[0].field"}
    assert found(goal=goal, steps={"a": WAIT}) == {}
    assert found(goal={"field": "crm.x", "exists": True}, steps={"a": WAIT}) == {
        "unknown_field": "goal.field"
    }
    saving = {"a": {"wait_for": [{"event": "A", "save_as": "crm", "next": "end"}]}}
    assert found(goal={"field": "crm.x", "exists": True}, steps=saving) == {}
    assert found(goal={"message": "a", "opened": True}, steps={"a": WAIT}) == {
        "unknown_message": "goal.message"
    }
    assert found(goal={"message": "a", "opened": True}, email=SENDER, steps=GOOD) == {}
    exclude = {**START, "exclude": ["staf"]}
    assert found(known, entry=exclude, steps={"a": WAIT}) == {"unknown_audience": "entry.exclude[0]"}
    assert not has_errors(
        check_journey(read({"entry": exclude, "goal": goal, "steps": {"a": WAIT}}), known=known)
    )


def test_every_place_that_names_an_audience_is_looked_at() -> None:
    entry = {"triggers": [{"audience": "a"}, {"audience": "b", "schedule": "now"}], "exclude": ["c"]}
    update = {"update_profile": {"add_to": ["d"], "remove_from": ["e"]}}
    journey = read({"entry": entry, "exit": [{"not": {"audience": "f"}}], "steps": {"s": update}})
    problems = check_journey(journey, known=Known(audiences=frozenset()))
    assert [p.place for p in problems if p.code == "unknown_audience"] == [
        "entry.triggers[0].audience",
        "entry.triggers[1].audience",
        "entry.exclude[0]",
        "exit[0].not.audience",
        "steps.s.update_profile.add_to[0]",
        "steps.s.update_profile.remove_from[0]",
    ]


def test_journeys_that_an_end_starts() -> None:
    steps = {"a": {"end": {"start": "next-one"}}}
    place = "steps.a.end.start"
    assert found(steps=steps) == {}
    assert found(Known(journeys={"next-one": "live"}), steps=steps) == {}
    for status in ("closed", "stopped", "finished"):
        assert found(Known(journeys={"next-one": status}), steps=steps) == {"start_not_admitting": place}
    assert found(Known(journeys={}), steps=steps) == {"start_not_admitting": place}
    starts = {"next-one": frozenset({"third"}), "third": frozenset({"j"})}
    assert found(Known(starts=starts), steps=steps) == {"start_cycle": place}
    assert found(steps={"a": {"end": {"start": "j"}}}) == {"start_cycle": place}


@given(JOURNEYS)
def test_checking_never_raises_and_places_begin_with_a_section(document: Document) -> None:
    journey, _ = parse_journey(document)
    assert journey is not None
    for problem in check_journey(journey, known=Known(frozenset(), frozenset(), {})) + not_available(journey):
        assert problem.section in {
            "entry",
            "goal",
            "exit",
            "email",
            "steps",
            "window",
            "lifetime",
            "profile_timezone",
        }
        assert (problem.step_id in journey.steps) if problem.section == "steps" and problem.step_id else True


def test_problems_once_and_errors_first() -> None:
    problems = check_journey(read({"entry": {}, "steps": {"a": {"wait": {}}}}))
    assert [p.severity for p in unique([*problems, *problems])] == ["error", "warning"]


def test_everything_that_the_format_knows_is_carried_out() -> None:
    features = {"entry": {"triggers": [{"event": "Go"}, {"audience": "a"}]}, "email": SENDER, "steps": GOOD}
    assert not_available(read(features)) == []


def test_an_audience_sees_the_person_alone() -> None:
    assert check_audience(Audience("a", members=("u1",))) == []

    def problems(where: Document) -> list[tuple[str, str, str]]:
        audience, _ = parse_audience({"audience": "a", "where": where})
        assert audience is not None
        return [(p.severity, p.code, p.place) for p in check_audience(audience)]

    fine = {"event": "Buy", "when": {"all": [{"field": "event.n", "is": 1}, {"audience": "b"}]}}
    assert problems(fine) == []
    assert problems({"any": [fine, {"audience": "a"}]}) == [
        ("error", "audience_cycle", "where.any[1].audience")
    ]
    assert problems({"not": {"message": "hello", "sent": True}}) == [
        ("error", "unknown_message", "where.not.message")
    ]
    assert problems({"field": "participant.step", "is": "x"}) == [("warning", "unknown_field", "where.field")]
    assert problems({"field": "event.n", "is": 1}) == [("warning", "unknown_field", "where.field")]
