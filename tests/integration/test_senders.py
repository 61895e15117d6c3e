"""Senders over the API, and in what journeys send: given at the publication, and kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from parcours.client import Client, ServerError
from support.api import ApiServer, api_server
from support.postgres import Server

NEWS = {"address": "news@example.com", "name": "Anna", "reply_to": "anna@example.com", "default": True}


@pytest.fixture(scope="module")
def api(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with api_server(postgres, data=str(tmp_path_factory.mktemp("data"))) as server:
        yield server


@pytest.fixture
def admin(api: ApiServer) -> Iterator[Client]:
    """A client, for whom there are no senders and no journeys that send before and behind it."""
    client = Client(api.url, api.key("admin"), language="en")
    yield client
    for journey in client.journeys():
        if journey["status"] == "live":
            client.stop(journey["journey"])
        client.delete(journey["journey"])
    for sender in client.senders():
        client.delete_sender(sender["key"])


def letter(key: str, email: dict[str, Any] | None = None) -> dict[str, Any]:
    hello = {"subject": "Hello", "text": "Hello", "transactional": True}
    document = {"journey": key, "entry": {"triggers": [{"manual": True}]}, "email": email or {}}
    return document | {"steps": {"hello": {"email": hello}, "done": {"end": {}}}}


def saved(api: ApiServer, document: dict[str, Any]) -> list[str]:
    """Save a journey; return the codes of its problems about who sends."""
    answer = api.call("POST", "/api/journeys", key=api.key("admin"), json=document)
    assert answer.status == 201, answer.body
    return [one["code"] for one in answer.json["problems"] if one["code"] in CODES]


CODES = ("no_sender", "no_reply_address", "unknown_sender")


def test_a_sender_is_made_changed_and_deleted(admin: Client) -> None:
    made = admin.save_sender("news", **NEWS)  # type: ignore[arg-type]
    assert {k: made[k] for k in NEWS} == NEWS  # type: ignore[literal-required]
    admin.save_sender("care", "care@example.com", default=True, reason="news is for news")
    assert [(one["key"], one["default"]) for one in admin.senders()] == [("care", True), ("news", False)]
    with pytest.raises(ServerError) as error:
        admin.save_sender("third", "Care@Example.com")
    assert (error.value.status, error.value.code) == (409, "sender_exists")
    for bad in ("no address", "Anna <a@example.com>", "a@b"):
        with pytest.raises(ServerError) as error:
            admin.save_sender("third", bad)
        assert (error.value.status, error.value.code) == (422, "bad_sender")
    admin.delete_sender("news")
    with pytest.raises(ServerError) as error:
        admin.delete_sender("news")
    assert (error.value.status, error.value.code) == (404, "no_such_sender")
    lines = [one["command"] for one in admin.audit(limit=3)]
    assert lines == ["delete_sender", "save_sender", "save_sender"]


def test_a_journey_that_names_nobody_keeps_who_sent_when_it_went_live(api: ApiServer, admin: Client) -> None:
    assert saved(api, letter("bare")) == ["no_sender", "no_reply_address"]
    with pytest.raises(ServerError, match="the definition has 2 errors"):
        admin.publish("bare")
    admin.save_sender("news", **NEWS)  # type: ignore[arg-type]
    assert [one["code"] for one in admin.problems("bare")[0]["problems"] if one["code"] in CODES] == []
    assert admin.publish("bare")["to_status"] == "live"
    email = admin.definition("bare", 1)["definition"]["email"]
    assert (email["from"], email["reply_to"]) == ("Anna <news@example.com>", "anna@example.com")

    with pytest.raises(ServerError) as error:
        admin.delete_sender("news")
    assert (error.value.status, error.value.code) == (409, "sender_in_use")
    assert "bare" in error.value.message
    admin.save_sender("news", "other@example.com", default=True)  # what is live goes on as it is
    assert admin.definition("bare", 1)["definition"]["email"]["from"] == "Anna <news@example.com>"
    admin.delete_sender("news")  # nobody sends by this address


def test_addresses_that_are_no_senders_are_warned_of(api: ApiServer, admin: Client) -> None:
    mine = {"from": "Me <me@example.com>", "reply_to": "me@example.com"}
    assert saved(api, letter("mine", mine)) == []
    admin.save_sender("news", **NEWS)  # type: ignore[arg-type]
    [version] = admin.problems("mine")
    assert [(p["severity"], p["code"]) for p in version["problems"] if p["code"] in CODES] == [
        ("warning", "unknown_sender")
    ]
    assert admin.publish("mine")["to_status"] == "live"
    [listed] = [one for one in admin.journeys() if one["journey"] == "mine"]
    assert listed["problems"]["warnings"] >= 1
