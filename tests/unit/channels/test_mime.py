"""What the MIME writer writes, read back by the standard library's parser."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from parcours.channels.mime import build
from parcours.domain.errors import ParcoursError

ID = UUID("0e37df36-f698-11e6-8dd4-cb9ced3df976")
DATE = datetime(2026, 10, 25, 2, 30, 15, tzinfo=UTC)

# Unicode text without control characters (refused in headers) and lone surrogates (not text).
line = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=200)
ascii_line = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300)
body = st.text(st.characters(exclude_categories=["Cs"]), max_size=3000) | st.text(
    st.sampled_from("ab \t.=-_<>&åß漢😀\r\n\0"), max_size=3000
)


def written(**changes: Any) -> bytes:
    arguments: dict[str, Any] = {
        "message_id": ID,
        "date": DATE,
        "sender": "Anna <anna@example.com>",
        "to": "bo@example.org",
        "subject": "Welcome",
        "text": "Hello\n",
        "html": "<p>Hello</p>\n",
    }
    return build(**(arguments | changes))


def parsed(data: bytes) -> EmailMessage:
    for row in data.split(b"\r\n"):
        assert len(row) <= (76 if row.lstrip().startswith(b"=?") else 998)
        assert b"\r" not in row
        assert b"\n" not in row
    assert data.isascii()
    message = BytesParser(policy=policy.default).parsebytes(data)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert not part.defects
        assert all(not getattr(value, "defects", ()) for value in part.values())
    return message


def read(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def canonical(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def test_a_plain_mail_reads_like_one() -> None:
    assert written(headers={"X-Journey": "welcome"}, reply_to="Help <help@example.com>").decode() == (
        'From: "Anna" <anna@example.com>\r\n'
        "To: bo@example.org\r\n"
        'Reply-To: "Help" <help@example.com>\r\n'
        "Subject: Welcome\r\n"
        "Date: Sun, 25 Oct 2026 02:30:15 +0000\r\n"
        "Message-ID: <0e37df36-f698-11e6-8dd4-cb9ced3df976@example.com>\r\n"
        "X-Journey: welcome\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="=_0e37df36f69811e68dd4cb9ced3df976"\r\n'
        "\r\n"
        "--=_0e37df36f69811e68dd4cb9ced3df976\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "Hello\r\n\r\n"
        "--=_0e37df36f69811e68dd4cb9ced3df976\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "<p>Hello</p>\r\n\r\n"
        "--=_0e37df36f69811e68dd4cb9ced3df976--\r\n"
    )


@given(line | ascii_line)
@example("=?utf-8?q?not_encoded?=")
@example(" leading, trailing ")
@example("two  spaces")
@example("x" * 400)
@example("Tack för din beställning " * 12)
def test_the_subject_comes_back(subject: str) -> None:
    message = parsed(written(subject=subject))
    assert message["Subject"] == subject


@given(line | ascii_line)
@example('Anna "Ann" \\ Berg')
@example("Anna, Bo; Co: <x>")
@example("Åsa Öberg")
@example("x" * 400)
def test_the_display_name_comes_back(name: str) -> None:
    assume(name == " ".join(name.split(" ")).strip())
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    data = written(sender=f'"{quoted}" <anna@example.com>', reply_to=f'"{quoted}" <r@x.se>')
    message = parsed(data)
    older = BytesParser(policy=policy.compat32).parsebytes(data)
    for header, spec in (("From", "anna@example.com"), ("Reply-To", "r@x.se")):
        (address,) = message[header].addresses
        assert address.addr_spec == spec
        if name.isascii() and len(name) <= 50 and "=?" not in name:
            assert address.display_name == name
        else:  # the new parser puts spaces between encoded words of a name (RFC 2047, 6.2 forbids it)
            assert str(make_header(decode_header(older[header]))) == f"{name} <{spec}>".lstrip()
            assert address.display_name.replace(" ", "") == name.replace(" ", "")


@given(body, body)
@example("--=_0e37df36f69811e68dd4cb9ced3df976--\r\n", ".\n..\n")
@example("x" * 999, "y" * 998)
def test_both_parts_come_back(text: str, html: str) -> None:
    message = parsed(written(text=text, html=html))
    assert read(message, "plain") == canonical(text)
    assert read(message, "html") == canonical(html)
    assert message.get_content_type() == "multipart/alternative"


@given(body)
def test_a_single_part_comes_back(content: str) -> None:
    for kind, subtype, other in (("text", "plain", "html"), ("html", "html", "text")):
        message = parsed(written(**{kind: content, other: None}))
        assert message.get_content_type() == f"text/{subtype}"
        assert read(message, subtype) == canonical(content)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
@example("Hi\r\nBcc: all@example.com")
@example("Hi\nBcc: all@example.com")
@example("Hi\0")
def test_no_header_can_be_smuggled_in(value: str) -> None:
    names = ["From", "To", "Subject", "Date", "Message-ID", "X-Note", "MIME-Version", "Content-Type"]
    for changes in (
        {"subject": value, "headers": {"X-Note": "a"}},
        {"headers": {"X-Note": value}},
        {"sender": f'"{value}" <a@example.com>', "headers": {"X-Note": "a"}},
    ):
        with suppress(ParcoursError):
            assert parsed(written(**changes)).keys() == names


@pytest.mark.parametrize(
    "headers",
    [
        {"Bcc": "x@x.se"},
        {"content-type": "text/html"},
        {"X Y": "1"},
        {"X:Y": "1"},
        {"": "1"},
        {"X\r\nY": "1"},
    ],
)
def test_headers_of_ours_and_broken_names_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ParcoursError) as caught:
        written(headers=headers)
    assert caught.value.code == "header_unsafe"


@given(line.filter(bool))
def test_an_added_header_comes_back(value: str) -> None:
    name = "X-A-Rather-Long-Name-Of-A-Header-Indeed"
    message = parsed(written(headers={name: value}))
    assert message[name] == value


def test_unsubscribe_headers_follow_the_standards() -> None:
    urls = ["https://example.com/u?t=" + "a" * 300, "mailto:u@example.com?subject=stop"]
    message = parsed(written(unsubscribe=urls, one_click=True))
    assert message["List-Unsubscribe"] == f"<{urls[0]}>, <{urls[1]}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://x.se/ y", "https://x.se/>", "", "https://x.se/\r\n"]
)
def test_what_is_no_url_is_no_way_to_unsubscribe(url: str) -> None:
    with pytest.raises(ParcoursError):
        written(unsubscribe=[url])


def test_the_date_is_written_in_utc_and_the_domain_in_ascii() -> None:
    stockholm = timezone(timedelta(hours=2))
    message = parsed(written(date=datetime(2026, 6, 1, 12, 0, tzinfo=stockholm), to="bo@räksmörgås.se"))
    assert message["Date"] == "Mon, 01 Jun 2026 10:00:00 +0000"
    assert message["To"] == "bo@xn--rksmrgs-5wao1o.se"


def test_the_same_mail_is_the_same_bytes() -> None:
    assert written(html="<p>Å</p>") == written(html="<p>Å</p>")


def test_a_mail_without_content_is_refused() -> None:
    with pytest.raises(ParcoursError) as caught:
        written(text=None, html=None)
    assert caught.value.code == "content_missing"
