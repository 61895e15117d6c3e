"""The shell of the HTTP API: guards before bodies, problems, limits, headers, the OpenAPI document."""

from __future__ import annotations

import json

import pytest

from support.api import ApiServer


def test_the_process_tells_of_itself(api: ApiServer) -> None:
    assert api.call("GET", "/health").json["status"] == "ok"
    assert api.call("GET", "/ready").json["buckets"] == 8
    assert "parcours_database_up 1.0" in api.call("GET", "/metrics").body.decode()


def test_a_key_says_who_calls(api: ApiServer) -> None:
    answer = api.call("GET", "/api/me", key=api.key("read", "ingest"))
    assert answer.json == {
        "kind": "key",
        "name": "read-ingest",
        "role": "viewer",
        "scopes": ["ingest", "read"],
        "full_name": "",
        "language": None,
    }


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "not_signed_in"),
        ({"Authorization": "Bearer pk_no"}, 401, "bad_credentials"),
        ({"Authorization": "Basic cGtfbm86"}, 401, "bad_credentials"),
        ({"Authorization": ""}, 401, "bad_credentials"),
        ({"Cookie": "parcours_session=no"}, 401, "bad_credentials"),
    ],
)
def test_who_is_not_known_is_told_so_before_the_body_is_read(
    api: ApiServer, headers: dict[str, str], status: int, code: str
) -> None:
    answer = api.call("POST", "/api/keys", body=b"{broken", headers=headers)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_without_the_scope_is_refused(api: ApiServer) -> None:
    answer = api.call("GET", "/api/keys", key=api.key("write"))
    assert (answer.status, answer.code) == (403, "not_allowed")
    assert answer.json["detail"] == "This needs the role admin, and write has the scopes write"


def test_a_key_lives_until_it_is_revoked(api: ApiServer) -> None:
    admin = api.key("admin")
    made = api.call("POST", "/api/keys", key=admin, json={"name": "shop", "scopes": ["read"]})
    assert made.status == 201
    again = api.call("POST", "/api/keys", key=admin, json={"name": "shop", "scopes": ["read"]})
    assert (again.status, again.code) == (409, "key_exists")
    assert api.call("GET", "/api/me", key=made.json["secret"]).json["name"] == "shop"
    [listed] = [one for one in api.call("GET", "/api/keys", key=admin).json if one["name"] == "shop"]
    assert listed["prefix"] == made.json["secret"][:10]
    assert listed["used_at"] is not None
    assert api.call("DELETE", "/api/keys/shop", key=admin).status == 204
    assert api.call("GET", "/api/me", key=made.json["secret"]).code == "bad_credentials"
    assert api.call("DELETE", "/api/keys/shop", key=admin).code == "unknown_key"


