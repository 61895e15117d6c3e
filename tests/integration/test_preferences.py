"""Pages for readers of mails: opening changes nothing, one click stops, choices are kept, three languages."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from parcours.domain.identity import bucket_of, profile_id
from parcours.domain.links import Link, token_of
from parcours.service.consent.links import rotate_signing_key
from parcours.service.consent.said import Said, read_consents, read_said, say
from parcours.service.consent.types import SubscriptionType, save_type
from parcours.service.intake.feed import feed_line
from parcours.service.intake.taking import take
from parcours.store.database import Database
from parcours.store.queries import query
from support.api import ApiServer, api_server
from support.postgres import BUCKETS, Server

NOW = datetime(2026, 5, 4, tzinfo=UTC)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MESSAGE = UUID(int=7)


@pytest.fixture(scope="module")
def pages(postgres: Server) -> Iterator[ApiServer]:
    """A server with two types and some people."""
    with api_server(postgres, public_url="https://mail.example.com") as server:
        server.within(_prepare)
        yield server


async def _prepare(database: Database) -> None:
    names = {"en": "Weekly <news>", "sv": "Veckobrev", "fr": "Actualités"}
    people = [f"u{n}" for n in range(20)]
    lines: list[dict[str, Any]] = [
        {"type": "identify", "userId": user, "traits": {"email": f"{user}@example.com"}, "messageId": user}
        for user in people
    ]
    lines.append({"type": "identify", "userId": "u1", "traits": {"language": "fr-FR"}, "messageId": "fr"})
    async with database.transaction() as connection:
        await save_type(connection, SubscriptionType("news", "in", names), at=NOW, actor="test")
        await save_type(connection, SubscriptionType("tips", "out", {"en": "Tips"}), at=NOW, actor="test")
        read = [feed_line(one, "line") for one in lines]
        await take(connection, read, buckets=BUCKETS, received_at=NOW)


def token(server: ApiServer, user: str, subscription: str = "news") -> str:
    async def key(database: Database) -> tuple[int, bytes]:
        async with database.transaction() as connection:
            row = await (await connection.execute(query("signing_keys"))).fetchone()
            assert row is not None
            return row[0], bytes(row[1])

    number, secret = server.within(key)
    return token_of(Link(profile_id(user), MESSAGE, subscription), number, secret)


def consents(server: ApiServer, user: str) -> dict[str, str]:
    async def read(database: Database) -> list[Said]:
        async with database.transaction() as connection:
            return await read_consents(connection, profile_id(user), buckets=BUCKETS)

    return {one.subscription: f"{one.state} by {one.by_what}" for one in server.within(read)}


def test_opening_a_link_changes_nothing(pages: ApiServer) -> None:
    for path in ("unsubscribe", "preferences"):
        for method in ("GET", "HEAD", "OPTIONS"):
            pages.call(method, f"/{path}/{token(pages, 'u0')}?scope=all&save=1&none=1")
    answer = pages.call("GET", f"/unsubscribe/{token(pages, 'u0')}")
    assert answer.status == 200
    assert "Weekly &lt;news&gt;" in answer.body.decode()
    assert "u***@example.com" in answer.body.decode()
    assert consents(pages, "u0") == {}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"List-Unsubscribe=One-Click"),
        (
            {"Content-Type": "multipart/form-data; boundary=b"},
            b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
        ),
        ({}, b""),
    ],
)
def test_one_click_stops_the_type_of_the_link(pages: ApiServer, kind: dict[str, str], body: bytes) -> None:
    user = f"u{2 + len(body) % 7}"
    answer = pages.call("POST", f"/unsubscribe/{token(pages, user)}", body=body, headers=kind)
    assert answer.status == 200
    assert consents(pages, user) == {"news": "out by one_click"}
    pages.call("POST", f"/unsubscribe/{token(pages, user)}", body=body, headers=kind)

    async def ever(database: Database) -> int:
        async with database.transaction() as connection:
            return len(await read_said(connection, profile_id(user), buckets=BUCKETS))

    assert pages.within(ever) == 1, "said once, kept once"


async def merged(database: Database, name: str, user: str, at: datetime = NOW) -> None:
    async with database.transaction() as connection:
        both = {"type": "identify", "userId": user, "anonymousId": name, "messageId": f"{name} is {user}"}
        await take(connection, [feed_line(both, "line")], buckets=BUCKETS, received_at=at)


async def said(database: Database, user: str, state: str, **more: Any) -> None:
    async with database.transaction() as connection:
        one = {
            "type": "consent",
            "userId": user,
            "state": state,
            "messageId": f"{user} {state} {more}",
            **more,
        }
        await take(connection, [feed_line(one, "line")], buckets=BUCKETS, received_at=NOW)


def test_a_link_that_went_to_a_former_name_speaks_for_the_one_that_stays(pages: ApiServer) -> None:
    async def prepare(database: Database) -> None:
        await said(database, "anon", "in", subscription="news")
        await merged(database, "anon", "u15")

    pages.within(prepare)
    assert consents(pages, "u15") == {"news": "in by feed"}
    shown = pages.call("GET", f"/preferences/{token(pages, 'anon')}")
    assert (shown.status, "u***@example.com" in shown.body.decode()) == (200, True)
    assert pages.call("POST", f"/unsubscribe/{token(pages, 'anon')}").status == 200
    assert consents(pages, "u15") == {"news": "out by one_click"}
    assert consents(pages, "anon") == {}


def test_a_no_that_was_carried_over_is_not_undone_by_a_late_yes(pages: ApiServer) -> None:
    async def prepare(database: Database) -> None:
        await said(database, "anon-2", "out", subscription="news", timestamp="2026-05-01T00:00:00Z")
        await said(database, "u16", "in", subscription="news", timestamp="2026-05-02T00:00:00Z")
        await merged(database, "anon-2", "u16")
        await said(database, "anon-2", "in", subscription="news", timestamp="2026-05-03T00:00:00Z")

    pages.within(prepare)
    assert consents(pages, "u16") == {"news": "out by merge"}

    async def ever(database: Database) -> list[str]:
        async with database.transaction() as connection:
            found = await read_said(connection, profile_id("u16"), buckets=BUCKETS)
        return [f"{one.state} by {one.by_what}" for one in found]

    assert pages.within(ever) == ["out by feed", "in by feed", "in by feed", "out by merge"]


def test_no_word_is_lost_in_a_race_with_a_merge(pages: ApiServer) -> None:
    async def race(database: Database) -> None:
        names = [(f"racer-{n}", f"known-{n}") for n in range(12)]
        for name, user in names:
            await said(database, name, "in")
            await said(database, user, "in")

        async def click(name: str) -> None:
            async with database.transaction() as connection:
                await say(
                    connection, name, {"news": "out"}, buckets=BUCKETS, at=NOW, number=1, by_what="page"
                )

        await asyncio.gather(*(work for n, u in names for work in (merged(database, n, u), click(n))))

    pages.within(race)
    for number in range(12):
        found = consents(pages, f"known-{number}")
        assert (found["*"], found["news"].split()[0]) == ("in by feed", "out")


def test_the_button_stops_all_advertising(pages: ApiServer) -> None:
    answer = pages.call("POST", f"/unsubscribe/{token(pages, 'u9')}", body=b"scope=all", headers=FORM)
    assert "no more advertising" in answer.body.decode()
    assert consents(pages, "u9") == {"*": "out by page"}
    pages.call("POST", f"/unsubscribe/{token(pages, 'u10', '')}", body=b"", headers=FORM)
    assert consents(pages, "u10") == {"*": "out by one_click"}


def test_choices_are_kept_and_only_what_differs_is_said(pages: ApiServer) -> None:
    path = f"/preferences/{token(pages, 'u11')}"
    before = pages.call("GET", path).body.decode()
    assert re.findall(r'value="(\w+)"( checked)?', before)[:2] == [("news", " checked"), ("tips", "")]
    saved = pages.call(
        "POST", path, body=b"save=1&type=news&type=tips&type=forged", headers=FORM
    ).body.decode()
    assert "Saved." in saved
    assert consents(pages, "u11") == {"tips": "in by page"}
    pages.call("POST", path, body=b"save=1&type=news&none=1", headers=FORM)
    assert consents(pages, "u11") == {"tips": "in by page", "*": "out by page"}
    pages.call("POST", path, body=b"save=1&type=news", headers=FORM)
    assert consents(pages, "u11") == {"tips": "out by page", "*": "in by page"}


@pytest.mark.parametrize(
    ("user", "asked", "accepted", "language"),
    [
        ("u12", "", "", "en"),
        ("u12", "", "de, sv;q=0.8, fr;q=0.9", "fr"),
        ("u12", "", "sv;q=0, xx;q=q", "en"),
        ("u12", "?lang=sv", "fr", "sv"),
        ("u12", "?lang=xx", "sv-SE,sv", "sv"),
        ("u1", "", "sv", "fr"),
        ("u1", "?lang=sv", "en", "sv"),
    ],
)
def test_the_language_is_that_of_the_reader(
    pages: ApiServer, user: str, asked: str, accepted: str, language: str
) -> None:
    headers = {"Accept-Language": accepted}
    answer = pages.call("GET", f"/preferences/{token(pages, user)}{asked}", headers=headers)
    assert f'<html lang="{language}">' in answer.body.decode()
    assert answer.headers["content-language"] == language


def test_pages_need_no_script_and_load_nothing(pages: ApiServer) -> None:
    answer = pages.call("GET", f"/preferences/{token(pages, 'u12')}")
    text = answer.body.decode()
    assert "<script" not in text
    assert not re.search(r"(src|href)=\"https?:", text)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert text.count("<label>") == text.count('type="checkbox"') == 3


def test_nobody_makes_a_link_for_somebody_else(pages: ApiServer) -> None:
    good = token(pages, "u13")
    bad = [good[:-2] + ("AA" if good[-2:] != "AA" else "BB"), good[:-8], "x", "é", "A" * 500, good + "A" * 8]
    forged = token_of(Link(profile_id("u13"), MESSAGE, "news"), 1, b"another secret")
    stranger = token(pages, "nobody-at-all")
    for one in (*bad, forged, stranger):
        for method in ("GET", "POST"):
            answer = pages.call(
                method, f"/unsubscribe/{re.sub('[^!-~]', '%C3%A9', one)}", body=b"", headers=FORM
            )
            assert answer.status == 404, one
    assert consents(pages, "u13") == {}


def test_links_outlive_a_new_key_until_it_is_retired(pages: ApiServer) -> None:
    old = token(pages, "u14")

    def rotate(*, retire: bool) -> None:
        async def work(database: Database) -> None:
            async with database.transaction() as connection:
                await rotate_signing_key(connection, bytes(32), at=NOW, actor="test", retire=retire)

        pages.within(work)

    rotate(retire=False)
    assert token(pages, "u14") != old
    assert pages.call("GET", f"/unsubscribe/{old}").status == 200
    rotate(retire=True)
    assert pages.call("GET", f"/unsubscribe/{old}").status == 404
    assert pages.call("GET", f"/unsubscribe/{token(pages, 'u14')}").status == 200


def test_a_deleted_person_has_no_page(pages: ApiServer) -> None:
    async def delete(database: Database) -> None:
        person = profile_id("u15")
        async with database.transaction() as connection:
            given = {"b": bucket_of(person, BUCKETS), "p": person, "at": NOW}
            await connection.execute(query("delete_profile"), given)

    pages.within(delete)
    assert pages.call("GET", f"/preferences/{token(pages, 'u15')}").status == 404
    assert pages.call("POST", f"/unsubscribe/{token(pages, 'u15')}", body=b"").status == 404


def test_the_api_keeps_types_addresses_and_what_is_said(pages: ApiServer) -> None:
    admin, read = pages.key("admin"), pages.key("read")
    wanted = {"default": "out", "names": {"en": "Offers"}}
    assert pages.call("PUT", "/api/subscriptions/offers", key=admin, json=wanted).json["key"] == "offers"
    assert pages.call("PUT", "/api/subscriptions/offers", key=read, json=wanted).status == 403
    keys = [one["key"] for one in pages.call("GET", "/api/subscriptions", key=read).json]
    assert keys == ["news", "offers", "tips"]
    said = {"subscription": "offers", "state": "in", "source": "checkout"}
    assert pages.call("POST", "/api/people/u18/consents", key=admin, json=said).status == 204
    assert pages.call("GET", "/api/people/u18/consents", key=read).json[0]["source"] == "checkout"
    body = {"addresses": ["Eva@example.com", "eva@EXAMPLE.com"], "reason": "complaint"}
    assert pages.call("POST", "/api/suppressions", key=admin, json=body).json == {"changed": 1}
    listed = pages.call("GET", "/api/suppressions?address=eva@example.com", key=read).json
    assert [one["reason"] for one in listed] == ["complaint"]
    assert pages.call("POST", "/api/suppressions/remove", key=admin, json=body).json == {"changed": 1}
    assert pages.call("DELETE", "/api/subscriptions/offers", key=admin).status == 204
    assert pages.call("DELETE", "/api/subscriptions/offers", key=admin).code == "no_subscription_type"
    assert pages.call("GET", "/api/people/u18/export", key=read).status == 403
    exported = pages.call("GET", "/api/people/u18/export", key=admin).json
    assert exported["consents"][0]["subscription"] == "offers"
    assert pages.call("GET", "/api/people/u18/erasure", key=admin).status == 404
    assert pages.call("POST", "/api/people/u18/erasure?dry_run=true", key=admin).json["new"] is True
    assert pages.call("POST", "/api/people/u18/erasure", key=admin).json["new"] is True
    assert pages.call("POST", "/api/people/u18/erasure", key=admin).json["new"] is False
    assert pages.call("GET", "/api/people/u18/export", key=admin).code == "unknown_person"
    kept = {"events": 400, "passages": None, "messages": 365}
    assert pages.call("PUT", "/api/retention", key=admin, json=kept).json == {**kept, "warnings": []}
    assert pages.call("GET", "/api/retention", key=admin).json == {**kept, "warnings": []}
