"""What is wrong with a webhook before it is ever called."""

from __future__ import annotations

from typing import Any

import pytest

from parcours.domain.parse import parse_journey
from parcours.service.editing.checking import definition_problems


def problems(**webhook: Any) -> list[tuple[str, str, str]]:
    step = {"webhook": {"url": "https://crm.example.com/hook", **webhook}}
    document = {"journey": "j", "entry": {"triggers": [{"event": "Go"}]}, "steps": {"call": step}}
    journey, found = parse_journey(document)
    assert journey is not None, found
    return [(p.severity, p.code, p.place) for p in [*found, *definition_problems(journey)]]


@pytest.mark.parametrize(
    "webhook",
    [
        {},
        {"url": "{{ profile.hook }}"},
        {"method": "GET", "timeout": "30s", "retries": 0},
        {"headers": {"X-Team": "{{ profile.team }}", "Authorization": "Bearer abc"}, "query": {"a": "{{ event.a }}"}},
        {"body": {"a": ["{{ profile.name }}", 1, None]}, "save_as": "crm", "on_error": "next", "expires": "1h"},
    ],
)  # fmt: skip
def test_what_is_good(webhook: dict[str, Any]) -> None:
    assert problems(**webhook) == []


@pytest.mark.parametrize(
    "url", ["crm.example.com/hook", "ftp://crm.example.com/", "https://", "http://[::1/"]
)
def test_what_is_no_url(url: str) -> None:
    assert problems(url=url) == [("error", "bad_url", "steps.call.webhook.url")]


@pytest.mark.parametrize(
    "name", ["", "X Y", "X:", "Ö", "Host", "content-length", "Idempotency-Key", "Parcours-Signature"]
)
def test_headers_that_cannot_be_set(name: str) -> None:
    assert problems(headers={name: "x"}) == [("error", "bad_header", f"steps.call.webhook.headers.{name}")]


def test_more_time_than_there_is() -> None:
    assert problems(timeout="31s") == [("warning", "long_timeout", "steps.call.webhook.timeout")]


@pytest.mark.parametrize(
    ("webhook", "place"),
    [
        ({"url": "https://a/{{ profile.x | nonsense }}"}, "url"),
        ({"headers": {"A": "{{ x"}}, "headers.A"),
        ({"query": {"a": "{% if %}"}}, "query.a"),
        ({"body": "{% nonsense %}"}, "body"),
        ({"body": {"a": [1, {"b": "{{ profile.x | nonsense }}"}]}}, "body.a[1].b"),
    ],
)
def test_what_is_no_template(webhook: dict[str, Any], place: str) -> None:
    assert problems(**webhook) == [("error", "template_error", f"steps.call.webhook.{place}")]
