"""Commands over HTTP: the whole life of a journey, refusals, dry runs, repeated requests, for later, many at once."""

from __future__ import annotations

from typing import Any

import pytest

from parcours.store.database import Database
from support.api import Answer, ApiServer

STEPS: dict[str, Any] = {"rest": {"wait": {"for": "2d"}}, "done": {"end": {}}}


def make(api: ApiServer, key: str) -> None:
    document = {"journey": key, "entry": {"triggers": [{"event": "Came"}]}, "steps": STEPS}
    assert api.call("POST", "/api/journeys", key=api.key("write"), json=document).status == 201


def give(
    api: ApiServer, key: str, command: str, who: str = "publish", again: str = "", **body: Any
) -> Answer:
    headers = {"Idempotency-Key": again} if again else {}
    return api.call(
        "POST",
        f"/api/journeys/{key}/commands/{command}",
        key=api.key(who),
        json=body or None,
        headers=headers,
    )


def status(api: ApiServer, key: str) -> str:
    return str(api.call("GET", f"/api/journeys/{key}", key=api.key("read")).json["status"])


def test_the_whole_life(api: ApiServer) -> None:
    make(api, "life")
    for command, expected in (
        ("publish", "live"), ("pause", "paused"), ("resume", "live"), ("stop", "stopped"), ("restart", "live"),
        ("close", "finished"), ("restart", "live"), ("pause", "paused"),
    ):  # fmt: skip
        answer = give(api, "life", command, reason="trying")
        assert answer.status == 200, answer.body
        assert status(api, "life") == expected
    assert give(api, "life", "delete").code == "stop_first_needed"
    assert give(api, "life", "delete", options={"stop_first": True}).status == 200
    assert api.call("GET", "/api/journeys/life", key=api.key("read")).status == 404
    deleted = api.call("GET", "/api/deleted-journeys", key=api.key("read")).json
    assert "life" in {one["journey"] for one in deleted}


def test_a_refusal_names_the_legal_way_and_a_dry_run_answers_with_it(api: ApiServer) -> None:
    make(api, "refusing")
    refused = give(api, "refusing", "resume")
    assert (refused.status, refused.code) == (409, "not_published")
    assert refused.json["hint"] == "Publish it first."
    assert refused.json["result"]["from_status"] == "draft"
    dry = give(api, "refusing", "resume", dry_run=True)
    assert (dry.status, dry.json["refused"]) == (200, "not_published")
    plan = give(api, "refusing", "publish", dry_run=True)
    assert plan.json["plan"]["people"] == "stay"
    assert status(api, "refusing") == "draft"


def test_a_repeated_request_is_answered_as_the_first(api: ApiServer) -> None:
    make(api, "again")
    first = give(api, "again", "publish", again="k1")
    second = give(api, "again", "publish", again="k1")
    assert second.json == first.json
    assert (first.headers["Idempotency-Replayed"], second.headers["Idempotency-Replayed"]) == (None, "true")
    assert second.json["from_status"] == "draft"
    other = give(api, "again", "publish", again="k1", reason="another")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    # A refusal is an answer, too, although it would be none by now.
    assert give(api, "again", "restart", again="k2").status == 409
    assert give(api, "again", "stop", again="k3").status == 200
    assert give(api, "again", "restart", again="k2").code == "is_running"
    # The keys of two callers have nothing to do with each other.
    assert give(api, "again", "restart", who="admin", again="k1").status == 200


def test_what_came_to_nothing_can_be_repeated(api: ApiServer) -> None:
    make(api, "nothing")
    assert give(api, "nothing", "publish", again="n1", options={"people": "nobody"}).status == 422
    assert give(api, "nothing", "publish", again="n1").status == 200


@pytest.mark.parametrize(
    ("who", "command", "expected"),
    [("read", "pause", 403), ("write", "pause", 403), ("write", "publish", 403), ("write", "duplicate", 200)],
)
def test_each_command_has_its_role(api: ApiServer, who: str, command: str, expected: int) -> None:
    if api.call("GET", "/api/journeys/roles", key=api.key("read")).status == 404:
        make(api, "roles")
    assert give(api, "roles", command, who=who).status == expected


