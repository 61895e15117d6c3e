"""Who is forgotten is in no table any more, under no name: every row of every table is read for it."""

from __future__ import annotations

import asyncio
from typing import Any

from parcours.domain.identity import profile_id
from parcours.service.commands.trail import record
from support.api import Answer, ApiServer, api_server
from support.postgres import Server
from support.runner import email, journey
from support.worker import Installation, installed, line

TELLTALE = "zoe4711"  # in the key, in each former name, in the address
USER, ANONYMOUS, UNSEEN, OLD = (f"{name}-{TELLTALE}" for name in ("user", "anon", "unseen", "old"))
ADDRESS = f"Zoe.{TELLTALE}@example.com"
STEPS: dict[str, Any] = {
    "mail": email(transactional=False, subscription="news", on_skip="next"),
    "mark": {"update_profile": {"set": {"seen": True}, "add_to": ["seen"]}},
    "rest": {"wait_for": [{"event": "Go On", "save_as": "went", "next": "mail"}, {"timeout": "9d", "next": "end"}]},
    "end": {"end": {}},
}  # fmt: skip
# What may hold the hash of a key: that nobody is to be made of it, that it was asked for, and lines that come later.
HASHES = {"profile", "erasure", "audit", "seen", "refusal", "recent", "recent_pkey"}


