"""Pages for readers of mails: unsubscribe, by one click too (RFC 8058), and choose. Opening one changes nothing."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from parcours.api.preference_pages import invalid_page, preferences_page, stopped_page, unsubscribe_page
from parcours.api.preference_words import language_of
from parcours.api.security import Declared, installed_of
from parcours.service.consent.links import Reader, choose, open_link, stop
from parcours.store.database import Connection

__all__ = ["preference_routes"]

_LONGEST: Final = 65_536  # bytes of a form


def preference_routes() -> list[Declared]:
    """Return the routes. Whoever holds a signed link may use it; nobody else is asked for."""
    return [
        _route("/unsubscribe/{token}", _ask_unsubscribe, "GET", "Ask whether mails of a type shall stop"),
        _route("/unsubscribe/{token}", _unsubscribe, "POST", "Stop mails of a type, or all advertising"),
        _route("/preferences/{token}", _show, "GET", "Show which mails somebody gets"),
        _route("/preferences/{token}", _save, "POST", "Choose which mails one gets"),
    ]


def _route(path: str, endpoint: Any, method: str, summary: str) -> Declared:
    page = {"text/html": {"schema": {"type": "string"}}}
    operation: dict[str, Any] = {
        "summary": summary,
        "description": "A page for readers of mails; the token comes from a link in a mail.",
        "tags": ["preferences"],
        "parameters": [
            {"name": "token", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "lang", "in": "query", "schema": {"type": "string", "enum": ["en", "sv", "fr"]}},
        ],
        "responses": {
            "200": {"description": "The page.", "content": page},
            "404": {"description": "The link is not valid, or not any more.", "content": page},
        },
    }
    if method == "POST":
        form = {"schema": {"type": "object", "additionalProperties": True}}
        kinds = ("application/x-www-form-urlencoded", "multipart/form-data")
        operation["requestBody"] = {"content": dict.fromkeys(kinds, form)}
    return Declared(path, endpoint, need="public", operation=operation, methods=(method,), checks_itself=True)


async def _ask_unsubscribe(request: Request) -> Response:
    async with installed_of(request).database.transaction() as connection:
        reader = await _reader(request, connection)
    language = _language(request, reader)
    if reader is None:
        return invalid_page(language)
    return unsubscribe_page(reader, _token(request), language)


async def _unsubscribe(request: Request) -> Response:
    """Stop at once. Whatever is posted stops the type of the link; only our own form asks for more."""
    form = await _form(request)
    everything = form.get("scope") == ["all"]
    by_what = "page" if "scope" in form else "one_click"
    installed = installed_of(request)
    async with installed.database.transaction() as connection:
        reader = await _reader(request, connection)
        if reader is not None:
            await stop(connection, reader, installed.clock.now(), everything=everything, by_what=by_what)
    language = _language(request, reader)
    if reader is None:
        return invalid_page(language)
    return stopped_page(reader, _token(request), language, everything=everything)


async def _show(request: Request) -> Response:
    async with installed_of(request).database.transaction() as connection:
        reader = await _reader(request, connection)
    language = _language(request, reader)
    return invalid_page(language) if reader is None else preferences_page(reader, language)


async def _save(request: Request) -> Response:
    form = await _form(request)
    installed = installed_of(request)
    async with installed.database.transaction() as connection:
        reader = await _reader(request, connection)
        if reader is not None and "save" in form:
            wanted = frozenset(form.get("type", ()))
            await choose(connection, reader, wanted, installed.clock.now(), nothing="none" in form)
            reader = await _reader(request, connection)
    language = _language(request, reader)
    if reader is None:
        return invalid_page(language)
    return preferences_page(reader, language, saved="save" in form)


def _token(request: Request) -> str:
    return str(request.path_params["token"])


async def _reader(request: Request, connection: Connection) -> Reader | None:
    return await open_link(connection, _token(request), buckets=installed_of(request).buckets)


async def _form(request: Request) -> dict[str, list[str]]:
    """Return the fields of our own forms; what else is posted has none."""
    if (
        request.headers.get("content-type", "").partition(";")[0].strip()
        != "application/x-www-form-urlencoded"
    ):
        return {}
    body = (await request.body())[:_LONGEST]
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000)


def _language(request: Request, reader: Reader | None) -> str:
    own = reader.language if reader is not None else None
    return language_of(request.query_params.get("lang"), own, request.headers.get("accept-language", ""))
