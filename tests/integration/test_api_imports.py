"""Imports over HTTP: progress, bad lines by their place, tables with a mapping, nothing loaded twice."""

from __future__ import annotations

import gzip
import json
from typing import Any

from support.api import Answer, ApiServer

GOOD = [
    {"type": "identify", "userId": "anna", "traits": {"city": "Lund"}},
    {"type": "track", "userId": "anna", "event": "Came", "messageId": "m1"},
]


def announce(api: ApiServer, **wanted: Any) -> int:
    answer = api.call("POST", "/api/imports", key=api.key("publish"), json=wanted)
    assert answer.status == 201, answer.body
    return int(answer.json["id"])


def fill(
    api: ApiServer, number: int, body: bytes, kind: str = "application/x-ndjson", more: str = ""
) -> Answer:
    headers = {"Content-Type": kind}
    return api.call(
        "PUT", f"/api/imports/{number}/data{more}", key=api.key("publish"), body=body, headers=headers
    )


def lines(*items: Any) -> bytes:
    return b"\n".join(json.dumps(item).encode() for item in items) + b"\n"


def test_good_lines_are_kept_and_bad_ones_named(api: ApiServer) -> None:
    number = announce(api, name="feed.jsonl", mode="live", bytes=100)
    body = (
        lines(GOOD[0]) + b'{"type": "track"\n' + lines({"type": "track", "event": "x"}, GOOD[1]) + b"\xff\n"
    )
    done = fill(api, number, body).json
    assert (done["state"], done["stored"], done["bad"]) == ("done", 2, 3)
    assert [(one["place"], one["code"]) for one in done["errors"]] == [
        (f"import {number}:2", "not_json"), (f"import {number}:3", "no_person"), (f"import {number}:5", "not_utf8"),
    ]  # fmt: skip
    assert done["bytes_read"] == len(body)
    assert api.call("GET", f"/api/imports/{number}", key=api.key("read")).json == done
    assert fill(api, number, body).code == "import_under_way"
    again = fill(api, announce(api), lines(*GOOD)).json
    assert (again["stored"], again["repeated"]) == (0, 2)
    listed = api.call("GET", "/api/imports", key=api.key("read")).json
    assert [one["state"] for one in listed][-2:] == ["done", "done"]


def test_tables_and_packed_files(api: ApiServer) -> None:
    table = b"id;e_mail;age\nbo;bo@example.com;40\n;x;1\n"
    question = "?column=id%3DuserId&column=e_mail%3Demail&column=age%3Dage:number"
    done = fill(api, announce(api), table, "text/csv", question).json
    assert (done["stored"], done["bad"], done["kinds"]) == (1, 1, {"identify": 1})
    found = api.call("GET", "/api/profiles/bo", key=api.key("read")).json
    assert found["attributes"] == {"email": "bo@example.com", "age": 40}
    packed = fill(api, announce(api), gzip.compress(lines({"type": "identify", "userId": "packed"}))).json
    assert packed["stored"] == 1


def test_a_table_that_does_not_fit_breaks_the_import_and_it_can_be_filled_again(api: ApiServer) -> None:
    number = announce(api)
    broken = fill(api, number, b"a,b\n1,2\n", "text/csv").json
    assert (broken["state"], [one["code"] for one in broken["errors"]]) == ("broken", ["no_person"])
    assert fill(api, number, b"userId,b\ncarl,2\n", "text/csv").json["state"] == "done"


def test_who_does_not_wait_asks_later(api: ApiServer) -> None:
    number = announce(api)
    body = lines(*({"type": "identify", "userId": f"n{n}"} for n in range(1500)))
    taken = fill(api, number, body, more="?wait=false")
    assert taken.status == 202
    while (now := api.call("GET", f"/api/imports/{number}", key=api.key("read")).json)["state"] == "loading":
        pass
    assert (now["state"], now["stored"]) == ("done", 1500)


def test_what_is_no_import(api: ApiServer) -> None:
    assert fill(api, 999_999, b"").status == 404
    assert fill(api, announce(api), b"{}", "application/xml").status == 415
    assert api.call("POST", "/api/imports", key=api.key("write"), json={}).status == 403


def test_a_file_is_looked_at_and_nothing_of_it_is_kept(api: ApiServer) -> None:
    headers = {"Content-Type": "text/csv"}
    question = "?column=id%3DuserId&column=age%3Dage:number"
    table = b"id;age\nwhole;40\nother;x\n;1\n"
    checked = api.call(
        "POST", f"/api/imports/check{question}", key=api.key("publish"), body=table, headers=headers
    )
    found = checked.json
    assert (found["good"], found["bad"], found["people"], found["whole"]) == (1, 2, 1, True)
    assert [(one["place"], one["code"]) for one in found["errors"]] == [
        ("line:3 age", "bad_cell"), ("line:4", "no_person"),
    ]  # fmt: skip
    assert found["sample"] == [{"kind": "identify", "user_id": "whole", "name": None, "data": {"age": 40}}]
    assert api.call("GET", "/api/profiles/whole", key=api.key("read")).code == "unknown_person"
    body, lined = lines(GOOD[1]), {"Content-Type": "application/x-ndjson"}
    found = api.call("POST", "/api/imports/check", key=api.key("publish"), body=body, headers=lined).json
    assert (found["kinds"], found["sample"][0]["name"]) == ({"event": 1}, "Came")
    refused = api.call("POST", "/api/imports/check", key=api.key("write"), body=body, headers=lined)
    assert refused.status == 403
    unknown = api.call(
        "POST", "/api/imports/check?column=no%3DuserId", key=api.key("publish"), body=table, headers=headers
    )
    assert unknown.code == "unknown_column"
