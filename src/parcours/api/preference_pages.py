"""The pages for readers of mails as HTML: no script, no picture, nothing from elsewhere; readable by any reader."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Final

from starlette.responses import HTMLResponse

from parcours.api.preference_words import WORDS
from parcours.service.consent.links import Reader

__all__ = ["invalid_page", "preferences_page", "stopped_page", "unsubscribe_page"]

STYLE: Final = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:0 auto;padding:1.5rem;color:#1b1b1b;background:#fff}"
    "h1{font-size:1.6rem;line-height:1.25}nav{display:flex;gap:1rem;font-size:.95rem}"
    "fieldset{border:1px solid #767676;border-radius:.4rem;margin:1rem 0;padding:.5rem 1rem}"
    "label{display:block;padding:.4rem 0}small{display:block;color:#4a4a4a}"
    "button{font:inherit;padding:.6rem 1.2rem;margin:.4rem .6rem .4rem 0;border:2px solid #0b4f9c;border-radius:.4rem;"
    "background:#0b4f9c;color:#fff;cursor:pointer}button.second{background:#fff;color:#0b4f9c}"
    "a{color:#0b4f9c}:focus-visible{outline:3px solid #b35900;outline-offset:2px}"
    "[role=status]{border-left:.3rem solid #1a7f37;padding:.3rem 1rem}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}small{color:#c4c4c4}a{color:#8ab8ff}"
    "button{background:#8ab8ff;border-color:#8ab8ff;color:#10141c}button.second{background:#161616;color:#8ab8ff}}"
)
_HASH: Final = b64encode(sha256(STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept-Language",
}


def unsubscribe_page(reader: Reader, token: str, language: str) -> HTMLResponse:
    """Ask whether mails of the link's type shall stop. Nothing has been changed yet."""
    words = WORDS[language]
    linked = reader.linked
    asks = (
        words["question_all"] if linked is None else words["question"].format(name=linked.type.name(language))
    )
    buttons = [_button("all", words["stop_all"], second=linked is not None)]
    if linked is not None:
        buttons.insert(0, _button("type", words["stop"]))
    body = [
        f"<p>{escape(asks)}</p>", _address(reader, words["address"]),
        f'<form method="post" action="?lang={language}">{"".join(buttons)}</form>',
        _to_preferences(token, language),
    ]  # fmt: skip
    return _page(words["unsubscribe"], body, language)


def stopped_page(reader: Reader, token: str, language: str, *, everything: bool) -> HTMLResponse:
    """Say that it is done."""
    words = WORDS[language]
    linked = reader.linked
    done = words["stopped_all"]
    if linked is not None and not everything:
        done = words["stopped"].format(name=linked.type.name(language))
    body = [
        f'<p role="status">{escape(done)}</p>', f"<p>{escape(words['soon'])}</p>", _address(reader, words["address"]),
        _to_preferences(token, language),
    ]  # fmt: skip
    return _page(words["unsubscribe"], body, language)


def preferences_page(reader: Reader, language: str, *, saved: bool = False) -> HTMLResponse:
    """Show every type, whether mails of it come, and the choice of none at all."""
    words = WORDS[language]
    boxes = []
    for number, one in enumerate(reader.choices):
        name, about = escape(one.type.name(language)), escape(one.type.description(language))
        hint = f'<small id="about{number}">{about}</small>' if about else ""
        described = f' aria-describedby="about{number}"' if about else ""
        boxes.append(_box("type", one.type.key, f"{name}{hint}", described, ticked=one.gets))
    kinds = "".join(boxes) or f"<p>{escape(words['nothing'])}</p>"
    none = f'{escape(words["none"])}<small id="none">{escape(words["none_hint"])}</small>'
    nothing = _box("none", "1", none, ' aria-describedby="none"', ticked=reader.nothing)
    body = [
        f'<p role="status">{escape(words["saved"])}</p>' if saved else "", _address(reader, words["address"]),
        f'<form method="post" action="?lang={language}">',
        f"<fieldset><legend>{escape(words['kinds'])}</legend>{kinds}</fieldset>{nothing}",
        f'<button name="save" value="1">{escape(words["save"])}</button></form>',
    ]  # fmt: skip
    return _page(words["preferences"], body, language)


def invalid_page(language: str) -> HTMLResponse:
    """Say that a link is none of ours, or not any more."""
    words = WORDS[language]
    return _page(words["invalid"], [f"<p>{escape(words['invalid_hint'])}</p>"], language, status=404)


def _page(title: str, body: list[str], language: str, *, status: int = 200) -> HTMLResponse:
    switch = " ".join(
        f'<span aria-current="true">{words["language"]}</span>'
        if other == language
        else f'<a href="?lang={other}" hreflang="{other}" lang="{other}">{words["language"]}</a>'
        for other, words in WORDS.items()
    )
    text = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head>'
        f'<body><nav aria-label="{escape(WORDS[language]["languages"])}">{switch}</nav>'
        f"<main><h1>{escape(title)}</h1>{''.join(body)}</main></body></html>"
    )
    return HTMLResponse(text, status, {**HEADERS, "Content-Language": language})


def _button(scope: str, text: str, *, second: bool = False) -> str:
    kind = ' class="second"' if second else ""
    return f'<button name="scope" value="{scope}"{kind}>{escape(text)}</button>'


def _box(name: str, value: str, text: str, described: str, *, ticked: bool) -> str:
    checked = " checked" if ticked else ""
    return f'<label><input type="checkbox" name="{name}" value="{escape(value)}"{described}{checked}> {text}</label>'


def _address(reader: Reader, words: str) -> str:
    return "" if reader.address is None else f"<p>{escape(words.format(address=reader.address))}</p>"


def _to_preferences(token: str, language: str) -> str:
    return f'<p><a href="/preferences/{escape(token)}?lang={language}">{escape(WORDS[language]["choose"])}</a></p>'
