"""The channel of webhooks against a real HTTP server: what it says, and what every answer means."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from parcours.channels.channel import (
    Answer,
    Channel,
    Outcome,
    Rejected,
    Sent,
    TooLate,
    Unavailable,
    Uncertain,
)
from parcours.channels.guard import Guard, read_networks
from parcours.channels.request import Call
from parcours.channels.webhook import WebhookChannel
from support.webhook_sink import Reply, WebhookSink, signed
from support.worker import eventually

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ID = UUID(int=7)
HERE = Guard(read_networks("127.0.0.1"))


@pytest.fixture
async def sink() -> AsyncIterator[WebhookSink]:
    async with WebhookSink() as sink:
        yield sink


@pytest.fixture
async def channel() -> AsyncIterator[WebhookChannel]:
    channel = WebhookChannel(guard=HERE, clock=lambda: NOW)
    yield channel
    await channel.close()


def call(url: str, body: bytes = b"{}", **more: Any) -> Call:
    return Call(ID, "", url, body, **{"timeout": 5.0, "asks": True, **more})


async def send(channel: WebhookChannel, call: Call, within: float = 2.0) -> Outcome:
    return await channel.send(call, time.monotonic() + within)


def test_it_is_a_channel(channel: WebhookChannel) -> None:
    assert isinstance(channel, Channel)


async def test_what_is_said(sink: WebhookSink) -> None:
    channel = WebhookChannel(guard=HERE, clock=lambda: NOW, secret="s3cret")
    body = '{"a":"Åsa"}'.encode()
    made = call(
        f"{sink.url}/x y?a=1",
        body,
        method="PUT",
        query={"b": "2&3"},
        headers={"X-Team": "Åre", "user-agent": "me"},
    )
    assert isinstance(await send(channel, made), Sent)
    await channel.close()
    (taken,) = sink.taken
    assert (taken.method, taken.path, taken.body) == ("PUT", "/x%20y?a=1&b=2%263", body)
    assert taken.key == str(ID)
    assert taken.headers["Content-Type"] == "application/json"
    assert taken.headers["User-Agent"] == "me"
    assert taken.headers["X-Team"] == "Åre"
    assert taken.headers["Parcours-Signature"].startswith(f"t={int(NOW.timestamp())},v1=")
    assert signed(taken, "s3cret")
    assert not signed(taken, "other")


async def test_without_body_and_secret_nothing_is_said_of_them(
    sink: WebhookSink, channel: WebhookChannel
) -> None:
    await send(channel, call(sink.url, b"", method="GET"))
    (taken,) = sink.taken
    assert taken.body == b""
    assert not {"Content-Type", "Parcours-Signature", "Cookie"} & taken.headers.keys()
    assert taken.headers["User-Agent"].startswith("Parcours/")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b'{"score": 7}', {"score": 7}),
        (b"[1]", [1]),
        (b"null", None),
        (b"", None),
        (b"fine, thank you", None),
        (b"NaN", None),
        (b"1e999", None),
        (b'"\\u0000"', None),
        (b'"\\ud800"', None),
        (b"[" * 40 + b"]" * 40, None),
        (b"[" * 5000 + b"]" * 5000, None),
        (json.dumps("x" * 65_000).encode(), "x" * 65_000),
        (json.dumps("x" * 65_536).encode(), None),
    ],
)
async def test_answers(sink: WebhookSink, channel: WebhookChannel, said: bytes, answer: object) -> None:
    sink.replies[""] = Reply(body=said)
    assert await send(channel, call(sink.url)) == Sent("HTTP 200", Answer(answer))  # type: ignore[arg-type]
    assert await send(channel, call(sink.url, asks=False)) == Sent("HTTP 200")


async def test_an_answer_without_an_end_is_sent_all_the_same(
    sink: WebhookSink, channel: WebhookChannel
) -> None:
    sink.replies[""] = Reply(201, b'{"a":1', trick="half")
    assert await send(channel, call(sink.url, timeout=0.3)) == Sent("HTTP 201", Answer(None))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 422])
async def test_a_status_of_four_hundred_is_final(
    sink: WebhookSink, channel: WebhookChannel, status: int
) -> None:
    sink.replies[""] = Reply(status)
    assert await send(channel, call(sink.url)) == Rejected(f"HTTP {status}")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_what_may_pass_is_tried_later(sink: WebhookSink, channel: WebhookChannel, status: int) -> None:
    sink.replies[""] = Reply(status)
    assert await send(channel, call(sink.url)) == Unavailable(f"HTTP {status}")


@pytest.mark.parametrize(
    ("text", "pause"),
    [
        ("120", timedelta(minutes=2)),
        ("0", timedelta(0)),
        ("99999999999999999999", timedelta(days=1)),
        (format_datetime(NOW + timedelta(minutes=9), usegmt=True), timedelta(minutes=9)),
        (format_datetime(NOW - timedelta(minutes=9), usegmt=True), timedelta(0)),
        (format_datetime(NOW + timedelta(days=9), usegmt=True), timedelta(days=1)),
        ("soon", None),
        ("-5", None),
    ],
)
async def test_retry_after(
    sink: WebhookSink, channel: WebhookChannel, text: str, pause: timedelta | None
) -> None:
    sink.replies[""] = Reply(429, headers={"Retry-After": text})
    assert await send(channel, call(sink.url)) == Unavailable("HTTP 429", pause)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(sink: WebhookSink, channel: WebhookChannel, status: int) -> None:
    sink.replies["/a"] = Reply(status, headers={"Location": f"{sink.url}/b"})
    assert await send(channel, call(f"{sink.url}/a")) == Rejected(
        f"HTTP {status}: redirects are not followed"
    )
    assert [taken.path for taken in sink.taken] == ["/a"]


@pytest.mark.parametrize(
    ("method", "lost"),
    [
        ("POST", Uncertain),
        ("PATCH", Uncertain),
        ("GET", Unavailable),
        ("PUT", Unavailable),
        ("DELETE", Unavailable),
    ],
)
@pytest.mark.parametrize("trick", ["drop", "hang"])
async def test_an_answer_that_never_comes(
    sink: WebhookSink, channel: WebhookChannel, method: str, lost: type[Outcome], trick: Any
) -> None:
    sink.replies[""] = Reply(trick=trick)
    outcome = await send(channel, call(sink.url, method=method, timeout=0.3))
    assert isinstance(outcome, lost)
    assert not isinstance(outcome, Unavailable) or not outcome.safe
    assert {taken.key for taken in sink.taken} == {str(ID)}


async def test_the_time_of_a_step_is_kept(sink: WebhookSink, channel: WebhookChannel) -> None:
    sink.replies[""] = Reply(trick="hang")
    began = time.monotonic()
    assert await send(channel, call(sink.url, timeout=0.3)) == Uncertain("no answer within 0.3 s")
    assert 0.25 < time.monotonic() - began < 1.5


async def test_nobody_there_is_tried_later(channel: WebhookChannel) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        outcome = await send(channel, call(f"http://127.0.0.1:{port}/"))
    assert isinstance(outcome, Unavailable)
    assert outcome.safe


async def test_a_server_that_takes_no_connection_is_tried_later(channel: WebhookChannel) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        held = []
        for _ in range(3):  # more than its queue holds
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(full.getsockname())
            held.append(one)
        outcome = await send(channel, call(f"http://127.0.0.1:{full.getsockname()[1]}/"), within=1.2)
        assert outcome == Unavailable("no connection in time")
        # With less than a second left nothing can be said of the server.
        assert (
            await send(channel, call(f"http://127.0.0.1:{full.getsockname()[1]}/"), within=0.3) == TooLate()
        )
        for one in held:
            one.close()


async def test_too_late_is_untouched(sink: WebhookSink, channel: WebhookChannel) -> None:
    assert await send(channel, call(sink.url), within=-0.001) == TooLate()
    assert sink.taken == []


async def test_a_connection_that_comes_too_late_is_not_used(sink: WebhookSink) -> None:
    times = iter([0.0, 11.0])  # at the beginning, and when there is a connection
    channel = WebhookChannel(guard=HERE, clock=lambda: NOW, now=lambda: next(times))
    assert await channel.send(call(sink.url), 10.0) == TooLate()
    await channel.close()
    assert (sink.connections, sink.taken) == (1, [])


async def test_connections_are_used_again(sink: WebhookSink, channel: WebhookChannel) -> None:
    for _ in range(5):
        await send(channel, call(sink.url))
    assert (len(sink.taken), sink.connections) == (5, 1)


async def test_cookies_are_forgotten(sink: WebhookSink, channel: WebhookChannel) -> None:
    sink.replies[""] = Reply(headers={"Set-Cookie": "a=b; Path=/"})
    await send(channel, call(sink.url))
    await send(channel, call(sink.url))
    assert all("Cookie" not in taken.headers for taken in sink.taken)


async def test_close_cuts_what_is_under_way(sink: WebhookSink, channel: WebhookChannel) -> None:
    sink.replies[""] = Reply(trick="hang")
    sending = asyncio.create_task(send(channel, call(sink.url)))
    await eventually(lambda: bool(sink.taken))
    await channel.close()
    assert isinstance(await sending, Uncertain)


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "http://", "nonsense", "http://2130706433/", "http://127.1/", "http://[::1/"]
)
async def test_what_is_no_url_is_final(channel: WebhookChannel, url: str) -> None:
    assert isinstance(await send(channel, call(url)), Rejected)


# Addresses ------------------------------------------------------------------------------------------------------


class Names(AbstractResolver):
    """A resolver whose answers change from one question to the next."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - the library's signature
    ) -> list[ResolveResult]:
        address = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [
            {"hostname": host, "host": one, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
            for one in address.split()
        ]

    async def close(self) -> None:
        pass


REFUSED = Rejected("the address is not allowed")


async def with_names(guard: Guard, *answers: str) -> WebhookChannel:
    return WebhookChannel(guard=guard, clock=lambda: NOW, resolver=Names(*answers))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]"])
