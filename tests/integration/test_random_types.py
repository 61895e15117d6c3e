"""Any JSON in any field that a step uses: whoever brings it may drop out, and nobody else waits for it."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest

from parcours.domain.errors import ParcoursError
from parcours.domain.parse import parse_journey
from parcours.domain.problems import has_errors
from parcours.observe import Trouble
from parcours.service.editing.checking import definition_problems
from parcours.service.intake.importing import Loader, read_lines
from support.postgres import BUCKETS
from support.runner import journey
from support.worker import Document, Installation, installed, line

HEALTHY = 24
RANDOM = 150
SENDERS = {"from": "anna@example.com", "reply_to": "help@example.com", "transactional": True}
FIELDS = ("who", "total", "items", "at", "plan")
POISON = ("21", "22", "23")  # of a value that a statement cannot bear

OPERATORS: tuple[Document, ...] = (
    {"is": "pro"}, {"is_not": 7}, {"in": ["a", 1, True]}, {"not_in": ["b"]}, {"gt": 10}, {"gte": "m"}, {"lt": 3},
    {"lte": "x"}, {"between": [1, 5]}, {"contains": "a"}, {"not_contains": 3}, {"starts_with": "a"}, {"ends_with": "z"},
    {"matches": "^[a-z]+\\d{2}"}, {"exists": True}, {"before": "2030-01-01T00:00:00Z"},
    {"after": "2020-01-01T00:00:00Z"}, {"within_last": "30d"}, {"within_next": "1h"},
)  # fmt: skip
TEXT = """{{ profile.who | upcase | truncate: 20 }} {{ event.total | plus: 1 | round: 2 }} {{ saved.at | date: "%Y" }}
{% for item in profile.items %}{{ item.name }}, {{ item | append: "x" }}{% endfor %}
{{ profile.plan | split: "," | join: "-" }}
{% if event.items contains "a" %}yes{% endif %}{% if profile.total > 3 %}more{% endif %}{{ saved.items | size }}"""


def some(root: str) -> Document:
    """Ask every field of something in every way."""
    return {"any": [{"field": f"{root}.{name}", **one} for name in FIELDS for one in OPERATORS]}


def everything(url: str) -> Document:
    """Use what people bring in every kind of step: conditions, templates, waits, webhooks, what is saved."""
    steps: Document = {
        "fork": {
            "split": [
                {"when": some("event"), "next": "until"},
                {"when": some("profile"), "next": "until"},
                {"else": True, "next": "until"},
            ]
        },
        "until": {"wait": {"until_field": "event.at", "offset": "-3650d", "on_missing": "mail"}},
        "mail": {"email": {**SENDERS, "subject": "{{ profile.who }} {{ event.total }}", "text": TEXT}},
        "react": {
            "wait_for": [
                {"event": "Again", "when": some("event"), "save_as": "saved", "next": "asked"},
                {"event": "Again", "save_as": "saved", "next": "asked"},
                {"timeout": "2s", "next": "asked"},
            ]
        },
        "asked": {"split": [{"when": some("saved"), "next": "call"}, {"else": True, "next": "call"}]},
        "call": {
            "webhook": {
                "url": url, "save_as": "answer", "on_error": "which", "retries": 0,
                "body": {"who": "{{ profile.who }}", "items": ["{{ saved.items }}", "{{ event.total | times: 2 }}"]},
                "headers": {"X-Plan": "{{ profile.plan }}"}, "query": {"at": "{{ event.at }}"},
            }
        },
        "which": {"split": [{"when": some("answer"), "next": "mark"}, {"else": True, "next": "mark"}]},
        "mark": {"update_profile": {"set": {"seen": True}, "unset": ["plan"], "add_to": ["seen"]}},
        "later": {"wait": {"until_field": "profile.at", "offset": "-3650d", "on_missing": "again"}},
        "again": {"email": {**SENDERS, "subject": "{{ answer.who }}", "text": TEXT}},
        "end": {"end": {}},
    }  # fmt: skip
    return journey(
        steps, "everything",
        triggers=[{"event": "Go", "when": {"any": [some("event"), {"field": "event.go", "is": True}]}}],
        filter={
            "any": [some("profile"), {"event": "Go", "at_least": 1, "when": {"not": some("event")}}, {"event": "Go"}]
        },
    ) | {
        "profile_timezone": True,
        "goal": {"all": [{"event": "Never"}, some("profile")]},
        "exit": [{"all": [some("profile"), {"field": "profile.leave", "is": True}]}],
    }  # fmt: skip


def anything(chance: random.Random, depth: int = 0) -> Any:
    """Make any value that a line of the feed can carry."""
    scalars = (
        None, True, False, 0, -1, 3, 2**63, -(2**70), 10**400, 1e308, -1e-320, 0.1, "", "a", "pro", "a" * 5000,
        "\ud7ff\uffff", "'; --",
        "%s %(b)s {x} {{ profile }} {% raw %}", "\\u0000", "2026-03-02", "2026-03-02T10:00:00Z", "2026-02-30T10:00:00Z",
        "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "99999-01-01T00:00:00Z", "-infinity", "infinity", "now",
        "NaN", "24:00:00", "2026-12-31T23:59:60Z", "Europe/Stockholm", "Nowhere/At", "+99:99",
        "\r\nBcc: x@example.com", "a@example.com",
    )  # fmt: skip
    dice = chance.random()
    if depth < 4 and dice < 0.15:
        return [anything(chance, depth + 1) for _ in range(chance.randrange(4))]
    if depth < 4 and dice < 0.3:
        return {chance.choice((*FIELDS, "", "a.b", "size")): anything(chance, depth + 1) for _ in range(3)}
    return chance.choice(scalars)


def lines_of(chance: random.Random, user: str, *, healthy: bool) -> list[list[Document]]:
    """Write what somebody brings, in the order in which it comes."""

    def values() -> Document:
        if healthy:
            return {
                "who": "Anna",
                "total": 12.5,
                "items": [{"name": "cup"}],
                "at": "2026-03-02T10:00:00Z",
                "plan": "pro",
            }
        return {name: anything(chance) for name in FIELDS if chance.random() < 0.9}

    traits = {
        **values(),
        "email": f"{user}@example.com",
        "timezone": "Europe/Paris" if healthy else anything(chance),
    }
    if not healthy and chance.random() < 0.3:
        traits["email"] = anything(chance)
    return [
        [line("identify", user, **traits), line("track", user, "Go", **values(), go=True)],
        [line("identify", user, **values()), line("track", user, "Again", **values())],
    ]


@pytest.fixture
async def answers() -> Any:
    """A server that answers webhooks with any JSON."""
    chance = random.Random(5)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(h[15:]) for h in head.lower().split(b"\r\n") if h.startswith(b"content-length:")), 0
        )
        await reader.readexactly(length)
        body = json.dumps(
            {name: anything(chance) for name in FIELDS} if chance.random() < 0.7 else anything(chance)
        ).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    server.close()


async def load(here: Installation, lines: list[Document]) -> list[ParcoursError]:
    """Take lines in as the command line does: what the database cannot keep is left out, and told."""
    left_out: list[ParcoursError] = []
    loader = Loader(here.database, here.clock, BUCKETS, "live", left_out.append, batch=50)
    texts = (json.dumps(one).encode() for one in lines)
    await loader.load(read_lines(texts, "feed"), "feed", lambda: None)
    return left_out


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_people_bring_nobody_else_waits(database_url: str, answers: str, seed: int) -> None:
    chance = random.Random(seed)
    document = everything(answers)
    parsed, problems = parse_journey(document)
    assert parsed is not None, problems
    assert not has_errors([*problems, *definition_problems(parsed)]), problems
    people = [(f"healthy{n}", True) for n in range(HEALTHY)] + [(f"random{n}", False) for n in range(RANDOM)]
    chance.shuffle(people)
    brought = [lines_of(chance, user, healthy=healthy) for user, healthy in people]
    async with installed(database_url, "one") as here:
        await here.publish(document)
        left_out = await load(here, [one for first, _ in brought for one in first])
        await here.until(ROUTED, 0)
        left_out += await load(here, [one for _, second in brought for one in second])
        await here.until(HEALTHY_THROUGH, HEALTHY, within=60)
        await here.until(ROUTED, 0)
        await here.until(OVERDUE, 0, within=60)
        assert {error.code for error in left_out} <= {"nul_character", "number_too_large", "line_refused"}
        ends = await here.counts(
            "SELECT coalesce(reason, status), count(*) FROM parcours.participant GROUP BY 1"
        )
        assert ends.keys() <= {"completed", "active", "step_failed", "send_failed", "no_address"}
        troubles: list[Trouble] = here.workers["one"].log.troubles
        assert [t for t in troubles if t.code[:2] not in POISON] == []
        for ledger in await here.ledgers():
            assert ledger.balances, ledger.mismatches


ROUTED = "SELECT (SELECT count(*) FROM parcours.pending) + (SELECT count(*) FROM parcours.inbox)"
HEALTHY_THROUGH = """SELECT count(*) FROM parcours.participant q JOIN parcours.profile p USING (bucket, profile_id)
    WHERE p.user_id LIKE 'healthy%%' AND q.status = 'completed'"""
# Somebody may wait for an instant that lies far ahead; nobody is due, and no message is on its way.
OVERDUE = """SELECT (SELECT count(*) FROM parcours.participant WHERE finished_at IS NULL AND wake_at < clock_timestamp())
    + (SELECT count(*) FROM parcours.message WHERE state IN ('queued', 'claimed'))"""
