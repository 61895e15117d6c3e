"""People and numbers over HTTP, of journeys that a simulation has played: pages, filters, why, reports, tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from support.api import ApiServer, api_server
from support.cli import play
from support.postgres import Server

PEOPLE = 12
JOURNEY: dict[str, Any] = {
    "journey": "course", "timezone": "Europe/Stockholm",
    "entry": {"triggers": [{"event": "Came"}], "filter": {"field": "profile.country", "is": "SE"}},
    "goal": {"event": "Bought"},
    "email": {"from": "a@example.com", "reply_to": "a@example.com", "transactional": True},
    "steps": {
        "hello": {"email": {"subject": "Hi {{ profile.name }}", "text": "Hello"}},
        "which": {"split": [{"when": {"field": "profile.n", "lt": 4}, "next": "long"}, {"else": True, "next": "short"}]},
        "short": {"wait": {"for": "1d"}},
        "fork": {"wait_for": [{"event": "Opened", "next": "done"}, {"timeout": "1d", "drop_out": True}]},
        "long": {"wait": {"for": "90d"}, "next": "done"},
        "done": {"end": {}},
    },
}  # fmt: skip
ODD = "a/b +%c@d"  # a user_id that an address must carry


def feed() -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for n in range(PEOPLE):
        user = ODD if n == 0 else f"u{n:02}"
        traits = {"n": n, "name": f"N{n}", "country": "DK" if n == 11 else "SE", "email": f"u{n}@example.com"}
        lines += [
            {"type": "identify", "userId": user, "timestamp": "2026-02-01T00:00:00Z", "traits": traits},
            # Just after midnight in Stockholm.
            {
                "type": "track", "userId": user, "event": "Came", "timestamp": f"2026-03-{2 + n % 2:02}T23:30:00Z",
                "properties": {"plan": "pro"},
            },
        ]  # fmt: skip
    lines += [
        {"type": "track", "userId": "u05", "event": "Opened", "timestamp": "2026-03-05T00:00:00Z"},
        {"type": "track", "userId": "u06", "event": "Bought", "timestamp": "2026-03-04T00:00:00Z"},
    ]
    return lines


@pytest.fixture(scope="module")
def played(postgres: Server) -> Iterator[ApiServer]:
    with api_server(postgres) as server:
        play(server.database_url, [JOURNEY], feed(), to="2026-03-10T00:00:00Z")
        yield server


def get(api: ApiServer, path: str) -> Any:
    answer = api.call("GET", path, key=api.key("read"))
    assert answer.status == 200, answer.body
    return answer.json


def people(api: ApiServer, question: str) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        page = get(api, f"/api/journeys/course/participants?limit=3&{question}{cursor}")
        found += [one["user_id"] for one in page["items"]]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def test_participants_come_in_pages_and_by_filters(played: ApiServer) -> None:
    everybody = people(played, "")
    assert sorted(everybody) == sorted([ODD, *(f"u{n:02}" for n in range(1, 11))])
    assert set(people(played, "status=active")) == {ODD, "u01", "u02", "u03"}
    assert set(people(played, "step=long")) == {ODD, "u01", "u02", "u03"}
    assert people(played, "status=succeeded") == ["u06"]
    assert people(played, "status=completed&status=succeeded") == ["u05", "u06"]
    assert set(people(played, "reason=wait_timeout")) == {"u04", "u07", "u08", "u09", "u10"}
    assert people(played, "search=u1") == ["u10"]
    assert people(played, f"user_id={quote(ODD, safe='')}") == [ODD]
    assert set(people(played, "entered_from=2026-03-03T12:00:00Z")) == {f"u{n:02}" for n in (1, 3, 5, 7, 9)}
    assert people(played, "version=2") == []


def test_people_are_named_where_their_attributes_say_how(played: ApiServer) -> None:
    for path in ("participants", "messages"):
        [line] = get(played, f"/api/journeys/course/{path}?user_id=u06")["items"]
        assert (line["user_id"], line["name"]) == ("u06", "N6")
    [refused] = get(played, "/api/journeys/course/refusals")["items"]
    assert refused["name"] == "N11"


def test_a_table_has_everybody(played: ApiServer) -> None:
    answer = played.call(
        "GET", "/api/journeys/course/participants?status=dropped_out", key=played.key("read"),
        headers={"Accept": "text/csv"},
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert {row["user_id"] for row in rows} == {"u04", "u07", "u08", "u09", "u10"}
    assert {row["reason"] for row in rows} == {"wait_timeout"}


def test_why_for_one_inside_and_one_refused(played: ApiServer) -> None:
    inside = get(played, f"/api/journeys/course/participants/{quote(ODD, safe='')}")
    assert (inside["user_id"], inside["passages"][0]["step"]) == (ODD, "long")
    refused = get(played, "/api/journeys/course/participants/u11")
    assert [one["reason"] for one in refused["refusals"]] == ["filter"]
    assert refused["refusals"][0]["seen"] == {"profile.country": "DK"}
    [line] = get(played, "/api/journeys/course/refusals")["items"]
    assert (line["user_id"], line["reason"], line["times"]) == ("u11", "filter", 1)


def test_messages_by_filter(played: ApiServer) -> None:
    found = get(played, "/api/journeys/course/messages?state=sent&limit=1000")["items"]
    assert len(found) == 11
    one = get(played, "/api/journeys/course/messages?user_id=u06")["items"]
    assert [(m["step"], m["subject"]) for m in one] == [("hello", "Hi N6")]


def test_reports_add_up(played: ApiServer) -> None:
    report = get(played, "/api/journeys/course/report")
    totals = report["totals"]
    assert (
        totals["entered"],
        totals["inside"],
        totals["completed"],
        totals["succeeded"],
        totals["dropped_out"],
    ) == (11, 4, 1, 1, 5)
    assert report["timezone"] == "Europe/Stockholm"
    steps = {one["step"]: (one["in"], one["here"], one["out"]) for one in report["steps"]}
    assert steps["which"] == (11, 0, 11)
    assert steps["long"] == (4, 4, 0)
    assert steps["fork"] == (7, 0, 7)
    [ledger] = get(played, "/api/ledger?journey=course")
    assert {step: tuple(count.values()) for step, count in ledger["steps"].items()} == steps
    assert ledger["balances"]
    days = {one["day"]: one for one in get(played, "/api/journeys/course/report/days")}
    assert (days["2026-03-03"]["entered"], days["2026-03-04"]["entered"]) == (6, 5)  # midnight of Stockholm
    assert list(days.values())[-1]["inside"] == 4
    [reason] = get(played, "/api/journeys/course/report/reasons")
    assert (reason["reason"], reason["people"]) == ("wait_timeout", 5)
    [messages] = get(played, "/api/journeys/course/report/messages")
    assert (messages["step"], messages["sent"]) == ("hello", 11)
    assert sum(one["sent"] for one in get(played, "/api/journeys/course/report/messages/days")) == 11
    branches = {
        (one["step"], one["label"]): one["taken"]
        for one in get(played, "/api/journeys/course/report/branches")
    }
    assert branches == {
        ("which", "when 1"): 4,
        ("which", "else"): 7,
        ("fork", "Opened"): 1,
        ("fork", "timeout"): 5,  # it leads out
    }
    assert get(played, "/api/journeys?search=course")["items"][0]["inside"] == 4


@pytest.mark.parametrize("name", ["", "/days", "/reasons", "/branches", "/messages", "/messages/days"])
def test_each_report_is_a_table_too(played: ApiServer, name: str) -> None:
    answer = played.call(
        "GET", f"/api/journeys/course/report{name}", key=played.key("read"), headers={"Accept": "text/csv"}
    )
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(list(csv.DictReader(io.StringIO(answer.body.decode())))) > 0


def test_profiles_are_found_and_shown(played: ApiServer) -> None:
    found: list[str] = []
    cursor = ""
    while True:
        page = get(played, f"/api/profiles?limit=5{cursor}")
        found += [one["user_id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert sorted(found) == sorted([ODD, *(f"u{n:02}" for n in range(1, PEOPLE))])
    assert [one["user_id"] for one in get(played, "/api/profiles?search=u7%40exam")["items"]] == ["u07"]
    assert [one["user_id"] for one in get(played, "/api/profiles?search=u07&limit=1")["items"]] == ["u07"]
    odd = quote(ODD, safe="")
    assert get(played, f"/api/profiles/{odd}")["attributes"]["n"] == 0
    assert [one["name"] for one in get(played, "/api/profiles/u05/events")["items"]] == ["Opened", "Came"]
    assert [one["journey"] for one in get(played, f"/api/profiles/{odd}/passages")] == ["course"]
    assert [one["state"] for one in get(played, "/api/profiles/u05/messages")] == ["sent"]
    assert played.call("GET", "/api/profiles/nobody/events", key=played.key("read")).status == 404


def test_what_is_known(played: ApiServer) -> None:
    known = get(played, "/api/catalogue")
    assert {"name": "country", "types": ["string"]} in known["fields"]
    came = next(one for one in known["events"] if one["name"] == "Came")
    assert (came["times"], came["properties"]) == (12, [{"name": "plan", "types": ["string"]}])
    assert get(played, "/api/catalogue/field-values?field=country") == [
        {"value": "SE", "times": 11}, {"value": "DK", "times": 1}
    ]  # fmt: skip
    assert get(played, "/api/catalogue/property-values?event=Came&field=plan") == [
        {"value": "pro", "times": 12}
    ]


def test_mails_are_shown_with_the_data_of_somebody(played: ApiServer) -> None:
    answer = played.call(
        "POST",
        "/api/journeys/course/preview",
        key=played.key("read"),
        json={"user_id": "u03", "steps": ["hello"]},
    )
    assert [(one["subject"], one["text"]) for one in answer.json] == [("Hi N3", "Hello")]


def test_people_taken_out_and_who_is_unknown(played: ApiServer) -> None:
    wanted = {"user_ids": ["u04", "who"], "dry_run": True}
    answer = played.call(
        "POST", "/api/journeys/course/participants/remove", key=played.key("publish"), json=wanted
    )
    assert (answer.json["counts"], answer.json["unknown"], answer.json["outside"]) == (
        {"removed": 0, "outside": 1, "unknown": 1}, ["who"], ["u04"],
    )  # fmt: skip


def test_a_simulation_of_real_people(played: ApiServer) -> None:
    wanted = {"from": "2026-03-02T00:00:00Z", "to": "2026-03-10T00:00:00Z", "people": 100}
    found = played.call("POST", "/api/journeys/course/simulation", key=played.key("write"), json=wanted).json
    assert len(found["participants"]) == 11
    assert {one["day"]: one["counts"]["entered"] for one in found["days"] if "entered" in one["counts"]} == {
        "2026-03-03": 6, "2026-03-04": 5,
    }  # fmt: skip
