"""Drafts over HTTP: two editors, YAML and JSON, files, and definitions that are not whole yet."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.api import Answer, ApiServer

STEPS: dict[str, Any] = {"rest": {"wait": {"for": "2d"}}, "done": {"end": {}}}
YAML = b"""\
name: Welcome
entry:
  triggers: [{event: Signed Up}]
steps:
  hello:
    email: {subject: Hi, template: hello.mjml, from: a@example.com, reply_to: a@example.com, transactional: true}
window: {from: "08:00", to: "18:00"}
"""


def make(api: ApiServer, key: str, **more: Any) -> Answer:
    document = {
        "journey": key,
        "name": key.title(),
        "entry": {"triggers": [{"event": "Came"}]},
        "steps": STEPS,
    }
    answer = api.call("POST", "/api/journeys", key=api.key("write"), json={**document, **more})
    assert answer.status == 201, answer.body
    return answer


def put(api: ApiServer, key: str, document: Any, etag: str | None = None, **headers: str) -> Answer:
    sent = {"If-Match": etag} if etag else {}
    return api.call(
        "PUT", f"/api/journeys/{key}/draft", key=api.key("write"), json=document, headers=sent | headers
    )


def test_the_second_editor_is_told_and_nothing_is_lost(api: ApiServer) -> None:
    read = make(api, "two").headers["ETag"]
    first = put(api, "two", {"name": "First", "steps": STEPS}, read)
    assert first.status == 200
    assert first.headers["ETag"] != read
    second = put(api, "two", {"name": "Second", "steps": STEPS}, read)
    assert (second.status, second.code) == (412, "draft_changed")
    blind = put(api, "two", {"name": "Blind", "steps": STEPS})
    assert (blind.status, blind.code) == (428, "if_match_needed")
    now = api.call("GET", "/api/journeys/two/draft", key=api.key("read"))
    assert now.json["definition"]["name"] == "First"
    assert now.headers["ETag"] == first.headers["ETag"]
    assert put(api, "two", {"name": "Second", "steps": STEPS}, now.headers["ETag"]).status == 200


def test_a_renamed_journey_changes_the_sign_of_its_draft(api: ApiServer) -> None:
    read = make(api, "renamed").headers["ETag"]
    words = {"name": "New name", "tags": ["a"], "owner": "anna@example.com"}
    changed = api.call("PATCH", "/api/journeys/renamed", key=api.key("write"), json=words)
    assert (changed.json["name"], changed.json["tags"], changed.json["owner"]) == (
        "New name",
        ["a"],
        "anna@example.com",
    )
    assert put(api, "renamed", {"name": "Renamed", "steps": STEPS}, read).status == 412
    definition = api.call("GET", "/api/journeys/renamed/draft", key=api.key("read")).json["definition"]
    assert (definition["name"], definition["tags"]) == ("New name", ["a"])


def test_yaml_comes_in_and_goes_out_as_it_was(api: ApiServer) -> None:
    make(api, "yaml")
    etag = api.call("GET", "/api/journeys/yaml/draft", key=api.key("read")).headers["ETag"]
    headers = {"Content-Type": "application/yaml", "If-Match": etag}
    saved = api.call("PUT", "/api/journeys/yaml/draft", key=api.key("write"), body=YAML, headers=headers)
    assert saved.status == 200
    assert "template_missing" in [one["code"] for one in saved.json["problems"]]
    accept = {"Accept": "application/yaml"}
    text = api.call("GET", "/api/journeys/yaml/draft", key=api.key("read"), headers=accept)
    assert text.headers["content-type"].startswith("application/yaml")
    headers = {"Content-Type": "application/yaml", "If-Match": text.headers["ETag"]}
    again = api.call("PUT", "/api/journeys/yaml/draft", key=api.key("write"), body=text.body, headers=headers)
    assert again.json["definition"] == saved.json["definition"]
    assert again.headers["ETag"] == text.headers["ETag"]


def test_files_stand_beside_a_draft(api: ApiServer) -> None:
    make(api, "files")
    key, place = api.key("write"), "/api/journeys/files/draft/files"
    etag = api.call("GET", "/api/journeys/files/draft", key=key).headers["ETag"]
    octets = {"Content-Type": "application/octet-stream"}
    put_one = api.call(
        "PUT", f"{place}/a.mjml", key=key, body=b"<mjml></mjml>", headers=octets | {"If-Match": etag}
    )
    assert put_one.json["templates"] == {"a.mjml": "<mjml></mjml>"}
    late = api.call("PUT", f"{place}/b.pdf", key=key, body=b"%PDF\x00", headers=octets | {"If-Match": etag})
    assert late.status == 412
    etag = put_one.headers["ETag"]
    attached = api.call(
        "PUT", f"{place}/b.pdf", key=key, body=b"%PDF\x00", headers=octets | {"If-Match": etag}
    )
    assert attached.json["attachments"] == [{"name": "b.pdf", "bytes": 5}]
    assert api.call("GET", f"{place}/b.pdf", key=key).body == b"%PDF\x00"
    etag = attached.headers["ETag"]
    saved = api.call(
        "PUT", "/api/journeys/files/draft", key=key, json={"steps": STEPS}, headers={"If-Match": etag}
    )
    assert (saved.json["templates"], saved.json["attachments"]) == (
        {"a.mjml": "<mjml></mjml>"},
        [{"name": "b.pdf", "bytes": 5}],
    )
    gone = api.call("DELETE", f"{place}/a.mjml", key=key, headers={"If-Match": saved.headers["ETag"]})
    assert gone.json["templates"] == {}
    assert api.call("GET", f"{place}/a.mjml", key=key).status == 404


def test_what_cannot_be_read_is_kept_as_it_is(api: ApiServer) -> None:
    broken = {"steps": {"hello": {"emial": {"subject": "Hi"}}, "x": 7}, "unheard_of": [1]}
    made = make(api, "broken", **broken)
    assert made.json["definition"]["steps"] == broken["steps"]
    assert made.json["definition"]["unheard_of"] == [1]
    assert any(one["severity"] == "error" for one in made.json["problems"])
    assert api.call("GET", "/api/journeys/broken", key=api.key("read")).json["problems"]["errors"] > 0
    refused = api.call("POST", "/api/journeys/broken/commands/publish", key=api.key("publish"))
    assert (refused.status, refused.code) == (409, "invalid")
    mended = put(api, "broken", {"steps": STEPS}, made.headers["ETag"])
    assert [one for one in mended.json["problems"] if one["severity"] == "error"] == []


@pytest.mark.parametrize(
    "body", [b"[]", b'{"steps": []}', b'{"journey": "another"}', b'{"name": "\\u0000"}', b"{"]
)
def test_what_cannot_be_kept_is_refused(api: ApiServer, body: bytes) -> None:
    if api.call("GET", "/api/journeys/kept", key=api.key("read")).status == 404:
        make(api, "kept")
    etag = api.call("GET", "/api/journeys/kept/draft", key=api.key("read")).headers["ETag"]
    headers = {"Content-Type": "application/json", "If-Match": etag}
    answer = api.call("PUT", "/api/journeys/kept/draft", key=api.key("write"), body=body, headers=headers)
    assert answer.status in (400, 422)
    assert answer.code in ("bad_definition", "bad_json")


def test_a_definition_is_checked_without_being_kept(api: ApiServer) -> None:
    make(api, "target")
    document = {
        "journey": "unborn",
        "entry": {"triggers": [{"event": "Came"}]},
        "steps": {"out": {"end": {"start": "target"}}},
    }
    found = api.call("POST", "/api/check", key=api.key("write"), json=document)
    assert (found.json["journey"], found.json["publishable"]) == ("unborn", True), found.json
    document["steps"] = {"out": {"end": {"start": "nowhere"}}}
    found = api.call("POST", "/api/check", key=api.key("write"), json=document)
    assert not found.json["publishable"]
    assert api.call("GET", "/api/journeys/unborn", key=api.key("read")).status == 404


def test_a_new_draft_beside_what_runs(api: ApiServer) -> None:
    etag = make(api, "runs").headers["ETag"]
    assert api.call("POST", "/api/journeys/runs/commands/publish", key=api.key("publish")).status == 200
    late = put(api, "runs", {"steps": STEPS}, etag)
    assert (late.status, late.code) == (412, "draft_changed")
    made = put(api, "runs", {"steps": STEPS}, None, **{"If-None-Match": "*"})
    assert (made.status, made.json["version"]) == (201, 2)
    assert api.call("GET", "/api/journeys/runs/versions/1", key=api.key("read")).json["status"] == "live"
    assert json.loads(api.call("GET", "/api/journeys/runs", key=api.key("read")).body)["draft"] == 2