def test_an_editor_deletes_drafts_only(api: ApiServer) -> None:
    make(api, "drafted")
    assert give(api, "drafted", "publish").status == 200
    assert give(api, "drafted", "new_version", who="write").json["version"] == 2
    whole = give(api, "drafted", "delete", who="write")
    assert (whole.status, whole.code) == (403, "not_allowed")
    place = "/api/journeys/drafted/versions/2/commands/delete"
    assert api.call("POST", place, key=api.key("write")).status == 200
    assert status(api, "drafted") == "live"


def test_for_later_and_taken_back(api: ApiServer) -> None:
    make(api, "later")
    give(api, "later", "publish")
    given = give(api, "later", "pause", at="2100-01-01T08:00:00", reason="holiday")
    assert (given.status, given.json["at"]) == (202, "2100-01-01T08:00:00Z")
    number = given.json["scheduled_id"]
    listed = api.call("GET", "/api/scheduled-commands?journey=later", key=api.key("read")).json
    assert [(one["scheduled_id"], one["reason"]) for one in listed] == [(number, "holiday")]
    [coming] = [
        one
        for one in api.call("GET", "/api/journeys/later/upcoming", key=api.key("read")).json
        if one["kind"] == "command"
    ]
    assert coming["scheduled_id"] == number
    assert (
        api.call("DELETE", f"/api/scheduled-commands/{number}", key=api.key("publish")).json["outcome"]
        == "withdrawn"
    )
    assert api.call("DELETE", f"/api/scheduled-commands/{number}", key=api.key("publish")).status == 404
    past = give(api, "later", "pause", at="2001-01-01T08:00:00Z")
    assert (past.status, past.code) == (422, "past_instant")
    assert past.json["place"] == "at"


def test_all_but_what_is_for_somebody_to_change_is_kept_for_later(api: ApiServer) -> None:
    make(api, "someday")
    give(api, "someday", "publish")
    for command in ("restart", "new_version", "delete"):
        assert give(api, "someday", command, at="2100-01-01T08:00:00").status == 202
    for command in ("edit", "duplicate"):
        told = give(api, "someday", command, at="2100-01-01T08:00:00")
        assert (told.status, told.code) == (422, "not_for_later")
        assert "publish" in told.json["hint"]
    make(api, "drafty")
    by_editor = give(api, "drafty", "delete", who="write", at="2100-01-01T08:00:00")
    assert (by_editor.status, by_editor.code) == (403, "not_allowed")
    listed = api.call("GET", "/api/scheduled-commands", key=api.key("read")).json
    assert {one["command"] for one in listed if one["journey"] in ("someday", "drafty")} == {
        "restart", "new_version", "delete",
    }  # fmt: skip


def test_many_at_once(api: ApiServer) -> None:
    for key in ("many1", "many2"):
        make(api, key)
        give(api, key, "publish")
    make(api, "many3")
    wanted = {
        "journeys": ["many1", "many2", "many3", "nowhere"],
        "reason": "storm",
        "options": {"entrants": "drop"},
    }
    results = api.call("POST", "/api/bulk/pause", key=api.key("publish"), json=wanted).json["results"]
    assert [(one["journey"], one["status"], one["code"]) for one in results] == [
        ("many1", 200, None), ("many2", 200, None), ("many3", 409, "not_published"), ("nowhere", 404, "unknown_journey"),
    ]  # fmt: skip
    [line] = [
        one for one in api.call("GET", "/api/journeys?search=many1", key=api.key("read")).json["items"]
        if one["journey"] == "many1"
    ]  # fmt: skip
    assert line["status"] == "paused"


