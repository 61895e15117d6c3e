"""What is said of templates, and of one step at a time."""

from __future__ import annotations

import json
from time import process_time
from typing import Any

from parcours.domain.journey import Journey
from parcours.domain.known import Known
from parcours.domain.parse import parse_journey
from parcours.service.editing.checking import definition_problems, problems_of_step
from support.documents import Document

MAIL = {"subject": "Hi", "text": "{{ unsubscribe_url }}"}
SENDER = {"from": "a@b.example", "reply_to": "a@b.example", "subscription": "news"}
KNOWN = Known(fields=frozenset({"first_name", "country"}), events={"Go": frozenset({"plan"})})


def read(steps: Document, templates: dict[str, str] | None = None, **more: Any) -> Journey:
    document = {"journey": "j", "entry": {"triggers": [{"event": "Go"}]}, "email": SENDER, "steps": steps}
    journey, problems = parse_journey({**document, **more}, templates=templates or {})
    assert problems == []
    assert journey is not None
    return journey


def found(text: str, known: Known = KNOWN, name: str = "text") -> list[tuple[str, str, str]]:
    journey = read({"hello": {"email": {**MAIL, name: text}}})
    problems = definition_problems(journey, known)
    assert all(problem.step_id == "hello" and problem.section == "steps" for problem in problems)
    return [(p.severity, p.code, p.hint) for p in problems if p.code != "no_unsubscribe"]


def warned(hint: str) -> list[tuple[str, str, str]]:
    return [("warning", "unknown_variable", hint)]


def test_variables_that_are_filled() -> None:
    good = (
        "{{ profile.first_name }} {{ profile.user_id }} {{ event.plan }} {{ journey.name }} {{ participant.entry_no }} "
        "{{ unsubscribe_url }} {{ 'now' | date: '%Y' }} {% for item in event.plan %}{{ item.name }}{% endfor %}"
        "{% assign x = 1 %}{{ x }}"
    )
    assert found(good) == []
    assert found("{{ profile.frist_name }} {{ event.paln }}", Known()) == []  # nothing is known of anybody


def test_variables_that_nothing_fills() -> None:
    assert found("{{ profile.frist_name }}") == warned("Did you mean `first_name`?")
    assert found("{% if profile.contry == 'SE' %}x{% endif %}") == warned("Did you mean `country`?")
    assert found("{{ first_name }}") == warned("Did you mean `profile.first_name`?")
    assert found("{{ profil.first_name }}") == warned("Did you mean `profile`?")
    assert found("{{ event.paln }}") == warned("Did you mean `plan`?")
    assert found("{{ participant.no }}") == warned("Known: entered_at, entry_no, step, version.")
    assert found("{{ journey.title }}") == warned("Known: key, name.")
    assert found("{{ crm.name }}")[0][1] == "unknown_variable"


def test_subject_and_preheader_are_looked_at_too() -> None:
    for name in ("subject", "preheader"):
        journey = read({"hello": {"email": {**MAIL, name: "{{ profile.x }}"}}})
        assert [(p.code, p.place) for p in definition_problems(journey, KNOWN)] == [
            ("unknown_variable", f"steps.hello.email.{name}")
        ]


def test_variables_of_a_template_in_mjml_and_of_a_webhook() -> None:
    column = "<mj-column><mj-text>{{ profile.x }} {{ unsubscribe_url }}</mj-text></mj-column>"
    body = f"<mjml><mj-body><mj-section>{column}</mj-section></mj-body></mjml>"
    journey = read({"hello": {"email": {"subject": "Hi", "template": "a.mjml"}}}, {"a.mjml": body})
    assert [(p.code, p.place) for p in definition_problems(journey, KNOWN)] == [
        ("unknown_variable", "steps.hello.email.template")
    ]
    call = {
        "url": "https://a.example/{{ profile.x }}",
        "headers": {"X-A": "{{ profile.y }}"},
        "body": {"a": ["{{ z }}"]},
    }
    assert [p.place for p in definition_problems(read({"call": {"webhook": call}}), KNOWN)] == [
        "steps.call.webhook.url", "steps.call.webhook.headers.X-A", "steps.call.webhook.body.a[0]",
    ]  # fmt: skip


def test_what_a_step_saves_is_known_behind_it() -> None:
    ask = {"webhook": {"url": "https://a.example", "save_as": "crm"}}
    mail = {"email": {**MAIL, "text": "{{ crm.name }} {{ unsubscribe_url }}"}}
    assert definition_problems(read({"ask": ask, "hello": mail}), KNOWN) == []
    (problem,) = definition_problems(read({"hello": mail, "ask": ask}), KNOWN)
    assert (problem.code, problem.hint) == ("unknown_variable", "Put it behind that step.")


def test_links_that_lead_nowhere() -> None:
    for link in ('<a href="">', "<a class=x href='#'>", '<a\nhref = " "\n>'):
        assert [code for _, code, _ in found(f"<p>{link}x</a></p>", name="html")] == ["empty_link"]
    assert found('<a href="https://a.example">x</a><a name="top">', name="html") == []


def test_a_mail_that_mailboxes_cut() -> None:
    assert [code for _, code, _ in found("x" * 100_001, name="html")] == ["long_email"]
    assert found("x" * 100_000, name="html") == []


def test_the_problems_of_one_step_are_those_of_the_whole_at_that_step() -> None:
    steps = {
        "a": {"email": {"subject": "{{ profile.x }}", "text": "{% if %}"}, "next": "b"},
        "b": {"split": [{"when": {"field": "profile.y", "is": 1}, "next": "nowhere"}, {"else": True, "next": "end"}]},
        "c": {"wait": {}},
        "d": {"webhook": {"url": "{{ u }}"}},
    }  # fmt: skip
    journey = read(steps)
    every = definition_problems(journey, KNOWN)
    for step in journey.steps:
        assert set(problems_of_step(journey, step, KNOWN)) == {p for p in every if p.step_id == step}
    assert {p.step_id for p in every} == {"a", "b", "c", "d"}


def test_one_step_of_two_hundred_is_checked_in_no_time() -> None:
    mail = {"email": {**MAIL, "html": "<p>{{ profile.first_name }} {{ unsubscribe_url }}</p>" * 100}}
    some = {"when": {"field": "profile.country", "is": "SE"}, "next": "end"}
    steps: Document = {}
    for n in range(99):
        steps |= {f"m{n}": mail, f"s{n}": {"split": [some, {"else": True, "next": f"m{n + 1}"}]}}
    journey = read({**steps, "m99": mail})
    assert len(journey.steps) == 200
    taken = []
    for _ in range(5):
        begun = process_time()
        assert problems_of_step(journey, "m50", KNOWN) == []
        taken.append(process_time() - begun)
    assert min(taken) < 0.05


def test_the_wire_form_of_a_problem() -> None:
    (problem,) = definition_problems(
        read({"hello": {"email": {**MAIL, "subject": "{{ profile.x }}"}}}), KNOWN
    )
    assert json.loads(json.dumps(problem.as_dict())) == {
        "severity": "warning",
        "code": "unknown_variable",
        "place": "steps.hello.email.subject",
        "message": "No profile is known to have `x`.",
        "hint": "It is missing until some profile has it.",
        "step_id": "hello",
        "section": "steps",
    }
