"""Random journey files, conditions and templates over HTTP: no failure; what is wrong is told with place and remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.sample import fill
from parcours.domain.catalogue import CATALOGUE
from support.api import Answer, ApiServer, api_server
from support.documents import ANY_JSON, CONDITIONS, JOURNEYS
from support.examples import examples
from support.postgres import Server
from support.strategies_wire import odd_json

CODES = {code for _, code in CATALOGUE}
ODD: st.SearchStrategy[Any] = ANY_JSON | st.sampled_from(
    [
        10**400, -1, 0, 1e308, 2**63, "9999-12-31T23:59:59", "0001-01-01", "99999999999d", "-1d", "08:00", "x" * 11_000,
        "{{ profile.a | b", "{% for x in (1..1000000000) %}a{% endfor %}", "Europe/Nowhere", "(a+)+$", [[[[]]]],
        {"any": [{}]},
    ]
)  # fmt: skip
LIQUID = st.lists(
    st.sampled_from(
        [
            "{{ profile.", "{{ profile.n }}", "{{ event.n | date: '%Y' }}", "{{ 'a' | times: 99999999999 }}", "{% if ",
            "{% else %}",
            "{% for x in (1..99999999) %}", "{% endfor %}", "{% endif %}", "{{ x | nofilter }}", "{% include 'x' %}",
            "{% raw %}",
            "{{ 1 | divided_by: 0 }}", "{{", "}}", "{%", "%}", "é", "{{ unsubscribe_url }}", "{% assign x = profile %}",
            "<b>",
            "{{ 'a' | append: x | append: x | append: x }}", "{{ 10 | modulo: 0 }}", "{{ '2026-99-99' | date: '%d' }}",
            "{% capture x %}", "{% endcapture %}", "{{ x[99999999999] }}", "{{ profile.a.b.c.d.e }}", "{% cycle 1, 2 %}",
        ]
    ),
    max_size=6,
).map("".join)  # fmt: skip


@pytest.fixture(scope="module")
def filled(postgres: Server) -> Iterator[ApiServer]:
    with api_server(postgres) as server:
        fill(server)
        yield server


def bent(document: Any, draw: st.DataObject) -> Any:
    """Put something odd somewhere into a document, under a key that means something there."""
    here = document
    for _ in range(draw.draw(st.integers(0, 5))):
        below = [key for key, value in _items(here) if isinstance(value, dict | list) and value]
        if not below:
            break
        here = here[draw.draw(st.sampled_from(below))]
    keys = [key for key, _ in _items(here)]
    if keys:
        here[draw.draw(st.sampled_from(keys))] = draw.draw(ODD)
    return document


def _items(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items() if isinstance(value, dict) else enumerate(value))


def is_sound(answer: Answer) -> None:
    """Hold what no answer may lack: 503 is for what takes too long."""
    assert answer.status < 500 or answer.code == "took_too_long", answer
    if answer.status >= 400:
        found = answer.json
        assert found["code"] in CODES, found
        assert found.get("hint"), found
        assert found.get("place") or found.get("problems") or answer.status != 422, found


def are_named(problems: list[dict[str, Any]]) -> None:
    for one in problems:
        assert one["code"] in CODES, one
        assert one["message"], one
        assert isinstance(one["place"], str), one


@settings(max_examples=examples(25))
@given(document=JOURNEYS, draw=st.data())
def test_any_journey_file_is_kept_and_told_what_is_wrong_with_it(
    filled: ApiServer, document: dict[str, Any], draw: st.DataObject
) -> None:
    for _ in range(draw.draw(st.integers(0, 2))):
        document = bent(document, draw)
    body = json.dumps(document).encode()
    key = filled.key("admin")
    checked = filled.call(
        "POST", "/api/check", key=key, body=body, headers={"Content-Type": "application/json"}
    )
    is_sound(checked)
    headers = {"Content-Type": "application/json", "If-Match": "*"}
    saved = filled.call("PUT", "/api/journeys/walk/draft", key=key, body=body, headers=headers)
    is_sound(saved)
    if checked.status == 200:
        are_named(checked.json["problems"])
    if saved.status == 200:
        are_named(saved.json["problems"])
        for path in ("/draft", "", "/versions", "/publish-plan"):
            method = "POST" if path == "/publish-plan" else "GET"
            shown = filled.call(
                method, f"/api/journeys/walk{path}", key=key, json={} if method == "POST" else None
            )
            is_sound(shown)
        is_sound(filled.call("GET", "/api/journeys", key=key))


@settings(max_examples=examples(25))
@given(
    raw=odd_json | st.binary(max_size=40) | st.text(max_size=40).map(str.encode),
    kind=st.sampled_from(["json", "yaml"]),
)
def test_whatever_is_sent_as_a_journey_file_is_answered(filled: ApiServer, raw: bytes, kind: str) -> None:
    headers = {"Content-Type": f"application/{kind}", "If-Match": "*"}
    for method, path in (
        ("POST", "/api/check"),
        ("PUT", "/api/journeys/walk/draft"),
        ("POST", "/api/journeys"),
    ):
        for body in (raw, b'{"journey": "walk", "steps": ' + raw + b"}"):
            is_sound(filled.call(method, path, key=filled.key("admin"), body=body, headers=headers))


@settings(max_examples=examples(25))
@given(where=CONDITIONS, draw=st.data())
def test_any_condition_is_counted_or_told_what_is_wrong_with_it(
    filled: ApiServer, where: dict[str, Any], draw: st.DataObject
) -> None:
    for _ in range(draw.draw(st.integers(0, 2))):
        where = bent(where, draw)
    wanted = {"where": where, "seconds": 0.2}
    answer = filled.call("POST", "/api/audiences/preview", key=filled.key("read"), json=wanted)
    is_sound(answer)


@settings(max_examples=examples(20))
@given(text=LIQUID, subject=LIQUID, html=LIQUID)
def test_any_template_is_shown_or_told_what_is_wrong_with_it(
    filled: ApiServer, text: str, subject: str, html: str
) -> None:
    key = filled.key("admin")
    words = {"subject": subject, "html": html, "text": text, "from": "a@example.com", "transactional": True}
    document = {
        "journey": "welcome",
        "entry": {"triggers": [{"event": "Came"}]},
        "steps": {"hello": {"email": words}},
    }
    saved = filled.call(
        "PUT", "/api/journeys/welcome/draft", key=key, json=document, headers={"If-Match": "*"}
    )
    is_sound(saved)
    assert saved.status == 200
    for user in ("anna", "cia"):
        shown = filled.call("POST", "/api/journeys/welcome/preview", key=key, json={"user_id": user})
        is_sound(shown)