def test_the_list_filters_sorts_and_goes_on(api: ApiServer) -> None:
    for number in range(5):
        make(api, f"page{number}")
        words = {
            "folder": "Pages/Deep",
            "tags": ["paged", f"t{number}"],
            "owner": "bo",
            "name": f"Name {4 - number}",
        }
        api.call("PATCH", f"/api/journeys/page{number}", key=api.key("write"), json=words)
    found: list[str] = []
    place = "/api/journeys?folder=Pages&tag=paged&limit=2&status=draft"
    cursor = ""
    while True:
        page = api.call("GET", place + cursor, key=api.key("read")).json
        found += [line["journey"] for line in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == ["page4", "page3", "page2", "page1", "page0"]
    newest = api.call("GET", "/api/journeys?folder=Pages&sort=changed&limit=1", key=api.key("read")).json[
        "items"
    ]
    assert [line["journey"] for line in newest] == ["page4"]
    assert newest[0]["changed_command"] == "change_words"
    assert api.call("GET", "/api/journeys?cursor=nonsense", key=api.key("read")).code == "bad_cursor"
    assert api.call("GET", "/api/journeys?folder=Page", key=api.key("read")).json["items"] == []
    facets = api.call("GET", "/api/journey-facets", key=api.key("read")).json
    assert {"name": "Pages/Deep", "journeys": 5} in facets["folders"]
    problems = api.call("GET", "/api/journeys?folder=Pages&problems=true", key=api.key("read")).json["items"]
    assert problems == []


def problems_of(api: ApiServer, key: str) -> dict[str, int]:
    items = api.call("GET", f"/api/journeys?search={key}", key=api.key("read")).json["items"]
    found: dict[str, int] = next(line["problems"] for line in items if line["journey"] == key)
    return found


def starting(key: str, started: str) -> dict[str, Any]:
    return {
        "journey": key, "entry": {"triggers": [{"event": "Came"}]}, "steps": {"on": {"end": {"start": started}}},
    }  # fmt: skip


def test_problems_are_counted_again_when_a_journey_that_is_named_changes(api: ApiServer) -> None:
    assert (
        api.call("POST", "/api/journeys", key=api.key("write"), json=starting("leading", "led")).status == 201
    )
    assert problems_of(api, "leading") == {"errors": 1, "warnings": 0}  # there is no such journey
    make(api, "behind")
    give(api, "behind", "publish")
    assert (
        api.call("POST", "/api/journeys", key=api.key("write"), json=starting("led", "behind")).status == 201
    )
    assert problems_of(api, "leading") == {"errors": 0, "warnings": 1}  # a draft admits nobody
    give(api, "led", "publish")
    assert problems_of(api, "leading") == {"errors": 0, "warnings": 0}
    back = starting("behind", "leading")
    assert api.call("PUT", "/api/journeys/behind/draft", key=api.key("write"), json=back).status == 201
    assert give(api, "behind", "publish").status == 200
    assert problems_of(api, "leading")["errors"] == 1  # a circle, closed by one that it does not name itself


COUNTED = """
INSERT INTO parcours.counter (bucket, version_id, kind, name, n)
SELECT 0, v.version_id, c.kind, '', c.n FROM parcours.version v JOIN parcours.journey j USING (journey_id)
CROSS JOIN (VALUES ('entered', %(n)s), ('succeeded', %(succeeded)s)) c (kind, n) WHERE j.journey_key = %(key)s
"""


def test_the_list_sorts_by_what_was_counted_and_names_the_legal_commands_alone(api: ApiServer) -> None:
    for number, (entered, succeeded) in enumerate([(10, 5), (40, 4), (0, 0), (20, 10)]):
        key = f"counted{number}"
        make(api, key)
        api.call("PATCH", f"/api/journeys/{key}", key=api.key("write"), json={"folder": "Counted"})
        assert give(api, key, "publish").status == 200

        async def count(database: Database, key: str = key, n: int = entered, did: int = succeeded) -> None:
            async with database.transaction() as connection:
                await connection.execute(COUNTED, {"key": key, "n": n, "succeeded": did})

        api.within(count)

    def walk(sort: str) -> list[str]:
        found, cursor = [], ""
        while True:
            place = f"/api/journeys?folder=Counted&limit=1&only_legal=true&sort={sort}{cursor}"
            page = api.call("GET", place, key=api.key("read")).json
            found += [line["journey"] for line in page["items"]]
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"

    assert walk("success_rate") == ["counted0", "counted3", "counted1", "counted2"]
    assert walk("entered") == ["counted1", "counted3", "counted0", "counted2"]
    assert walk("inside") == ["counted1", "counted3", "counted0", "counted2"]
    assert walk("completed") == [f"counted{number}" for number in range(4)]
    place = "/api/journeys?folder=Counted"
    all_of = api.call("GET", place, key=api.key("read")).json["items"][0]["actions"]
    legal = api.call("GET", f"{place}&only_legal=true", key=api.key("read")).json["items"][0]["actions"]
    assert legal == [action for action in all_of if action["state"] == "legal"]
    assert len(legal) < len(all_of)