async def ask(server: ApiServer, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    key = await asyncio.to_thread(server.key, "admin")
    answer = await asyncio.to_thread(server.call, method, path, key=key, json=body, headers=headers)
    assert answer.status < 300, answer.body
    return answer


async def intake(server: ApiServer, *lines: dict[str, Any]) -> Answer:
    key = await asyncio.to_thread(server.key, "ingest")
    return await asyncio.to_thread(server.call, "POST", "/v1/batch", key=key, json={"batch": list(lines)})


async def tables_with(here: Installation, *texts: str) -> dict[str, list[str]]:
    """Return every row that holds one of these texts, however it is written, by table."""
    tables = await here.rows(
        """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'parcours' AND c.relkind = 'r' ORDER BY 1"""
    )
    found = {}
    for (table,) in tables:
        text = f"SELECT t::text FROM parcours.{table} t WHERE t::text ILIKE ANY (%(p)s)"
        rows = await here.rows(text, p=[f"%{one}%" for one in texts])
        if rows:
            found[table] = [row for (row,) in rows]
    return found


async def everything(server: ApiServer, here: Installation) -> None:
    """Let there be something of the person in as many tables as there can be."""
    await here.publish(journey(STEPS, "j"))
    await here.publish(journey(STEPS, "frozen"))
    await here.publish(journey(STEPS, "narrow", cap=1, reentry={"mode": "always"}))
    old = {"type": "alias", "userId": USER, "previousId": OLD}
    both = {"type": "identify", "userId": USER, "anonymousId": ANONYMOUS, "traits": {"email": ADDRESS}}
    unseen = {"type": "identify", "userId": OLD, "anonymousId": UNSEEN}
    await intake(server, line("identify", ANONYMOUS, city="Oslo"), line("track", ANONYMOUS, "Go"))
    await here.until("SELECT count(*) FROM parcours.participant WHERE step = 'rest'", 3)
    await intake(
        server, unseen, line("identify", OLD, email=f"old.{ADDRESS}"), line("track", OLD, "Go"),
        {"type": "consent", "userId": OLD, "state": "in", "messageId": "said"},
        {"type": "audience", "userId": OLD, "audience": "vip", "op": "add", "messageId": "listed"},
        {"type": "track", "userId": USER, "event": "Bad", "timestamp": "soon"},
    )  # fmt: skip
    await here.until("SELECT count(*) FROM parcours.participant WHERE step = 'rest'", 5)
    await here.command("frozen", "pause")
    await intake(server, line("track", OLD, "Go On"), both, old, line("track", USER, "Go", to=ADDRESS))
    await ask(server, "POST", f"/api/people/{USER}/consents", {"subscription": "news", "state": "out"})
    await ask(server, "POST", f"/api/people/{OLD}/consents", {"subscription": "tips", "state": "in"})
    await ask(
        server, "POST", "/api/journeys/j/participants/add", {"user_ids": [USER, OLD, "nobody"]},
        **{"Idempotency-Key": "once"},
    )  # fmt: skip
    async with here.database.transaction() as connection:  # as `stuck --skip` notes it
        options = {"user_id": OLD, "step": "rest", "entry_no": 1}
        await record(
            connection, here.clock.now(), actor="cli:test", key="j", command="skip_stuck", options=options
        )
    await ask(server, "POST", "/api/suppressions", {"addresses": [ADDRESS]})
    await here.until("SELECT count(*) = 0 FROM parcours.pending")
    await here.until("SELECT count(*) = 0 FROM parcours.inbox")
    # What came is noted a moment behind the answer.
    await here.until("SELECT count(*) FROM parcours.recent WHERE user_id = %(p)s", 3, p=USER)


async def test_nothing_is_left_under_any_name(postgres: Server) -> None:
    with api_server(postgres) as server:
        async with installed(server.database_url, "one") as here:
            await everything(server, here)
            before = await tables_with(here, TELLTALE)
            for table in ("profile", "identity", "recent", "audit", "message", "answer", "suppression"):
                assert table in before, sorted(before)
            exported = (await ask(server, "GET", f"/api/people/{ANONYMOUS}/export")).json
            check_export(exported)
            asked = (await ask(server, "POST", f"/api/people/{UNSEEN}/erasure?dry_run=true")).json
            assert (asked["person"], asked["counts"]["names"]) == (str(profile_id(USER)), 3)
            asked = (await ask(server, "POST", f"/api/people/{UNSEEN}/erasure")).json
            assert asked["person"] == str(profile_id(USER))
            again = (await ask(server, "POST", f"/api/people/{OLD}/erasure")).json
            assert (again["person"], again["new"]) == (asked["person"], False)
            await here.until("SELECT count(*) FROM parcours.erasure WHERE done_at IS NOT NULL", 4, within=90)
            assert await tables_with(here, TELLTALE) == {}
            hashes = [str(profile_id(name)) for name in (USER, ANONYMOUS, UNSEEN, OLD)]
            assert (await tables_with(here, *hashes)).keys() <= HASHES
            assert (await ask(server, "GET", f"/api/people/{OLD}/erasure")).json["done_at"] is not None
            await come_again(server, here)
            assert [one.log.troubles for one in here.workers.values()] == [[]]
            assert all(one.balances for one in await here.ledgers())


def check_export(exported: Any) -> None:
    """One document has what is known of the person under every name."""
    assert exported["profile"]["user_id"] == USER
    assert exported["profile"]["attributes"] == {"email": ADDRESS, "city": "Oslo", "seen": True}
    assert {one["user_id"] for one in exported["former_names"]} == {ANONYMOUS, OLD, UNSEEN}
    former = {one["user_id"]: one for one in exported["former_names"]}
    assert {one["reason"] for one in former[OLD]["passages"]} == {"merged"}
    assert len(former[ANONYMOUS]["messages"]) == 3
    assert {one["subscription"]: one["state"] for one in exported["consents"]} == {
        "*": "in", "news": "out", "tips": "in",
    }  # fmt: skip
    assert {one["audience_key"] for one in exported["audiences"]} == {"vip", "seen"}
    assert {one["name"] for one in exported["events"]} == {"Go", "Go On"}
    assert [one["kind"] for one in exported["arrived_lately"]] == ["identify", "alias", "track"]
    named = [one["command"] for one in exported["commands_naming_the_person"]]
    assert named == ["say_consent", "say_consent", "skip_stuck"]


async def come_again(server: ApiServer, here: Installation) -> None:
    """What comes in later, under whatever name, makes nobody, and is kept under hashes."""
    both = {"type": "identify", "userId": "somebody-else", "anonymousId": ANONYMOUS}
    lines = [line("track", name, "Go", to=ADDRESS) for name in (USER, ANONYMOUS, UNSEEN, OLD)]
    await intake(server, *lines, both, line("identify", UNSEEN, email=ADDRESS))
    await here.until("SELECT count(*) = 0 FROM parcours.pending")
    await here.until("SELECT count(*) = 0 FROM parcours.inbox", within=90)
    left = await tables_with(here, TELLTALE)
    # The line of another person names the anonymous one, as it was sent.
    assert left.keys() <= {"recent"}
    assert all("somebody-else" in row for rows in left.values() for row in rows)
