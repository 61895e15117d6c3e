"""The pages behind one-time links and invitations: plain HTML, no script, nothing loaded from anywhere.

Looking at such a page does nothing, since mail programs look at links by themselves; its button does.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from html import escape
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from parcours.api.door_texts import TEXTS, Words, language_of
from parcours.api.security import Declared, caller_of, installed_of, keep_session
from parcours.domain.accounts import Language
from parcours.domain.errors import ParcoursError
from parcours.service.access.invitations import accept, look
from parcours.service.access.sessions import SignedIn, sign_in_by_link

__all__ = ["ROUTES"]

CSS: Final = (  # as the web application looks: ui/src/app/theme.ts
    ":root{color-scheme:light dark;--ink:#000;--soft:#495057;--paper:#fff;--ground:#fff;--line:#dee2e6;--sea:#0b6863}"
    "@media(prefers-color-scheme:dark){:root{--ink:#c9c9c9;--soft:#a6a6a6;--paper:#2e2e2e;--ground:#242424;"
    "--line:#424242;--sea:#0f7a75}}"
    "*{box-sizing:border-box}body{margin:0;min-height:100dvh;display:grid;place-items:center;padding:16px;"
    "background:var(--ground);color:var(--ink);"
    "font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',sans-serif}"
    "main{width:400px;max-width:100%;padding:32px;border:1px solid var(--line);border-radius:8px;background:var(--paper)}"
    ".name{font-weight:700;margin:0 0 16px}h1{font-size:26px;line-height:1.35;margin:0 0 8px}"
    "p{margin:0 0 16px}small,.soft{color:var(--soft);font-size:14px}"
    "label{display:block;margin:0 0 16px;font-size:14px;font-weight:500}"
    "input{font:inherit;font-weight:400;font-size:16px;display:block;width:100%;margin-top:4px;padding:7px 12px;"
    "color:var(--ink);background:var(--ground);border:1px solid var(--line);border-radius:8px}"
    "button,.go{font:inherit;font-weight:600;display:block;width:100%;padding:8px 18px;border:0;border-radius:8px;"
    "background:var(--sea);color:#fff;text-align:center;text-decoration:none;cursor:pointer}"
    "form p:last-child,main>p:last-child{margin:0}a:not(.go){color:inherit}"
    ":focus-visible{outline:2px solid var(--sea);outline-offset:2px}"
    ".bad{border-left:4px solid #c0341d;padding-left:12px}"
)
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(sha256(CSS.encode()).digest()).decode()}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
GONE: Final = 410


async def show_link(request: Request) -> Response:
    """Show the button of a one-time link."""
    words, language = _words(request)
    return _page(language, words.sign_in, _form(f"<p>{words.sign_in_why}</p>", words.sign_in))


async def use_link(request: Request) -> Response:
    """Use the link up, and sign in."""
    words, language = _words(request)
    installed = installed_of(request)
    try:
        async with installed.database.transaction() as connection:
            token = request.path_params["token"]
            begun = await sign_in_by_link(connection, token, installed.clock.now(), caller_of(request))
    except ParcoursError as error:
        if error.code != "link_over":
            raise
        return _over(words, language)
    return _in(request, words, language, begun, more=f"<p><a href='/settings'>{words.take_password}</a></p>")


async def show_invitation(request: Request) -> Response:
    """Show whom an invitation is for, and the form that makes the account."""
    return await _invitation(request)


async def use_invitation(request: Request) -> Response:
    """Make the account, and sign in; where the password is not taken, ask for another."""
    words, language = _words(request)
    installed = installed_of(request)
    given = parse_qs((await request.body()).decode("utf-8", "replace"))
    password, name = given.get("password", [""])[0], given.get("name", [""])[0]
    try:
        begun = await accept(
            installed.database, installed.clock, caller_of(request), token=request.path_params["token"],
            password=password, name=name,
            language=language if request.headers.get("accept-language") else None,
        )  # fmt: skip
    except ParcoursError as error:
        if error.code == "invitation_over":
            return _over(words, language)
        if error.code not in ("weak_password", "bad_name"):
            raise
        return await _invitation(request, refused=True)
    return _in(request, words, language, begun)


async def _invitation(request: Request, *, refused: bool = False) -> Response:
    installed = installed_of(request)
    try:
        async with installed.database.transaction() as connection:
            found = await look(connection, request.path_params["token"], installed.clock.now())
    except ParcoursError as error:
        if error.code != "invitation_over":
            raise
        return _over(*_words(request))
    words, language = _words(request, found["language"])
    why = words.invitation_why.format(email=escape(found["email"]), role=words.roles[found["role"]])
    bad = f"<p class='bad' role='alert'>{words.not_taken}</p>" if refused else ""
    fields = (
        f"<p>{why}</p>{bad}<label>{words.name}<input name='name' maxlength='254' autocomplete='name'></label>"
        f"<label>{words.password}<input name='password' type='password' required minlength='12' maxlength='1000' "
        f"autocomplete='new-password' aria-describedby='hint'></label><p id='hint' class='soft'>{words.password_hint}</p>"
    )
    return _page(
        language, words.invitation, _form(fields, words.make_account), status=422 if refused else 200
    )


def _words(request: Request, otherwise: Language | None = None) -> tuple[Words, Language]:
    """Return the words in the language of the browser; where it names none, in that of the invitation."""
    accepted = request.headers.get("accept-language", "")
    language = otherwise if otherwise is not None and not accepted else language_of(accepted)
    return TEXTS[language], language


def _form(inside: str, button: str) -> str:
    return f"<form method='post'>{inside}<p><button>{button}</button></p></form>"


def _over(words: Words, language: Language) -> Response:
    return _page(language, words.over, f"<p>{words.over_why}</p>", status=GONE)


def _in(request: Request, words: Words, language: Language, begun: SignedIn, *, more: str = "") -> Response:
    said = words.signed_in_as.format(email=escape(begun.email))
    body = f"<p>{said}</p><p><a class='go' href='/'>{words.go_on}</a></p>{more}"
    answer = _page(language, words.welcome, body)
    keep_session(request, answer, begun)
    return answer


def _page(language: Language, title: str, body: str, *, status: int = 200) -> Response:
    text = (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'><title>{title} · Parcours</title>"
        f"<meta name='viewport' content='width=device-width'><style>{CSS}</style></head>"
        f"<body><main><p class='name'>Parcours</p><h1>{title}</h1>{body}</main></body></html>"
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
    return HTMLResponse(text, status, headers)


def _operation(summary: str, tag: str, *statuses: int) -> dict[str, Any]:
    page = {"text/html": {"schema": {"type": "string"}}}
    token = {"name": "token", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "summary": summary,
        "tags": [tag],
        "parameters": [token],
        "responses": {str(status): {"description": "A page.", "content": page} for status in statuses},
    }


def _with_form(operation: dict[str, Any]) -> dict[str, Any]:
    form = {"type": "object", "properties": {"name": {"type": "string"}, "password": {"type": "string"}}}
    body = {"content": {"application/x-www-form-urlencoded": {"schema": form}}}
    return operation | {"requestBody": body}


ROUTES: Final = (
    Declared("/link/{token}", show_link, need="public",
             operation=_operation("The page of a one-time sign-in link", "session", 200)),
    Declared("/link/{token}", use_link, need="public", methods=("POST",),
             operation=_operation("Sign in by a one-time link", "session", 200, GONE)),
    Declared("/invitation/{token}", show_invitation, need="public",
             operation=_operation("The page of an invitation", "invitations", 200, GONE)),
    Declared("/invitation/{token}", use_invitation, need="public", methods=("POST",),
             operation=_with_form(_operation("Make the account of an invitation", "invitations", 200, 422, GONE))),
)  # fmt: skip
