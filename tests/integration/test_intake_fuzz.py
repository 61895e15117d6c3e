"""Random bodies for /v1: no failure, each bad event named by its place, every good one beside it kept as it was."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parcours.domain.catalogue import CATALOGUE
from support.examples import examples
from support.postgres import Server
from support.served import Answered, Served, serving
from support.strategies_wire import good_properties, odd_event, odd_json

CODES = {code for _, code in CATALOGUE}
GOOD = st.tuples(st.just("good"), good_properties)
ODD = st.tuples(st.just("odd"), odd_event())
BATCHES = st.lists(st.one_of(GOOD, ODD, ODD), min_size=1, max_size=6)
KINDS = ("identify", "track", "page", "screen", "group", "alias")
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def served(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with postgres.clone() as url, serving(url, tmp_path_factory.mktemp("served")) as found:
        yield found


def written(user: str, batch: list[tuple[str, Any]], person: str = "userId") -> list[bytes]:
    """Return the events of a batch; those that are good are the user's."""
    return [
        what
        if kind == "odd"
        else json.dumps({"type": "track", "event": f"E{n}", person: user, "properties": what}).encode()
        for n, (kind, what) in enumerate(batch)
    ]


def kept(served: Served, user: str) -> list[tuple[str, Any]]:
    rows = served.rows(
        "SELECT e.name, e.properties FROM event e JOIN profile p USING (bucket, profile_id) WHERE p.user_id = %s"
        " ORDER BY e.feed_no",
        user,
    )
    return [(str(name), properties) for name, properties in rows]


def is_sound(answer: Answered) -> None:
    """Hold what no answer may lack."""
    assert answer.status < 500, answer
    if answer.status >= 400:
        assert answer.body["code"] in CODES, answer.body
        assert answer.body["detail"], answer.body
        assert answer.body["hint"], answer.body


def names_all(answer: Answered, places: list[str]) -> list[str]:
    """Hold that each event has its answer, in order, and each bad one a place and a remedy; return the results."""
    for index, (one, place) in enumerate(zip(answer.body["results"], places, strict=True)):
        assert one["index"] == index
        if one["result"] == "refused":
            assert one["code"] in CODES, one
            assert one["place"].startswith(place), one
            assert one["message"], one
            assert one["hint"], one
    return [one["result"] for one in answer.body["results"]]


def expected(batch: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(f"E{n}", what) for n, (kind, what) in enumerate(batch) if kind == "good"]


@settings(max_examples=examples(20))
@given(
    batch=BATCHES, packed=st.booleans(), beside=st.sampled_from([b"", b'"sentAt": 1e999, ', b'"x": "\xff", '])
)
def test_whatever_a_batch_holds_the_good_events_are_kept(
    served: Served, batch: list[tuple[str, Any]], packed: bool, beside: bytes
) -> None:
    user = f"batch-{next(numbers)}"
    events = written(user, batch)
    body = b"{" + beside + b'"batch": [' + b", ".join(events) + b"]}"
    answer = served.post("/v1/batch", body, packed=packed)
    is_sound(answer)
    if events == [b""]:  # an empty list, then
        return
    results = names_all(answer, [f"batch[{n}]" for n in range(len(events))])
    assert all(result == "taken" for result, (kind, _) in zip(results, batch, strict=True) if kind == "good")
    assert (answer.status == 400) == (set(results) == {"refused"})
    assert kept(served, user) == expected(batch)


@settings(max_examples=examples(12))
@given(batch=BATCHES)
def test_whatever_lines_are_imported_the_good_ones_are_kept(
    served: Served, batch: list[tuple[str, Any]]
) -> None:
    user = f"lines-{next(numbers)}"
    lines = written(user, batch)
    answer = served.post("/v1/import", b"\n".join(lines), headers={"content-type": "application/x-ndjson"})
    is_sound(answer)
    body = answer.body
    assert body["taken"] + body["repeated"] + body["refused"] == sum(bool(line.strip()) for line in lines)
    assert len(body["results"]) == body["refused"]
    for one in body["results"]:
        assert batch[one["index"]][0] == "odd"
        assert one["code"] in CODES
        assert one["place"].startswith(f"line {one['index'] + 1}"), one
    assert kept(served, user) == expected(batch)


@settings(max_examples=examples(12))
@given(batch=BATCHES)
def test_whatever_comes_in_posthogs_form_the_good_events_are_kept(
    served: Served, batch: list[tuple[str, Any]]
) -> None:
    user = f"posthog-{next(numbers)}"
    events = written(user, batch, "distinct_id")
    answer = served.post("/batch/", b'{"batch": [' + b",".join(events) + b"]}")
    is_sound(answer)
    if events != [b""]:
        names_all(answer, [f"batch[{n}]" for n in range(len(events))])
    assert kept(served, user) == expected(batch)


@settings(max_examples=examples(20))
@given(kind=st.sampled_from(KINDS), body=odd_event() | odd_json | st.binary(max_size=50))
def test_a_single_event_of_any_form_is_answered(served: Served, kind: str, body: bytes) -> None:
    answer = served.post(f"/v1/{kind}", body, headers={"content-type": "text/plain"})
    is_sound(answer)


@settings(max_examples=examples(20))
@given(
    cut=st.integers(0, 200), flip=st.tuples(st.integers(0, 200), st.integers(0, 7)), packed=st.booleans(),
    kind=st.sampled_from(["application/json", "text/plain", "application/x-www-form-urlencoded", "\xff/;"]),
)  # fmt: skip
def test_what_is_damaged_on_the_way_is_refused_or_read(
    served: Served, cut: int, flip: tuple[int, int], packed: bool, kind: str
) -> None:
    user = f"damaged-{next(numbers)}"
    body = json.dumps({"batch": [{"type": "track", "userId": user, "event": "E"}] * 2}).encode()
    sent = bytearray(gzip.compress(body) if packed else body)
    sent[flip[0] % len(sent)] ^= 1 << flip[1]
    if cut % 2:
        del sent[cut % len(sent) :]
    headers = {"content-type": kind} | ({"content-encoding": "gzip"} if packed else {})
    answer = served.post("/v1/batch", bytes(sent), headers=headers)
    is_sound(answer)
    if answer.status != 200:
        assert kept(served, user) == []
