"""What becomes of a webhook, and of its person: a worker, a real server, every answer that it gives."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from support.runner import email, journey
from support.webhook_sink import Reply, WebhookSink, signed
from support.worker import WEBHOOK_SECRET, Document, Installation, eventually, installed, line, people

PERSON = """SELECT p.status || coalesce(':' || p.reason, '') || ' ' || coalesce(p.step, '-')
    FROM parcours.participant p JOIN parcours.profile pr USING (bucket, profile_id) WHERE pr.user_id = %(user)s"""
MESSAGE = """SELECT m.state || coalesce(':' || m.reason, '')
    FROM parcours.message m JOIN parcours.profile pr USING (bucket, profile_id)
    WHERE pr.user_id = %(user)s AND m.channel = 'webhook'"""
NEXT: Document = {"rest": {"wait_for": [{"event": "Never", "next": "end"}]}, "end": {"end": {}}}


@pytest.fixture
async def sink() -> AsyncIterator[WebhookSink]:
    async with WebhookSink() as sink:
        yield sink


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Installation]:
    async with installed(database_url, "one") as installation:
        await installation.feed(*people("u", range(40)))
        yield installation


def calling(sink: WebhookSink, **more: Any) -> Document:
    return journey({"call": {"webhook": {"url": f"{sink.url}/hook", **more}}, **NEXT}, "j")


async def go(here: Installation, document: Document, *users: str) -> None:
    await here.publish(document)
    await here.feed(*(line("track", user, "Go", n=7) for user in users))


async def ended(here: Installation, user: str, message: str, person: str) -> None:
    await here.until(MESSAGE, message, user=user)
    await here.until(PERSON, person, user=user)


async def due_again(here: Installation, user: str) -> None:
    """Let the pause before the next try be over."""
    await here.rows(
        "UPDATE parcours.message SET due_at = clock_timestamp() WHERE state = 'queued' RETURNING 1"
    )
    await here.feed(line("track", user, "Go"))


async def test_a_call_that_is_taken_moves_its_person_on(here: Installation, sink: WebhookSink) -> None:
    document = calling(
        sink,
        url=f"{sink.url}/{{{{ profile.user_id }}}}",
        method="PUT",
        query={"n": "{{ event.n }}"},
        headers={"X-Journey": "{{ journey.key }}"},
        body={"who": "{{ profile.email }}", "step": "{{ participant.step }}", "n": 1},
    )
    await go(here, document, "u1")
    await ended(here, "u1", "sent", "active rest")
    (taken,) = sink.taken
    assert (taken.method, taken.path, taken.headers["X-Journey"]) == ("PUT", "/u1?n=7", "j")
    assert json.loads(taken.body) == {"who": "u1@example.com", "step": "call", "n": 1}
    assert signed(taken, WEBHOOK_SECRET)
    rows = await here.rows(
        "SELECT message_id::text, recipient, subject, detail, attempts FROM parcours.message"
    )
    assert rows == [(taken.key, f"{sink.url}/u1", None, "HTTP 200", 1)]


async def test_its_answer_is_used_by_what_is_behind(here: Installation, sink: WebhookSink) -> None:
    sink.replies["/u1"] = Reply(body=b'{"plan": "pro", "name": "Eva"}')
    sink.replies["/u2"] = Reply(body=b'{"plan": "free"}')
    sink.replies["/u3"] = Reply(body=b"oops")
    pro = {"when": {"field": "crm.plan", "is": "pro"}, "next": "mail"}
    steps = {
        "call": {"webhook": {"url": f"{sink.url}/{{{{ profile.user_id }}}}", "save_as": "crm"}},
        "fork": {"split": [pro, {"else": True, "next": "end"}]},
        "mail": {**email("Hello {{ crm.name }}"), "next": "rest"},
        **NEXT,
    }
    await go(here, journey(steps, "j"), "u1", "u2", "u3")
    await ended(here, "u1", "sent", "active rest")
    await ended(here, "u2", "sent", "completed end")
    await ended(here, "u3", "sent", "completed end")
    assert await here.one("SELECT subject FROM parcours.message WHERE channel = 'email'") == "Hello Eva"
    seen = await here.one("SELECT seen FROM parcours.passage WHERE from_step = 'call' AND to_step = 'mail'")
    assert seen == {"detail": "HTTP 200", "crm.plan": "pro"}
    saved = await here.rows("SELECT saved FROM parcours.participant")
    assert {json.dumps(row[0], sort_keys=True) for row in saved} == {
        '{"crm": null}', '{"crm": {"plan": "free"}}', '{"crm": {"name": "Eva", "plan": "pro"}}'
    }  # fmt: skip


@pytest.mark.parametrize("reply", [Reply(500), Reply(503), Reply(429)])
async def test_what_may_pass_is_tried_later(here: Installation, sink: WebhookSink, reply: Reply) -> None:
    sink.replies["/hook"] = [reply, Reply()]
    await go(here, calling(sink), "u1")
    await here.until("SELECT max(attempts) FROM parcours.message", 1)
    rows = await here.rows(
        "SELECT state, extract(epoch FROM due_at - settled_at)::integer FROM parcours.message"
    )
    assert rows == [("queued", 60)]
    assert await here.one(PERSON, user="u1") == "active call"
    await due_again(here, "u1")
    await ended(here, "u1", "sent", "active rest")
    assert len({taken.key for taken in sink.taken}) == 1
    assert len(sink.taken) == 2


async def test_the_server_may_ask_for_a_longer_pause(here: Installation, sink: WebhookSink) -> None:
    sink.replies["/hook"] = Reply(503, headers={"Retry-After": "7200"})
    await go(here, calling(sink), "u1")
    await here.until("SELECT max(attempts) FROM parcours.message", 1)
    assert (
        await here.one("SELECT extract(epoch FROM due_at - settled_at)::integer FROM parcours.message")
        == 7200
    )


@pytest.mark.parametrize(("retries", "tries"), [(None, 4), (1, 2), (0, 1)])
async def test_it_is_given_up_after_its_retries(
    here: Installation, sink: WebhookSink, retries: int | None, tries: int
) -> None:
    sink.replies["/hook"] = Reply(500)
    more = {} if retries is None else {"retries": retries}
    await go(here, calling(sink, on_error="end", **more), "u1")
    pauses = []
    for number in range(1, tries):
        await here.until("SELECT max(attempts) FROM parcours.message WHERE state = 'queued'", number)
        pauses.append(
            await here.one("SELECT extract(epoch FROM due_at - settled_at)::integer FROM parcours.message")
        )
        await due_again(here, "u1")
    await ended(here, "u1", "rejected:send_failed", "completed end")
    assert pauses == [60, 300, 1500][: tries - 1]
    assert len(sink.taken) == tries
    assert await here.one("SELECT detail FROM parcours.message") == "given up: HTTP 500"


@pytest.mark.parametrize(
    ("on_error", "person"),
    [(None, "dropped_out:send_failed call"), ("next", "active rest"), ("end", "completed end")],
)
@pytest.mark.parametrize("status", [404, 302])
async def test_a_final_refusal_takes_the_way_of_an_error(
    here: Installation, sink: WebhookSink, on_error: str | None, person: str, status: int
) -> None:
    sink.replies["/hook"] = Reply(status, headers={"Location": f"{sink.url}/other"} if status == 302 else {})
    await go(here, calling(sink, **({"on_error": on_error} if on_error else {})), "u1")
    await ended(here, "u1", "rejected:send_failed", person)
    assert [taken.path for taken in sink.taken] == ["/hook"]


async def test_an_answer_that_never_comes_leaves_a_post_uncertain(
    here: Installation, sink: WebhookSink
) -> None:
    sink.replies["/hook"] = Reply(trick="hang")
    await go(here, calling(sink, timeout="1s", save_as="crm"), "u1")
    await ended(here, "u1", "uncertain", "active rest")
    assert len(sink.taken) == 1
    assert await here.one("SELECT saved FROM parcours.participant") == {}


async def test_an_answer_that_never_comes_is_asked_for_again_with_get(
    here: Installation, sink: WebhookSink
) -> None:
    sink.replies["/hook"] = [Reply(trick="drop"), Reply(trick="drop"), Reply(body=b'{"n": 1}')]
    await go(here, calling(sink, method="GET", save_as="crm"), "u1")
    await here.until("SELECT max(attempts) FROM parcours.message WHERE state = 'queued'", 1)
    await due_again(here, "u1")
    await ended(here, "u1", "sent", "active rest")
    assert {taken.key for taken in sink.taken} == {
        await here.one("SELECT message_id::text FROM parcours.message")
    }
    assert await here.one("SELECT saved FROM parcours.participant") == {"crm": {"n": 1}}


async def test_a_get_given_up_without_an_answer_is_uncertain(here: Installation, sink: WebhookSink) -> None:
    sink.replies["/hook"] = Reply(trick="drop")
    await go(here, calling(sink, method="GET", retries=0), "u1")
    await ended(here, "u1", "uncertain", "active rest")


async def test_an_internal_address_is_refused(here: Installation, sink: WebhookSink) -> None:
    # Tests allow 127.0.0.1 alone.
    await go(here, calling(sink, url=f"http://127.0.0.2:{sink.port}/hook"), "u1")
    await ended(here, "u1", "rejected:send_failed", "dropped_out:send_failed call")
    assert sink.connections == 0
    assert await here.one("SELECT detail FROM parcours.message") == "the address is not allowed"


async def test_a_template_that_fails_drops_the_person_out(here: Installation, sink: WebhookSink) -> None:
    await go(here, calling(sink, body=["{{ 1 | divided_by: 0 }}"], on_error="next"), "u1")
    await ended(here, "u1", "rejected:step_failed", "dropped_out:step_failed call")
    assert sink.taken == []


async def test_no_password_is_written_down(here: Installation, sink: WebhookSink) -> None:
    await go(here, calling(sink, url=f"http://anna:s3cret@127.0.0.1:{sink.port}/hook"), "u1")
    await ended(here, "u1", "sent", "active rest")
    assert sink.taken[0].headers["Authorization"].startswith("Basic ")
    for table in ("message", "passage", "inbox", "participant"):
        assert await here.rows(f"SELECT 1 FROM parcours.{table} t WHERE t::text LIKE '%%s3cret%%'") == []
    assert "s3cret" not in repr(here.workers["one"].log.events)


async def test_a_paused_journey_calls_nobody(here: Installation, sink: WebhookSink) -> None:
    sink.replies["/hook"] = [Reply(500), Reply()]
    await go(here, calling(sink), "u1")
    await here.until("SELECT max(attempts) FROM parcours.message", 1)
    await here.command("j", "pause")
    await due_again(here, "u1")
    await here.feed(*(line("track", f"u{n}", "Go") for n in range(2, 9)))
    await here.until("SELECT count(*) FROM parcours.participant WHERE status = 'active'", 8)
    assert len(sink.taken) == 1
    await here.command("j", "resume")
    await here.until("SELECT count(*) FROM parcours.participant WHERE step = 'rest'", 8)
    assert len(sink.taken) == 9


async def test_a_slow_server_keeps_no_mail_waiting(here: Installation, sink: WebhookSink) -> None:
    sink.replies["/slow"] = Reply(trick="hang")
    await here.publish(
        journey({"call": {"webhook": {"url": f"{sink.url}/slow", "timeout": "30s"}}, **NEXT}, "j")
    )
    await here.publish(journey({"mail": email(), **NEXT}, "k", triggers=[{"event": "Write"}]))
    await here.feed(*(line("track", f"u{n}", "Go") for n in range(40)))
    await eventually(lambda: len(sink.taken) >= 20, what="many calls hang")
    await here.feed(*(line("track", f"u{n}", "Write") for n in range(40)))
    await here.until("SELECT count(*) FROM parcours.message WHERE channel = 'email' AND state = 'sent'", 40)
    assert (
        await here.one("SELECT count(*) FROM parcours.message WHERE channel = 'webhook' AND state = 'sent'")
        == 0
    )
    sink.replies["/slow"] = Reply()
    sink.let_go()
    await here.until("SELECT count(*) FROM parcours.message WHERE channel = 'webhook' AND state = 'sent'", 40)


async def test_a_slow_mail_server_keeps_no_call_waiting(database_url: str, sink: WebhookSink) -> None:
    async with installed(database_url, "one", answer_within=5.0) as here:
        await here.feed(*people("u", range(40)))
        here.sink.replies["dot"] = "hang"
        await here.publish(journey({"mail": email(), **NEXT}, "k", triggers=[{"event": "Write"}]))
        await here.feed(*(line("track", f"u{n}", "Write") for n in range(40)))
        await here.until(
            "SELECT count(*) > 0 FROM parcours.message WHERE channel = 'email' AND state = 'claimed'"
        )
        await go(here, calling(sink), *(f"u{n}" for n in range(40)))
        await here.until(
            "SELECT count(*) FROM parcours.message WHERE channel = 'webhook' AND state = 'sent'",
            40,
            within=4.0,
        )
        here.sink.replies.clear()
