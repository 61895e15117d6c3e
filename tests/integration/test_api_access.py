"""Sign-in, roles, links, invitations, settings, audit and the switch over all sending, over real HTTP."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from parcours.clock import SystemClock
from parcours.service.access.attempts import LIMITS
from parcours.store.database import Database
from support.api import Answer, ApiServer

PASSWORD = "correct horse battery staple"


def invited(api: ApiServer, email: str, role: str) -> Answer:
    made = api.call(
        "POST", "/api/invitations", key=api.key("admin"), json={"email": email, "role": role}
    ).json
    token = made["link"].rpartition("/")[2]
    return api.call(
        "POST", "/api/invitations/accept", json={"token": token, "password": PASSWORD, "name": "N"}
    )


def path_of(link: str) -> str:
    return urlsplit(link).path


def sign_in(api: ApiServer, email: str, password: str = PASSWORD, **headers: str) -> Answer:
    return api.call("POST", "/api/session", json={"email": email, "password": password}, headers=headers)


def commands(api: ApiServer, key: str) -> list[tuple[str, str]]:
    lines = api.call("GET", f"/api/audit?key={key}", key=api.key("admin")).json["lines"]
    return [(line["actor"], line["command"]) for line in reversed(lines)]


def sql(api: ApiServer, statement: str) -> None:
    async def work(database: Database) -> None:
        async with database.transaction() as connection:
            await connection.execute(statement)

    api.within(work)


def test_a_life_from_invitation_to_sign_out(api: ApiServer) -> None:
    came = invited(api, "Anna@Example.com", "editor")
    assert (came.status, came.json["email"]) == (201, "anna@example.com")
    flags = came.headers["set-cookie"]
    assert "HttpOnly" in flags
    assert "SameSite=lax" in flags
    assert "Secure" not in flags
    me = api.call("GET", "/api/me", cookie=came.cookie)
    assert (me.json["name"], me.json["role"], me.json["full_name"]) == ("anna@example.com", "editor", "N")
    again = sign_in(api, " ANNA@example.com ")
    assert again.status == 201
    assert len(api.call("GET", "/api/me/sessions", cookie=came.cookie).json) == 2
    changed = api.call(
        "PATCH", "/api/me", cookie=again.cookie, json={"name": "Anna Berg", "language": "sv"}
    ).json
    assert (changed["full_name"], changed["language"]) == ("Anna Berg", "sv")
    assert api.call("DELETE", "/api/session", cookie=came.cookie).status == 204
    assert api.call("GET", "/api/me", cookie=came.cookie).code == "bad_credentials"
    assert api.call("DELETE", "/api/me/sessions", cookie=again.cookie).status == 204
    assert api.call("GET", "/api/me", cookie=again.cookie).code == "bad_credentials"
    assert commands(api, "@users/anna@example.com") == [
        ("key:admin", "invite"),
        ("user:anna@example.com", "add_user"),
        ("user:anna@example.com", "sign_in"),
        ("user:anna@example.com", "sign_in"),
        ("user:anna@example.com", "change_user"),
        ("user:anna@example.com", "sign_out"),
        ("user:anna@example.com", "sign_out_everywhere"),
    ]


def test_with_https_the_cookie_is_bound_to_this_server(api: ApiServer) -> None:
    invited(api, "https@example.com", "viewer")
    came = sign_in(api, "https@example.com", **{"X-Forwarded-Proto": "https"})
    assert came.cookie.startswith("__Host-parcours_session=")
    assert "Secure" in came.headers["set-cookie"]
    secure = {"X-Forwarded-Proto": "https"}
    assert api.call("GET", "/api/me", cookie=came.cookie, headers=secure).status == 200
    assert api.call("GET", "/api/me", cookie=came.cookie).code == "not_signed_in"


def test_nobody_learns_which_was_wrong(api: ApiServer) -> None:
    invited(api, "bo@example.com", "viewer")
    wrong, unknown = (sign_in(api, who, "no" * 8) for who in ("bo@example.com", "nobody@example.com"))
    assert (wrong.status, wrong.code) == (401, "sign_in_failed")
    assert wrong.body == unknown.body


def test_guessing_ends_by_account_and_is_counted_in_the_database(api: ApiServer) -> None:
    invited(api, "carl@example.com", "viewer")
    first = sign_in(api, "carl@example.com", "a guess", **{"X-Forwarded-For": "192.0.2.1"})
    assert first.code == "sign_in_failed"
    # What other processes counted meanwhile, from other addresses.
    sql(
        api,
        f"UPDATE parcours.attempt SET n = {LIMITS['account'] - 1} WHERE starts_with(subject, 'account:') AND n = 1",
    )
    last = sign_in(api, "carl@example.com", "a guess", **{"X-Forwarded-For": "192.0.2.2"})
    assert last.code == "sign_in_failed"
    over = sign_in(api, "carl@example.com", **{"X-Forwarded-For": "192.0.2.3"})
    assert (over.status, over.code) == (429, "too_many_tries")
    assert 0 < int(over.headers["Retry-After"]) <= 900
    sql(api, "UPDATE parcours.attempt SET since = since - interval '16 minutes'")
    assert sign_in(api, "carl@example.com").status == 201


def test_a_right_password_does_not_count(api: ApiServer) -> None:
    invited(api, "cia@example.com", "viewer")
    sql(api, "DELETE FROM parcours.attempt")
    assert sign_in(api, "cia@example.com").status == 201
    sql(api, "DO $$ BEGIN ASSERT (SELECT bool_and(n = 0) FROM parcours.attempt); END $$")


def test_guessing_ends_by_address(api: ApiServer) -> None:
    sql(api, "DELETE FROM parcours.attempt")
    first = sign_in(api, "guess1@example.com", "guess", **{"X-Forwarded-For": "2001:db8::1"})
    assert first.code == "sign_in_failed"
    sql(api, f"UPDATE parcours.attempt SET n = {LIMITS['address']} WHERE subject = 'address:2001:db8::/64'")
    same_house = sign_in(api, "guess2@example.com", "guess", **{"X-Forwarded-For": "2001:db8::2:7"})
    assert same_house.code == "too_many_tries"
    elsewhere = sign_in(api, "guess2@example.com", "guess", **{"X-Forwarded-For": "2001:db8:0:1::1"})
    assert elsewhere.code == "sign_in_failed"


def test_a_link_signs_in_once_and_lets_a_forgotten_password_be_replaced(api: ApiServer) -> None:
    came = invited(api, "dora@example.com", "viewer")
    admin = api.key("admin")
    first = api.call("POST", "/api/users/dora@example.com/link", key=admin).json["link"]
    link = api.call("POST", "/api/users/dora@example.com/link", key=admin).json["link"]
    assert api.call("POST", path_of(first)).status == 410  # a newer one voids it
    shown = api.call("GET", path_of(link), headers={"Accept-Language": "sv-SE,sv;q=0.9,en;q=0.5"})
    assert "Logga in" in shown.body.decode()
    assert "script" not in shown.body.decode()
    used = api.call("POST", path_of(link))
    assert (used.status, "Signed in as dora@example.com" in used.body.decode()) == (200, True)
    assert api.call("POST", path_of(link)).status == 410
    assert api.call("POST", "/api/session/link", json={"token": link.rpartition("/")[2]}).code == "link_over"
    weak = api.call("POST", "/api/me/password", cookie=used.cookie, json={"password": "a" * 20})
    assert weak.code == "weak_password"
    another = "entirely another password"
    assert api.call("POST", "/api/me/password", cookie=used.cookie, json={"password": another}).status == 204
    assert api.call("GET", "/api/me", cookie=came.cookie).code == "bad_credentials"
    assert api.call("GET", "/api/me", cookie=used.cookie).status == 200
    assert sign_in(api, "dora@example.com").code == "sign_in_failed"
    later = sign_in(api, "dora@example.com", another)
    for current in (None, PASSWORD):
        body = {"password": PASSWORD, "current": current}
        assert api.call("POST", "/api/me/password", cookie=later.cookie, json=body).code == "wrong_password"
    body = {"password": PASSWORD, "current": another}
    assert api.call("POST", "/api/me/password", cookie=later.cookie, json=body).status == 204


def test_sessions_and_links_end_by_time(api: ApiServer) -> None:
    invited(api, "eva@example.com", "viewer")
    idle, old = sign_in(api, "eva@example.com"), sign_in(api, "eva@example.com")
    late = (SystemClock().now() - timedelta(hours=12, minutes=1)).isoformat()
    [_, second, _] = api.call("GET", "/api/me/sessions", cookie=idle.cookie).json  # by last use
    assert second["way"] == "password"
    sql(api, f"UPDATE parcours.session SET seen_at = '{late}' WHERE session_id = {second['id']}")
    assert api.call("GET", "/api/me", cookie=idle.cookie).code == "bad_credentials"
    assert api.call("GET", "/api/me", cookie=old.cookie).status == 200
    sql(api, "UPDATE parcours.session SET expires_at = seen_at")
    assert api.call("GET", "/api/me", cookie=old.cookie).code == "bad_credentials"
    link = api.call("POST", "/api/users/eva@example.com/link", key=api.key("admin")).json["link"]
    sql(api, "UPDATE parcours.sign_in_link SET expires_at = created_at")
    assert api.call("POST", path_of(link)).status == 410


def test_a_disabled_user_is_out_at_once(api: ApiServer) -> None:
    came = invited(api, "finn@example.com", "publisher")
    admin = api.key("admin")
    link = api.call("POST", "/api/users/finn@example.com/link", key=admin).json["link"]
    body = {"disabled": True, "reason": "has left"}
    assert api.call("PATCH", "/api/users/finn@example.com", key=admin, json=body).json["disabled_at"]
    assert api.call("GET", "/api/me", cookie=came.cookie).code == "bad_credentials"
    assert sign_in(api, "finn@example.com").code == "sign_in_failed"
    assert api.call("POST", path_of(link)).status == 410
    assert api.call("POST", "/api/users/finn@example.com/link", key=admin).code == "user_disabled"
    assert api.call("PATCH", "/api/users/finn@example.com", key=admin, json={"disabled": False}).status == 200
    assert sign_in(api, "finn@example.com").status == 201


def test_the_last_admin_stays_one_and_roles_change_at_once(api: ApiServer) -> None:
    came = invited(api, "gun@example.com", "admin")
    for body in ({"role": "editor"}, {"disabled": True}):
        answer = api.call("PATCH", "/api/users/gun@example.com", cookie=came.cookie, json=body)
        assert (answer.status, answer.code) == (409, "last_admin")
    other = invited(api, "hans@example.com", "admin")
    assert (
        api.call("PATCH", "/api/users/gun@example.com", cookie=other.cookie, json={"role": "editor"}).json[
            "role"
        ]
        == "editor"
    )
    assert api.call("GET", "/api/users", cookie=came.cookie).code == "not_allowed"


def test_an_invitation_is_for_one_person_once(api: ApiServer) -> None:
    admin = api.key("admin")
    wanted = {"email": "ida@example.com", "role": "editor", "language": "fr"}
    first, second = (api.call("POST", "/api/invitations", key=admin, json=wanted).json for _ in range(2))
    assert api.call("GET", path_of(first["link"])).status == 410
    page = api.call("GET", path_of(second["link"])).body.decode()
    assert "Vous êtes invité" in page
    token = second["link"].rpartition("/")[2]
    looked = api.call("POST", "/api/invitations/look", json={"token": token}).json
    assert (looked["email"], looked["role"]) == ("ida@example.com", "editor")
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Language": "en"}
    weak = api.call("POST", path_of(second["link"]), body=b"name=Ida&password=short", headers=form)
    assert (weak.status, "not taken" in weak.body.decode()) == (422, True)
    body = b"name=Ida&password=correct+horse+battery+staple"
    made = api.call("POST", path_of(second["link"]), body=body, headers=form)
    assert api.call("GET", "/api/me", cookie=made.cookie).json["role"] == "editor"
    assert api.call("POST", path_of(second["link"]), body=body, headers=form).status == 410
    assert api.call("POST", "/api/invitations", key=admin, json=wanted).code == "user_exists"
    third = api.call("POST", "/api/invitations", key=admin, json=wanted | {"email": "jo@example.com"}).json
    assert api.call("DELETE", f"/api/invitations/{third['id']}", key=admin).status == 204
    assert api.call("DELETE", f"/api/invitations/{third['id']}", key=admin).code == "unknown_invitation"
    assert api.call("GET", path_of(third["link"])).status == 410


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"publish_needs_second_person": 1}, "bad_setting"),
        ({"session_days": 0}, "bad_setting"),
        ({"session_days": True}, "bad_setting"),
        ({"session_days": 3, "sesion_days": 3}, "unknown_setting"),
    ],
)
def test_a_wrong_setting_changes_nothing(api: ApiServer, body: dict[str, object], code: str) -> None:
    before = api.call("GET", "/api/settings", key=api.key("read")).json
    assert api.call("PATCH", "/api/settings", key=api.key("admin"), json=body).code == code
    assert api.call("GET", "/api/settings", key=api.key("read")).json == before


def test_settings_change_with_a_line_in_the_audit(api: ApiServer) -> None:
    admin = api.key("admin")
    body = {"link_minutes": 5, "session_days": 30}
    changed = api.call("PATCH", "/api/settings", key=admin, json=body).json
    assert {one["name"]: one["value"] for one in changed}["link_minutes"] == 5
    [line] = api.call("GET", "/api/audit?key=@settings", key=admin).json["lines"]
    assert (line["options"], line["from_status"], line["to_status"]) == ({"link_minutes": 5}, "60", "5")


def test_the_audit_is_read_in_pages_and_access_is_for_admins(api: ApiServer) -> None:
    admin = api.key("admin")
    for n in range(3):
        api.call("POST", "/api/sending/hold", key=admin, json={"reason": f"try {n}"})
        api.call("POST", "/api/sending/release", key=admin, json={})
    seen: list[int] = []
    after: int | None = None
    while True:
        more = f"&before={after}" if after else ""
        page = api.call("GET", f"/api/audit?key=*&limit=4{more}", key=api.key("read")).json
        seen += [line["id"] for line in page["lines"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == 6
    assert seen == sorted(set(seen), reverse=True)
    assert api.call("GET", "/api/audit?key=@settings", key=api.key("read")).json["lines"] == []
    assert api.call("GET", "/api/audit?command=hold_sending&actor=admin", key=api.key("read")).json["lines"]
    assert api.call("GET", "/api/audit?colour=red", key=api.key("read")).code == "bad_value"
    assert api.call("GET", "/api/audit?since=2026-01-01", key=api.key("read")).code == "bad_value"


def test_all_sending_is_held_and_released(api: ApiServer) -> None:
    admin = api.key("admin")
    tried = api.call("POST", "/api/sending/hold", key=admin, json={"dry_run": True}).json
    assert (tried["held"], tried["changed"], tried["dry_run"]) == (None, False, True)
    held = api.call("POST", "/api/sending/hold", key=admin, json={"reason": "outage"}).json
    assert (held["held"]["by"], held["held"]["reason"], held["changed"]) == ("key:admin", "outage", True)
    assert api.call("GET", "/api/sending", key=api.key("read")).json["held"]["reason"] == "outage"
    assert api.call("POST", "/api/sending/hold", key=admin, json={}).json["changed"] is False
    assert api.call("POST", "/api/sending/release", key=admin, json={}).json["held"] is None
