"""The clients that people have, unchanged: Segment's, RudderStack's and PostHog's, against a served process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import posthog
import pytest
from rudderstack.analytics.client import Client as Rudder
from segment.analytics.client import Client as Segment

from parcours.clock import SystemClock
from support.postgres import Server
from support.served import Served, serving


@pytest.fixture(scope="module")
def served(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with postgres.clone() as url, serving(url, tmp_path_factory.mktemp("served")) as found:
        yield found


def people(served: Served) -> dict[str, Any]:
    return dict(served.rows("SELECT user_id, attributes FROM profile WHERE deleted_at IS NULL"))


def events(served: Served, user: str) -> list[tuple[Any, ...]]:
    return served.rows(
        "SELECT e.name, e.properties ->> 'n', e.historical FROM event e JOIN profile p USING (bucket, profile_id)"
        " WHERE p.user_id = %s ORDER BY e.feed_no",
        user,
    )


@pytest.mark.parametrize("packed", [False, True])
def test_segment(served: Served, packed: bool) -> None:
    failed: list[Any] = []
    user = f"segment-{packed}"
    client = Segment(
        served.key,
        host=served.url,
        gzip=packed,
        on_error=lambda error, _: failed.append(error),
        max_retries=0,
    )
    client.track(anonymous_id=f"{user}-anon", event="Looked", properties={"n": 1})
    client.identify(user, {"plan": "pro"}, anonymous_id=f"{user}-anon")
    client.track(user, "Bought", {"n": 2})
    client.track(user, "Bought long ago", {"n": 3}, timestamp=SystemClock().now() - timedelta(days=30))
    client.page(user, name="Home", properties={"n": 4})
    client.page(user, properties={"n": 6})
    client.screen(user, name="Start", properties={"n": 5})
    client.group(user, "g1", {"name": "Acme"})
    client.alias(f"{user}-before", user)
    client.flush()
    client.join()
    assert failed == []
    assert people(served)[user] == {"plan": "pro"}
    assert events(served, user) == [
        ("Looked", "1", True), ("Bought", "2", False), ("Bought long ago", "3", True), ("Home", "4", False),
        ("Page", "6", False), ("Start", "5", False),
    ]  # fmt: skip


def test_segment_is_told_of_a_wrong_key_and_of_refused_events(served: Served) -> None:
    failed: list[Any] = []
    for key, event in (("pwk_wrong", "Looked"), (served.key, "E" * 201)):
        client = Segment(key, host=served.url, on_error=lambda error, _: failed.append(error), max_retries=0)
        client.track("told", event)
        client.flush()
        client.join()
    assert [(error.status, error.code) for error in failed] == [(401, "unknown_write_key"), (400, "too_long")]
    assert failed[1].message == "every event was refused, the first: event is longer than 200 characters"


@pytest.mark.parametrize("packed", [False, True])
def test_rudderstack(served: Served, packed: bool) -> None:
    failed: list[Any] = []
    user = f"rudder-{packed}"
    client = Rudder(
        served.key,
        host=served.url,
        gzip=packed,
        on_error=lambda error, _: failed.append(error),
        max_retries=0,
    )
    client.track(anonymous_id=f"{user}-anon", event="Looked", properties={"n": 1})
    client.identify(user, {"plan": "pro"}, anonymous_id=f"{user}-anon")
    client.track(user, "Bought", {"n": 2})
    client.page(user, name="Home", properties={"n": 3})
    client.flush()
    client.join()
    assert failed == []
    assert people(served)[user] == {"plan": "pro"}
    assert events(served, user) == [("Looked", "1", True), ("Bought", "2", False), ("Home", "3", False)]


@pytest.mark.parametrize("packed", [False, True])
def test_posthog(served: Served, packed: bool) -> None:
    failed: list[Any] = []
    user = f"posthog-{packed}"
    client = posthog.Posthog(
        served.key,
        host=served.url,
        gzip=packed,
        on_error=lambda error, _: failed.append(error),
        max_retries=0,
    )
    client.capture("Looked", distinct_id=f"{user}-anon", properties={"n": 1})
    client.alias(f"{user}-anon", user)
    client.set(distinct_id=user, properties={"plan": "pro"})
    client.capture("Bought", distinct_id=user, properties={"n": 2, "$set": {"city": "Oslo"}})
    client.capture("$pageview", distinct_id=user, properties={"n": 3, "$pathname": "/home"})
    client.flush()
    client.shutdown()
    assert failed == []
    assert {name: people(served)[user][name] for name in ("plan", "city")} == {"plan": "pro", "city": "Oslo"}
    assert events(served, user) == [("Looked", "1", True), ("Bought", "2", False), ("/home", "3", False)]
