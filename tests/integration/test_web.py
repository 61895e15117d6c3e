"""The web application as the server gives it out: files, its page, and nothing else."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from parcours.api.app import ROUTERS
from parcours.api.documentation import describe
from parcours.api.web import BUILT
from support.api import ApiServer

PAGE = {"Accept": "text/html,*/*"}
ROOT = Path(__file__).parents[2]
BUILT_ONLY = pytest.mark.skipif(
    not (BUILT / "index.html").is_file(), reason="the web application was not built: `make ui`"
)


@pytest.mark.parametrize(
    "path", ["/", "/journeys/welcome", "/journeys/welcome/participants/anna%40example.com"]
)
def test_every_place_of_the_application_is_its_page(api: ApiServer, path: str) -> None:
    answer = api.call("GET", path, headers=PAGE)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert b"Parcours" in answer.body


@pytest.mark.parametrize("path", ["/api/nothing", "/v1/nothing", "/assets/nothing.js", "/../pyproject.toml"])
def test_where_nothing_is_the_page_is_not_either(api: ApiServer, path: str) -> None:
    answer = api.call("GET", path, headers=PAGE if path.startswith(("/api", "/v1", "/assets")) else None)
    assert (answer.status, answer.code) == (404, "not_found")


def test_who_asks_for_no_page_gets_none(api: ApiServer) -> None:
    assert api.call("GET", "/journeys/welcome", headers={"Accept": "application/json"}).code == "not_found"
    assert api.call("POST", "/journeys/welcome", headers=PAGE).status == 404


@BUILT_ONLY
def test_assets_are_kept_for_ever_and_the_page_is_not(api: ApiServer) -> None:
    asset = next((BUILT / "assets").glob("index-*.js"))
    answer = api.call("GET", f"/assets/{asset.name}")
    assert (answer.status, answer.body) == (200, asset.read_bytes())
    assert "immutable" in answer.headers["cache-control"]
    assert api.call("GET", "/", headers=PAGE).headers["cache-control"] == "no-cache"
    assert api.call("GET", "/.made-from").status == 404


@BUILT_ONLY
@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("identity", None)],
)
def test_files_are_sent_as_small_as_the_browser_takes_them(
    api: ApiServer, accepted: str, encoding: str | None
) -> None:
    asset = next((BUILT / "assets").glob("index-*.js"))
    answer = api.call("GET", f"/assets/{asset.name}", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    sent = gzip.decompress(answer.body) if encoding == "gzip" else answer.body
    assert len(sent) < asset.stat().st_size / 2 if encoding == "br" else sent == asset.read_bytes()


@BUILT_ONLY
def test_what_is_bundled_is_named_with_its_licence(api: ApiServer) -> None:
    told = api.call("GET", "/licences.txt")
    assert told.status == 200
    assert told.headers["content-type"].startswith("text/plain")
    assert "Apache License 2.0" in told.body.decode()
    wanted = json.loads((ROOT / "ui" / "package.json").read_text())["dependencies"]
    for name, version in wanted.items():
        assert f"{name} {version} (MIT)" in told.body.decode(), name


def test_the_types_of_the_application_are_those_of_the_api() -> None:
    document = json.dumps(describe(route for router in ROUTERS for route in router.routes))
    made_from = (ROOT / "ui" / "src" / "api" / "schema.made-from").read_text().strip()
    assert made_from == hashlib.sha256(document.encode()).hexdigest(), "run `python scripts/ui.py types`"
