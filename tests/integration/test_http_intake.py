"""/v1/* as a served process answers it: every event has an answer of its own, and what is answered is stored."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
import time
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from parcours.clock import SystemClock
from parcours.service.intake.write_keys import add_source
from parcours.store.database import Database
from support.postgres import Server
from support.served import Served, serving

LIMIT = 32_768


@pytest.fixture(scope="module")
def served(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with postgres.clone() as url, serving(url, tmp_path_factory.mktemp("served")) as found:
        yield found


def track(user: str, name: str = "Go", **more: Any) -> dict[str, Any]:
    return {"type": "track", "userId": user, "event": name, **more}


def events(served: Served, user: str) -> list[tuple[Any, ...]]:
    return served.rows(
        "SELECT e.name, e.properties, e.historical FROM event e JOIN profile p USING (bucket, profile_id)"
        " WHERE p.user_id = %s ORDER BY e.feed_no",
        user,
    )


def attributes(served: Served, user: str) -> Any:
    found = served.rows("SELECT attributes FROM profile WHERE user_id = %s", user)
    return found[0][0] if found else None


def test_each_verb_takes_its_event(served: Served) -> None:
    common = {"userId": "verbs", "properties": {"n": 1}}
    assert (
        served.post("/v1/identify", {"userId": "verbs", "traits": {"plan": "pro"}}).body["result"] == "taken"
    )
    for path, body in (
        ("/v1/track", {**common, "event": "Tracked"}),
        ("/v1/page", {**common, "name": "Page"}),
        ("/v1/screen", {**common, "name": "Screen"}),
        ("/v1/group", {"userId": "verbs", "groupId": "g"}),
        ("/v1/alias", {"userId": "verbs", "previousId": "verbs-before"}),
        ("/v1/t", {**common, "event": "Short"}),
    ):
        answer = served.post(path, body)
        assert (answer.status, answer.body["success"], answer.body["result"]) == (200, True, "taken"), path
    assert [name for name, _, _ in events(served, "verbs")] == ["Tracked", "Page", "Screen", "Short"]
    assert attributes(served, "verbs") == {"plan": "pro"}


def test_a_write_key_is_needed(served: Served) -> None:
    event = track("keys")
    assert served.post("/v1/track", event, key=None).body["code"] == "no_write_key"
    wrong = served.post("/v1/track", event, key="pwk_wrong")
    assert (wrong.status, wrong.body["code"]) == (401, "unknown_write_key")
    assert served.post("/v1/track", {**event, "writeKey": served.key}, key=None).status == 200
    assert served.post("/v1/batch", {"batch": [event], "writeKey": served.key}, key=None).status == 200
    bearer = {"authorization": f"Bearer {served.key}"}
    assert served.post("/v1/track", event, key=None, headers=bearer).status == 200
    assert served.post("/v1/track", event, key=None, headers={"authorization": "Basic ???"}).status == 401
    assert len(events(served, "keys")) == 3
    assert served.rows(
        "SELECT count(*) FROM source WHERE position(%s IN key_hint || name) > 0", served.key
    ) == [(0,)]


def test_a_repeated_message_is_taken_once_also_at_the_same_time(served: Served) -> None:
    batch = {"batch": [track("repeats", messageId=f"m{n}") for n in range(50)]}
    answers: list[dict[str, Any]] = []

    def send() -> None:
        answers.append(served.post("/v1/batch", batch).body)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answer["taken"] for answer in answers) == 50
    assert sum(answer["repeated"] for answer in answers) == 250
    assert len(events(served, "repeats")) == 50
    # Without an id: with a time it is told by its content, without one each comes for itself.
    timed = track("repeats2", timestamp=served.rows("SELECT now() - interval '1 minute'")[0][0].isoformat())
    for _ in range(2):
        served.post("/v1/track", timed)
        served.post("/v1/track", track("repeats2", "Untimed"))
    assert [name for name, _, _ in events(served, "repeats2")] == ["Go", "Untimed", "Untimed"]


def raw(**more: Any) -> bytes:
    return json.dumps(track("f", **more)).encode()


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


# fmt: off
GO = b'{"type":"track","userId":"f","event":"E","properties":%b}'
BAD: dict[str, tuple[bytes, str, str]] = {
    "text": (b"hello", "not_json", "batch[1]"),
    "a number": (b"5", "not_an_object", "batch[1]"),
    "nothing": (b"null", "not_an_object", "batch[1]"),
    "broken UTF-8 in a text": (GO % b'{"a":"\xff"}', "not_utf8", "batch[1]"),
    "half a character": (b'{"type":"track","userId":"\\ud800","event":"E"}', "not_json", "batch[1]"),
    "an escaped NUL": (json.dumps(track("f", properties={"a": "\x00"})).encode(), "bad_text", "batch[1] properties.a"),
    "a NUL in the name": (json.dumps(track("f\x00")).encode(), "bad_text", "batch[1]"),
    "a NUL as it is": (b'{"type":"track","userId":"f\x00","event":"E"}', "not_json", "batch[1]"),
    "a number of 5,000 digits": (GO % (b'{"n":' + b"1" * 5000 + b"}"), "number_too_large", "batch[1]"),
    "a number beyond all": (GO % b'{"n":1e999}', "number_too_large", "batch[1]"),
    "a large number": (GO % b'{"n":1e301}', "number_too_large", "batch[1] properties.n"),
    "deep nesting": (GO % nested(40), "too_deep", "batch[1] properties"),
    "deeper than can be read": (GO % nested(3000), "too_deep", "batch[1]"),
    "a large event": (json.dumps(track("f", properties={"a": "x" * LIMIT})).encode(), "line_too_long", "batch[1]"),
    "no type": (b'{"userId":"f"}', "unknown_type", "batch[1] type"),
    "an unhashable type": (b'{"userId":"f","type":[]}', "unknown_type", "batch[1] type"),
    "a number as person": (b'{"type":"track","userId":5,"event":"E"}', "no_person", "batch[1]"),
    "a long person": (json.dumps(track("f" * 257)).encode(), "bad_person", "batch[1]"),
    "a list as event": (b'{"type":"track","userId":"f","event":[]}', "no_name", "batch[1] event"),
    "a long event name": (json.dumps(track("f", "e" * 201)).encode(), "too_long", "batch[1] event"),
    "a text as properties": (json.dumps(track("f", properties="x")).encode(), "not_an_object", "batch[1] properties"),
    "a list as traits": (b'{"type":"identify","userId":"f","traits":[]}', "not_an_object", "batch[1] traits"),
    "a number as time": (json.dumps(track("f", timestamp=5)).encode(), "bad_timestamp", "batch[1] timestamp"),
    "no date": (json.dumps(track("f", timestamp="2026-02-30")).encode(), "bad_timestamp", "batch[1] timestamp"),
    "a list as sentAt": (json.dumps(track("f", sentAt=[])).encode(), "bad_timestamp", "batch[1] sentAt"),
    "an original that is no time": (raw(originalTimestamp=1), "bad_timestamp", "batch[1] originalTimestamp"),
    "a number as messageId": (json.dumps(track("f", messageId=5)).encode(), "bad_message_id", "batch[1] messageId"),
    "a list as context": (json.dumps(track("f", context=[])).encode(), "not_an_object", "batch[1] context"),
    "no previousId": (b'{"type":"alias","userId":"f"}', "no_previous_id", "batch[1] previousId"),
    "an object as previousId": (b'{"type":"alias","userId":"f","previousId":{}}', "no_previous_id", "batch[1] previousId"),
    "a list as op": (b'{"type":"audience","userId":"f","audience":"a","op":[]}', "bad_op", "batch[1] op"),
}
# fmt: on


def test_a_bad_event_is_named_and_spoils_no_other(served: Served) -> None:
    for number, (about, (raw, code, place)) in enumerate(BAD.items()):
        user = f"beside-{number}"
        good = [json.dumps(track(user, name)).encode() for name in ("Before", "Behind")]
        body = b'{"sentAt": null, "batch": [' + good[0] + b" , " + raw + b" , " + good[1] + b"]}"
        answer = served.post("/v1/batch", body)
        assert answer.status == 200, (about, answer.body)
        assert [one["result"] for one in answer.body["results"]] == ["taken", "refused", "taken"], about
        refused = answer.body["results"][1]
        assert (refused["code"], refused["place"].partition(".a.a")[0]) == (code, place), about
        assert refused["message"], about
        assert refused["hint"], about
        assert [name for name, _, _ in events(served, user)] == ["Before", "Behind"], about
        # By itself it is a request that is refused. (What is no JSON object has no kind; the address gives one.)
        alone = served.post("/v1/batch", b'{"batch": [' + raw + b"]}")
        assert (alone.status, alone.body["code"]) == (400, code), about
        assert alone.body["message"], about


def test_requests_that_cannot_be_read(served: Served) -> None:
    bomb = zlib.compressobj(9, wbits=31)
    packed = b"".join(bomb.compress(b" " * 1_000_000) for _ in range(500)) + bomb.flush()
    gzipped = {"content-encoding": "gzip"}
    for about, body, headers, code in (
        ("no JSON", b"hello", {}, "not_json"),
        ("cut off", b'{"batch": [{"type": "track"', {}, "not_json"),
        ("broken UTF-8", b'{"batch": [\xff', {}, "not_json"),
        ("a list", b"[]", {}, "no_batch"),
        ("no batch", b"{}", {}, "no_batch"),
        ("a batch that is none", b'{"batch": 5}', {}, "no_batch"),
        ("a text without its end", b'{"batch": ["' + b'\\"' * 200_000, {}, "not_json"),
        ("brackets without end", b"{" * 400_000, {}, "not_json"),
        ("too many", json.dumps({"batch": [0] * 2501}).encode(), {}, "too_many_events"),
        ("too large", json.dumps({"batch": ["x" * 500_000]}).encode(), {}, "body_too_large"),
        ("too large unpacked", gzip.compress(json.dumps({"batch": ["x" * 500_000]}).encode()), gzipped, "body_too_large"),
        ("a bomb of 500 MB", packed, gzipped, "body_too_large"),
        ("no gzip", b'{"batch": []}', gzipped, "not_compressed"),
        ("half a gzip", gzip.compress(b'{"batch": []}')[:-9], gzipped, "not_compressed"),
        ("an empty gzip", b"", gzipped, "not_compressed"),
        ("an unknown packing", b'{"batch": []}', {"content-encoding": "br"}, "not_compressed"),
    ):  # fmt: skip
        answer = served.post("/v1/batch", body, headers=headers)
        status = 413 if code == "body_too_large" else 400
        assert (answer.status, answer.body["code"]) == (status, code), about
    assert served.post("/v1/batch", {"batch": []}, packed=True).body["success"] is True
    twice = gzip.compress(b'{"batch":') + gzip.compress(b" []}")
    assert served.post("/v1/batch", twice, headers=gzipped).status == 200


def test_clocks_are_set_right(served: Served) -> None:
    [(now,)] = served.rows("SELECT date_trunc('second', now())")

    def at(delta: timedelta) -> str:
        return str((now + delta).isoformat())

    hour = timedelta(hours=1)
    # The client's clock is two hours ahead: what it calls "in an hour" was an hour ago.
    ahead = {"timestamp": at(hour), "messageId": "a"}
    batch = [
        track("clocks", "ahead", **ahead),
        track("clocks", "both", **ahead, originalTimestamp=at(-30 * hour)),
    ]
    batch += [track("clocks", "own", timestamp=at(-3 * hour), sentAt=at(-2 * hour), messageId="b")]
    batch += [track("clocks", "original", originalTimestamp=at(hour), messageId="c")]
    batch[1]["messageId"] = "d"
    assert served.post("/v1/batch", {"batch": batch, "sentAt": at(2 * hour)}).body["taken"] == 4
    served.post("/v1/track", track("clocks", "future", timestamp=at(5 * hour)))
    served.post("/v1/track", track("clocks", "exact", timestamp=at(-5 * hour)))
    served.post("/v1/track", track("clocks", "old", timestamp=at(-24 * 8 * hour)))
    found = {
        name: (happened, historical)
        for name, happened, historical in served.rows(
            "SELECT e.name, e.happened_at, e.historical FROM event e JOIN profile p USING (bucket, profile_id)"
            " WHERE p.user_id = 'clocks'"
        )
    }
    for name, expected in (("ahead", -hour), ("own", -hour), ("original", -hour)):
        assert timedelta() <= found[name][0] - (now + expected) < timedelta(minutes=2), name
    # A timestamp beside originalTimestamp was set right by somebody before us; none lies in the future.
    assert found["both"][0] >= now
    assert timedelta() <= found["future"][0] - now < timedelta(minutes=2)
    assert found["exact"] == (now - 5 * hour, False)
    assert found["old"] == (now - 24 * 8 * hour, True)


def test_a_stream_is_imported_as_history(served: Served) -> None:
    lines = [json.dumps(track("streamed", f"E{n}", messageId=f"s{n}")).encode() for n in range(2500)]
    lines[7], lines[2000] = b"{", b'"' + b"x" * 100_000 + b'"'
    lines.insert(9, b"")
    answer = served.post(
        "/v1/import", b"\n".join(lines), packed=True, headers={"content-type": "application/x-ndjson"}
    )
    assert (answer.status, answer.body["success"]) == (200, False)
    assert (answer.body["taken"], answer.body["refused"]) == (2498, 2)
    assert [(one["code"], one["place"]) for one in answer.body["results"]] == [
        ("not_json", "line 8"), ("line_too_long", "line 2002"),
    ]  # fmt: skip
    assert {historical for _, _, historical in events(served, "streamed")} == {True}
    live = served.post("/v1/import?mode=live", {"batch": [track("streamed2")]})
    assert live.body["taken"] == 1
    assert events(served, "streamed2") == [("Go", {}, False)]
    batch = {"batch": [track("streamed3")]}
    assert served.post("/v1/import?mode=dead", batch).body["code"] == "wrong_value"
    assert served.post("/v1/import?mode=dead", batch, key="pk_nobody").status == 401


def test_browsers_may_send_from_any_site(served: Served) -> None:
    asked = served.post("/v1/t", b"", key=None, method="OPTIONS")
    assert asked.status == 204
    assert asked.headers["access-control-allow-origin"] == "*"
    assert "authorization" in asked.headers["access-control-allow-headers"]
    for key in ("", "wrong"):
        assert served.post("/v1/t", track("cors"), key=key).headers["access-control-allow-origin"] == "*"


def test_merged_people_over_http(served: Served) -> None:
    served.post("/v1/track", {"anonymousId": "anon-1", "event": "Looked"})
    served.post("/v1/identify", {"anonymousId": "anon-1", "traits": {"city": "Oslo", "plan": "basic"}})
    batch: list[Any] = [
        {"type": "track", "anonymousId": "anon-1", "event": "Looked again"},
        {"type": "identify", "userId": "kim", "anonymousId": "anon-1", "traits": {"plan": "pro"}},
        {"type": "track", "anonymousId": "anon-1", "event": "Bought"},
    ]
    assert served.post("/v1/batch", {"batch": batch}).body["taken"] == 3
    served.post("/v1/track", {"anonymousId": "anon-1", "event": "Came back"})
    assert attributes(served, "kim") == {"city": "Oslo", "plan": "pro"}
    assert [(name, old) for name, _, old in events(served, "kim")] == [
        ("Looked", True), ("Looked again", True), ("Bought", False), ("Came back", False),
    ]  # fmt: skip
    assert attributes(served, "anon-1") == {}
    assert events(served, "anon-1") == []


def test_merges_meet_events_that_come_at_the_same_time(served: Served) -> None:
    """Whatever the order, every event of the anonymous one is the known one's at the end."""

    def look(number: int) -> None:
        served.post(
            "/v1/batch", {"batch": [{"type": "track", "anonymousId": f"race-{number}", "event": "Look"}] * 3}
        )

    def join(number: int) -> None:
        both = {"userId": f"racer-{number}", "anonymousId": f"race-{number}"}
        served.post(
            "/v1/batch", {"batch": [{"type": "identify", **both}, {"type": "track", **both, "event": "Look"}]}
        )

    threads = [
        threading.Thread(target=what, args=(number,))
        for number in range(8)
        for what in (look, join, look, look)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = served.rows(
        "SELECT p.user_id, count(*)::int FROM event e JOIN profile p USING (bucket, profile_id)"
        " WHERE p.user_id LIKE 'race%%' GROUP BY 1 ORDER BY 1"
    )
    assert found == [(f"racer-{number}", 10) for number in range(8)]


def test_sources_that_come_together_are_all_noted(served: Served) -> None:
    """What is noted is written a moment later, for whoever came meanwhile."""

    async def add(*names: str) -> list[str]:
        async with (
            await Database.connect(served.database_url, connections=1) as database,
            database.transaction() as connection,
        ):
            return [
                await add_source(connection, name, at=SystemClock().now(), actor="test") for name in names
            ]

    keys = asyncio.run(add("shop", "app", "till"))
    for key in keys:
        assert served.post("/v1/track", track("noted"), key=key).status == 200
    end = time.monotonic() + 30
    while served.rows("SELECT name FROM source WHERE seen_at IS NULL AND name IN ('shop', 'app', 'till')"):
        assert time.monotonic() < end


def until_answered(served: Served, status: int, name: str) -> Any:
    """Send again until the answer is this; the server looks at what is pending once a second."""
    end = time.monotonic() + 60
    while (answer := served.post("/v1/track", track("pushed", name))).status != status:
        assert time.monotonic() < end, answer
    return answer


def test_where_too_much_waits_it_says_when_to_come_again(served: Served) -> None:
    served.write(
        "INSERT INTO pending (bucket, profile_id, happened_at, feed_no, kind, name, arrived_at)"
        " SELECT 0, %s::uuid, %s::timestamptz, n, 'event', 'Flood', %s::timestamptz FROM generate_series(1, 200001) n",
        "00000000-0000-0000-0000-000000000001", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z",
    )  # fmt: skip
    try:
        refused = until_answered(served, 429, "Before")
        assert (refused.body["code"], refused.headers["retry-after"]) == ("too_busy", "5")
        assert served.post("/v1/track", track("pushed", "Refused")).status == 429
    finally:
        served.write("DELETE FROM pending WHERE name = 'Flood'")
    until_answered(served, 200, "After")
    stored = [name for name, _, _ in events(served, "pushed")]
    assert ("Refused" in stored, stored[-1]) == (False, "After")
