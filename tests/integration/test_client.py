"""The Python client against a real server: what it does, what it tells, and when it asks again."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from parcours.client import Client, ServerError
from parcours.client import forms as wire
from parcours.domain.errors import ParcoursError
from support.api import ApiServer, api_server
from support.postgres import Server

STEPS: dict[str, Any] = {"rest": {"wait": {"for": "2d"}}, "done": {"end": {}}}
FEED = (
    b'{"type":"identify","userId":"anna","traits":{"country":"SE"}}\n'
    b'{"type":"track","userId":"anna","event":"Came"}\n'
)


@pytest.fixture(scope="module")
def api(postgres: Server) -> Iterator[ApiServer]:
    with api_server(postgres) as server:
        yield server


@pytest.fixture(scope="module")
def client(api: ApiServer) -> Client:
    return Client(api.url, api.key("admin"))


def definition(key: str, **more: Any) -> dict[str, Any]:
    return {"journey": key, "entry": {"triggers": [{"event": "Came"}]}, "steps": STEPS, **more}


def test_a_journey_from_file_to_stop(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "life.yaml"
    file.write_text(
        "journey: life\nentry: {triggers: [{event: Came}]}\n"
        "email: {from: a@example.com, reply_to: b@example.com, transactional: true}\n"
        "steps: {hello: {email: {subject: Hi, template: hello.html}}, done: {end: {}}}\n"
    )
    (tmp_path / "hello.html").write_text("<p>Hello</p>")
    draft, problems = client.apply(file)
    assert (draft["version"], draft["templates"]) == (1, {"hello.html": "<p>Hello</p>"})
    assert "template_missing" not in {one["code"] for one in problems}
    again, _ = client.apply(file)  # in place of the draft that stands
    assert (again["version"], again["etag"]) == (1, draft["etag"])
    assert client.plan("life")["refused"] is None
    assert client.publish("life", dry_run=True)["to_status"] == "live"
    assert client.journey("life")["status"] == "draft"
    assert client.publish("life", reason="it is time")["to_status"] == "live"
    first = client.pause("life", entrants="drop", idempotency_key="once")
    assert client.resume("life")["from_status"] == "paused"
    assert client.pause("life", entrants="drop", idempotency_key="once") == first  # not paused again
    assert client.journey("life")["status"] == "live"
    kept = client.close("life", at="2999-01-01T00:00:00")
    assert kept["scheduled_id"] is not None
    assert [one["command"] for one in client.scheduled("life")] == ["close"]
    assert "close" in {one["command"] for one in client.upcoming("life")}
    assert client.unschedule(kept["scheduled_id"], reason="no")["outcome"] is not None
    assert client.stop("life", reason="legal")["to_status"] == "stopped"
    assert client.overview("life")["standing"].startswith("Not running: stopped")
    audit = client.audit("life", command="stop")
    assert [(one["reason"], one["to_status"]) for one in audit] == [("legal", "stopped")]
    assert len(client.audit("life", limit=3)) == 3
    assert "life" in {one["journey"] for one in client.journeys(search="lif")}


def test_people_come_by_a_file_and_are_added_and_removed(client: Client) -> None:
    seen: list[wire.Import] = []
    done = client.import_file(io.BytesIO(FEED + b"no line\n"), name="two.jsonl", progress=seen.append)
    assert (done["state"], done["stored"], done["bad"]) == ("done", 2, 1)
    assert done["errors"][0]["code"]
    assert client.profile("anna")["attributes"] == {"country": "SE"}
    assert [one["name"] for one in client.events("anna", limit=5)] == ["Came"]
    client.apply(definition("crowd"))
    client.publish("crowd")
    added = client.add_people("crowd", ["anna", "nobody"], reason="asked", dry_run=True)
    assert (added["counts"]["added"], added["unknown"], added["dry_run"]) == (1, ["nobody"], True)
    removed = client.remove_people("crowd", ["anna"])
    assert removed["outside"] == ["anna"]
    assert client.why("anna", "crowd")["passages"] == []
    assert list(client.participants("crowd")) == []
    assert client.passages("anna") == []
    assert client.messages("anna") == []
    assert client.ledger("crowd")[0]["balances"] is True
    assert client.alerts("crowd") == []
    assert client.problems("crowd")[0]["version"] == 1


def test_a_file_of_profiles_from_disk(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("id,age\nbo,41\n")
    done = client.import_file(file, columns=["id=userId", "age=age:number"])
    assert (done["name"], done["state"], done["kinds"]) == ("people.csv", "done", {"identify": 1})
    assert client.profile("bo")["attributes"] == {"age": 41}


def test_errors_keep_code_hint_place_and_what_the_command_answered(client: Client, api: ApiServer) -> None:
    client.apply(definition("refusing"))
    with pytest.raises(ServerError) as refused:
        client.resume("refusing")
    assert (refused.value.code, refused.value.status) == ("not_published", 409)
    assert refused.value.hint == "Publish it first."
    assert refused.value.result is not None
    assert refused.value.result["from_status"] == "draft"
    with pytest.raises(ServerError) as unknown:
        client.journey("nothing")
    assert (unknown.value.code, unknown.value.status) == ("unknown_journey", 404)
    with pytest.raises(ServerError) as bad:
        client.command("refusing", "pause", {"entrants": "dance"})
    assert (bad.value.code, bad.value.place) == ("bad_value", "body.options.entrants")
    with pytest.raises(ServerError) as changed:
        client.save_draft(definition("refusing"), "refusing", etag='"1-0"')
    assert changed.value.code == "draft_changed"
    with pytest.raises(ServerError) as shut:
        Client(api.url, api.key("read")).publish("refusing")
    assert (shut.value.code, shut.value.status) == ("not_allowed", 403)
    with pytest.raises(ServerError) as nobody:
        Client(api.url).journeys()
    assert nobody.value.code == "not_signed_in"
    with pytest.raises(ParcoursError) as address:
        Client("localhost:8080")
    assert address.value.code == "bad_server"


def test_the_types_say_what_the_server_says(api: ApiServer) -> None:
    schemas = api.call("GET", "/api/openapi.json").json["components"]["schemas"]
    other = {
        "Journey": "JourneyLine", "Version": "VersionLine", "Draft": "Definition", "Participant": "ParticipantLine",
        "Event": "EventLine", "Passage": "PassageLine", "Message": "PersonMessage", "Problem": "ProblemFound",
        "AuditLine": "Line",
    }  # fmt: skip
    for name in wire.__all__:
        said = schemas[other.get(name, name)]["properties"]
        assert set(getattr(wire, name).__annotations__) <= set(said), name


def test_people_and_events_one_by_one_and_in_batches(client: Client, api: ApiServer) -> None:
    sender = Client(api.url, api.key("ingest"))
    sender.identify("cleo", {"country": "NO"})
    sender.track("cleo", "Came", {"n": 1}, message_id="m1")
    sender.track("cleo", "Came", {"n": 1}, message_id="m1")
    told = sender.batch(
        [{"type": "track", "userId": "cleo", "event": "Left"}, {"type": "dance", "userId": "cleo"}]
    )
    assert [one["result"] for one in told["results"]] == ["taken", "refused"]
    assert client.profile("cleo")["attributes"] == {"country": "NO"}
    assert sorted(one["name"] for one in client.events("cleo")) == ["Came", "Left"]


Script = list[tuple[int, dict[str, str], bytes]]
PROBLEM = {"Content-Type": "application/problem+json"}


@contextmanager
def scripted(answers: Script) -> Iterator[tuple[str, list[tuple[str, str, str | None, bytes]]]]:
    """A real server that answers in this order, status 0 by hanging up; yields its address and what came."""
    asked: list[tuple[str, str, str | None, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append((self.command, self.path, self.headers.get("Idempotency-Key"), body))
            status, headers, content = answers.pop(0)
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/base", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


BUSY = b'{"code": "try_again", "detail": "Another change", "hint": "Try again."}'


def test_what_is_idempotent_is_asked_again_after_as_long_as_the_server_says() -> None:
    script: Script = [
        (503, {**PROBLEM, "Retry-After": "7"}, BUSY), (0, {}, b""),
        (429, {"Retry-After": "Mon, 01 Jan 2029 00:00:09 GMT", "Date": "Mon, 01 Jan 2029 00:00:00 GMT"}, b""),
        (200, {}, b'{"to_status": "paused"}'),
    ]  # fmt: skip
    pauses: list[float] = []
    with scripted(script) as (url, asked):
        answer = Client(url, "k", pause=pauses.append).pause("a")
    assert answer["to_status"] == "paused"
    assert [one[1] for one in asked] == ["/base/api/journeys/a/commands/pause"] * 4
    assert len({one[2] for one in asked}) == 1  # one key: the server knows it again
    assert asked[0][2]
    assert pauses[0] == 7
    assert 0 < pauses[1] < 1
    assert pauses[2] == 9


def test_what_could_be_done_twice_is_not_asked_again() -> None:
    script: Script = [(503, {**PROBLEM, "Retry-After": "1"}, BUSY), (0, {}, b"")]
    with scripted(script) as (url, asked):
        client = Client(url, "k", pause=lambda _: pytest.fail("it waited"))
        with pytest.raises(ServerError) as told:
            client.unschedule(3)
        assert (told.value.code, told.value.retry_after, told.value.hint) == ("try_again", 1, "Try again.")
        with pytest.raises(ServerError) as lost:
            client.unschedule(3)
    assert lost.value.code == "server_unreachable"
    assert [one[0] for one in asked] == ["DELETE", "DELETE"]


def test_it_gives_up_after_its_tries_and_at_once_where_it_is_to_wait_for_long() -> None:
    answers: Script = [(503, PROBLEM, BUSY)] * 3 + [(429, {**PROBLEM, "Retry-After": "3600"}, BUSY)]
    pauses: list[float] = []
    with scripted(answers) as (url, asked):
        client = Client(url, "k", tries=3, pause=pauses.append)
        for wait in (None, 3600):
            with pytest.raises(ServerError) as told:
                client.journeys()
            assert told.value.retry_after == wait
    assert (len(asked), len(pauses)) == (4, 2)


def test_an_answer_of_something_else_is_told() -> None:
    script: Script = [
        (404, {"Content-Type": "text/html"}, b"<p>"),
        (200, {}, b"<p>"),
        (302, {"Location": "/"}, b""),
    ]
    with scripted(script) as (url, _):
        for _n in range(3):
            with pytest.raises(ServerError) as told:
                Client(url, "k").journey("a")
            assert told.value.code == "unexpected_answer"
    with pytest.raises(ServerError) as gone:
        Client(url, "k", tries=1).journeys()
    assert gone.value.code == "server_unreachable"


def test_events_go_with_marks_by_which_they_are_known_again() -> None:
    script: Script = [(503, PROBLEM, BUSY), (200, {}, b"{}"), (200, {}, b'{"success": true}')]
    with scripted(script) as (url, asked):
        client = Client(url, "k", pause=lambda _: None)
        client.track("anna", "Came", {"n": 1})
        assert client.batch([{"type": "identify", "userId": "anna"}]) == {"success": True}
    assert [one[1] for one in asked] == ["/base/v1/track", "/base/v1/track", "/base/v1/batch"]
    assert asked[0][3] == asked[1][3]
    assert b'"messageId"' in asked[0][3]
    assert b'"messageId"' in asked[2][3]


def test_the_server_speaks_the_language_that_is_asked_for(
    api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(language: str | None = None) -> str:
        with pytest.raises(ServerError) as error:
            Client(api.url, api.key("read"), language=language).journey("none")
        assert error.value.code == "unknown_journey"
        return error.value.message

    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert said().casefold().startswith("there is no journey none")
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert said().casefold().startswith("il n'y a pas de parcours none")
    monkeypatch.setenv("LC_ALL", "sv_FI@euro")
    assert said().casefold().startswith("det finns inget flöde none")
    assert said("fr").casefold().startswith("il n'y a pas de parcours none")
    monkeypatch.setenv("LC_ALL", "C")
    assert said().casefold().startswith("there is no journey none")
    with pytest.raises(ParcoursError, match="no language"):
        Client(api.url, language="de")