@pytest.mark.parametrize(
    ("body", "status", "code", "place"),
    [
        (b"", 422, "bad_value", "body"),
        (b"[]", 422, "bad_value", "body"),
        (b"{", 400, "bad_json", "line 1, column 2"),
        (b'{"name": "a\\u0000b", "scopes": ["read"]}', 400, "bad_json", "body.name"),
        (b'{"name": "\\ud800", "scopes": ["read"]}', 400, "bad_json", "body.name"),
        (b'{"name": "a", "scopes": [1e999]}', 400, "bad_json", "body.scopes.0"),
        (b'{"name": NaN}', 400, "bad_json", "body"),
        (b'{"name": ' + b"1" * 5000 + b"}", 400, "bad_json", "body"),
        (b"[" * 200_000, 400, "bad_json", "body"),
        (b"[" * 200 + b"]" * 200, 400, "bad_json", "body"),
        (b"\xff\xfe", 400, "bad_json", "body"),
        (b'{"name": "a"}', 422, "bad_value", "body.scopes"),
        (b'{"name": "a", "scopes": ["all"]}', 422, "bad_value", "body.scopes.0"),
        (b'{"name": "a b", "scopes": ["read"]}', 422, "bad_key_name", "name"),
        (b'{"name": "a", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"}', 422, "past_instant", "expires_at"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_good_is_told_where(
    api: ApiServer, body: bytes, status: int, code: str, place: str
) -> None:
    answer = api.call(
        "POST",
        "/api/keys",
        key=api.key("admin"),
        body=body,
        headers={"Content-Type": "application/json; charset=utf-8"},
    )
    assert (answer.status, answer.code, answer.json["place"]) == (status, code, place)


def test_a_body_of_another_type_is_refused(api: ApiServer) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = api.call(
            "POST", "/api/keys", key=api.key("admin"), body=b"{}", headers={"Content-Type": kind}
        )
        assert (answer.status, answer.code) == (415, "unsupported_media_type")


def test_a_body_that_is_too_large_is_refused_told_or_not(api: ApiServer) -> None:
    large = b" " * 8_000_001
    headers = {"Content-Type": "application/json"}
    told = api.call(
        "POST",
        "/api/keys",
        key=api.key("admin"),
        body=b"{}",
        headers=headers | {"Content-Length": "8000001"},
    )
    assert (told.status, told.code) == (413, "body_too_large")
    chunks = iter([large[:4_000_000], large[:4_000_000], b"{}"])
    untold = api.call("POST", "/api/keys", key=api.key("admin"), body=chunks, headers=headers)  # type: ignore[arg-type]
    assert (untold.status, untold.code) == (413, "body_too_large")


def test_what_a_change_does_not_take_is_not_passed_over(api: ApiServer) -> None:
    """Whoever says `dry_run` where it is not read must not have it done."""
    admin, place = api.key("admin"), "/api/people/anna/erasure"
    sent = b'{"type":"identify","userId":"anna","traits":{"email":"anna@example.com"}}'
    assert api.call("POST", "/v1/identify", key=admin, body=sent).status == 200
    by_body = api.call("POST", place, key=admin, json={"dry_run": True})
    assert (by_body.status, by_body.code, by_body.json["place"]) == (422, "bad_value", "body")
    misspelt = api.call("POST", place + "?dryrun=true", key=admin)
    assert (misspelt.status, misspelt.code, misspelt.json["place"]) == (422, "bad_value", "query.dryrun")
    assert misspelt.json["hint"] == "Use one of dry_run, reason, suppress."
    assert api.call("DELETE", "/api/keys/x?dry_run=true", key=admin).json["hint"] == "Leave it out."
    assert api.call("POST", place + "?dry_run=true", key=admin, json={}).json["dry_run"] is True
    assert api.call("GET", place, key=admin).code == "unknown_person"


def test_what_is_not_there(api: ApiServer) -> None:
    assert api.call("GET", "/api/nothing").code == "not_found"
    assert api.call("GET", "/api/keys/").code == "not_found"
    wrong = api.call("PUT", "/api/keys", key=api.key("admin"))
    assert (wrong.status, wrong.code) == (405, "method_not_allowed")
    assert api.call("DELETE", "/api/keys/%00", key=api.key("admin")).code == "bad_value"
    assert api.call("DELETE", "/api/keys/a%FFb", key=api.key("admin")).code == "unknown_key"


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({}, False),
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "SELF"}, False),
    ],
)
def test_pages_of_other_sites_change_nothing(api: ApiServer, headers: dict[str, str], refused: bool) -> None:
    own = {name: value.replace("SELF", api.url) for name, value in headers.items()}
    answer = api.call("POST", "/api/keys", headers=own | {"Cookie": "parcours_session=x"}, json={})
    assert (answer.code == "cross_site") == refused
    assert api.call("GET", "/api/me", headers=own).code == "not_signed_in"


def test_answers_protect_browsers_and_no_other_site_reads_them(api: ApiServer) -> None:
    for path in ("/api/me", "/api/openapi.json", "/api/nothing"):
        headers = api.call("GET", path, headers={"Origin": "https://evil.example"}).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in headers
        assert "Strict-Transport-Security" not in headers
        assert "Server" not in headers
    proxied = api.call("GET", "/api/me", headers={"X-Forwarded-Proto": "https"})
    assert proxied.headers["Strict-Transport-Security"]


def test_the_document_is_openapi_and_names_no_other_server(api: ApiServer) -> None:
    document = api.call("GET", "/api/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "Parcours"
    assert "HTTPValidationError" not in json.dumps(document)
    assert {"/docs", "/redoc"}.isdisjoint(document["paths"])
    assert api.call("GET", "/docs").status == 404
    for operation in (one for path in document["paths"].values() for one in path.values()):
        assert operation["x-role"]
        assert {tag["name"] for tag in document["tags"]} >= set(operation["tags"])
