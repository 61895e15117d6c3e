"""What a webhook says: templates in URL, query, headers and body."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from parcours.channels.request import Request, compile_form
from parcours.channels.template import TemplateFailed
from parcours.domain.journey import Webhook

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CONTEXT = {
    "profile": {"user_id": "u1", "name": "Åsa & Co", "age": 7, "lines": "a\nb", "host": "crm.example.com", "list": [1]},
    "event": {"total": 12.5},
    "crm": {"id": "x7"},
}  # fmt: skip


def fill(url: str = "https://crm.example.com/hook", **more: Any) -> Request:
    return compile_form(Webhook(id="call", next="end", url=url, **more)).render(CONTEXT, NOW)


def test_without_liquid_everything_is_said_as_it_is_written() -> None:
    made = fill(query={"a": "b"}, headers={"X": "y"}, body={"n": 1, "list": [True, None, "t", 1.5]})
    assert made.url == made.shown == "https://crm.example.com/hook"
    assert (made.query, made.headers) == ({"a": "b"}, {"X": "y"})
    assert json.loads(made.body) == {"n": 1, "list": [True, None, "t", 1.5]}


def test_every_text_is_a_template() -> None:
    made = fill(
        "https://{{ profile.host }}/{{ profile.user_id }}",
        query={"name": "{{ profile.name }}"},
        headers={"X-Id": " {{ crm.id }} "},
        body={"who": "{{ profile.name }}", "deep": [{"at": "{{ now | date: '%Y-%m-%d' }}"}], "{{ key }}": 1},
    )
    assert made.url == "https://crm.example.com/u1"
    assert made.query == {"name": "Åsa & Co"}
    assert made.headers == {"X-Id": "x7"}
    assert json.loads(made.body) == {"who": "Åsa & Co", "deep": [{"at": "2026-03-02"}], "{{ key }}": 1}


def test_a_text_stays_a_text() -> None:
    made = fill(body={"age": "{{ profile.age }}", "total": "{{ event.total }}", "none": "{{ profile.none }}"})
    assert json.loads(made.body) == {"age": "7", "total": "12.5", "none": ""}


def test_without_a_body_nothing_is_sent() -> None:
    assert fill().body == b""
    assert fill(body=False).body == b"false"


def test_a_password_is_used_and_not_shown() -> None:
    made = fill("https://anna:s3cret@crm.example.com:8443/hook?x=anna:s3cret@")
    assert made.url == "https://anna:s3cret@crm.example.com:8443/hook?x=anna:s3cret@"
    assert made.shown == "https://crm.example.com:8443/hook?x=anna:s3cret@"


@pytest.mark.parametrize(
    "url",
    ["", "{{ profile.none }}", "ftp://a/", "//a/b", "https://", "https:///x", "https://a:99999/", "https://[::1/",
     "https://a/{{ profile.lines }}", "mailto:a@b", "https://a/{{ 'x' | append: profile.name | slice: 0, 9 }}\x00"],
)  # fmt: skip
def test_what_is_no_url_fails(url: str) -> None:
    with pytest.raises(TemplateFailed, match="not an http or https URL"):
        fill(url)


@pytest.mark.parametrize(
    "parts",
    [
        {"url": "https://a/{{ 1 | divided_by: 0 }}"},
        {"query": {"a": "{{ 1 | divided_by: 0 }}"}},
        {"headers": {"a": "{{ 1 | divided_by: 0 }}"}},
        {"body": ["{{ 1 | divided_by: 0 }}"]},
        {"headers": {"a": "{{ profile.lines }}"}},
        {"body": "{% for n in (1..9000) %}" + "{{ profile.name }}" * 4 + "{% endfor %}"},
        {"url": "https://a/{% for n in (1..9000) %}x{% endfor %}"},
    ],
)
def test_what_fails_for_a_person(parts: dict[str, Any]) -> None:
    with pytest.raises(TemplateFailed):
        fill(**parts)


@pytest.mark.parametrize(
    "parts", [{"url": "{{ a"}, {"body": {"a": "{% if %}"}}, {"headers": {"a": "{{ a | | }}"}}]
)
def test_what_is_no_template_is_not_compiled(parts: dict[str, Any]) -> None:
    with pytest.raises(TemplateFailed):
        fill(**parts)