async def test_this_machine_is_refused(sink: WebhookSink, host: str) -> None:
    channel = WebhookChannel(clock=lambda: NOW)
    assert await send(channel, call(f"http://{host}:{sink.port}/")) == REFUSED
    await channel.close()
    assert (sink.connections, sink.taken) == (0, [])


async def test_a_name_that_leads_inside_is_refused(sink: WebhookSink) -> None:
    channel = await with_names(Guard(), "127.0.0.1")
    assert await send(channel, call(f"http://hook.example.com:{sink.port}/")) == REFUSED
    await channel.close()
    assert sink.connections == 0


async def test_a_name_that_leads_inside_by_several_ways_is_refused(sink: WebhookSink) -> None:
    channel = await with_names(Guard(), "127.0.0.1 10.0.0.1 169.254.169.254")
    assert await send(channel, call(f"http://hook.example.com:{sink.port}/")) == REFUSED
    await channel.close()
    assert sink.connections == 0


async def test_a_name_that_changes_its_address_gains_nothing(sink: WebhookSink) -> None:
    # What is allowed first is only that address: when the name leads elsewhere, the new address is asked about.
    channel = await with_names(HERE, "127.0.0.1", "127.0.0.2")
    url = f"http://hook.example.com:{sink.port}/"
    assert isinstance(await send(channel, call(url)), Sent)
    await channel.close()  # connections and names are forgotten
    assert await send(channel, call(url)) == REFUSED
    await channel.close()
    assert sink.connections == 1


async def test_a_redirect_to_the_inside_goes_nowhere(sink: WebhookSink, channel: WebhookChannel) -> None:
    async with WebhookSink() as inside:
        sink.replies[""] = Reply(302, headers={"Location": f"{inside.url}/latest/meta-data"})
        assert isinstance(await send(channel, call(sink.url)), Rejected)
        assert inside.connections == 0
