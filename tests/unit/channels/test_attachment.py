"""Files on a mail, read back by the standard library's parser."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parcours.channels.attachment import attach, content_type
from parcours.channels.mime import build
from unit.channels.test_mime import DATE, ID, parsed, read

# The parser takes space and brackets from around a name.
names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="/"),
    min_size=1,
    max_size=200,
).filter(lambda name: name == name.strip() and not name.startswith("<"))


def carrying(
    *files: tuple[str, bytes], text: str | None = "Hello\n", html: str | None = None
) -> EmailMessage:
    attached = attach(files)
    head = build(
        message_id=ID, date=DATE, sender="a@example.com", to="b@example.org", subject="Terms",
        text=text, html=html, mixed=attached.mark,
    )  # fmt: skip
    assert head.endswith(b"\r\n")
    assert attached.tail.endswith(b"\r\n")
    assert b"\r\n." not in attached.tail
    return parsed(head + attached.tail)


def files_of(message: EmailMessage) -> list[tuple[str | None, str, bytes]]:
    found = []
    for part in message.iter_attachments():
        assert part.get_content_disposition() == "attachment"
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        found.append((part.get_filename(), part.get_content_type(), data))
    return found


def test_a_mail_carries_its_files_behind_what_is_read() -> None:
    message = carrying(("docs/terms.pdf", b"%PDF"), ("logo.png", b"\x89PNG\r\n.\r\n"), html="<p>Hello</p>")
    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf", "image/png",
    ]  # fmt: skip
    assert files_of(message) == [
        ("terms.pdf", "application/pdf", b"%PDF"),
        ("logo.png", "image/png", b"\x89PNG\r\n.\r\n"),
    ]
    assert read(message, "plain") == "Hello\r\n"
    assert read(message, "html") == "<p>Hello</p>"


def test_one_text_and_a_file_need_no_choice_between_texts() -> None:
    message = carrying(("a.csv", "å;b".encode()))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "text/plain",
        "text/csv",
    ]
    assert read(message, "plain") == "Hello\r\n"


@example([(".", b"")])
@given(st.lists(st.tuples(names, st.binary(max_size=300)), max_size=3))
def test_every_name_and_every_content_arrives(files: list[tuple[str, bytes]]) -> None:
    found = files_of(carrying(*files))
    assert [(name, data) for name, _, data in found] == files


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("terms.pdf", b'filename="terms.pdf"'),
        ("the terms.pdf", b'filename="the terms.pdf"'),
        ('a"b.pdf', b"filename*=utf-8''a%22b.pdf"),
        ("Köp.pdf", b"filename*=utf-8''K%C3%B6p.pdf"),
        ("=?x?=.pdf", b"filename*=utf-8''%3D%3Fx%3F%3D.pdf"),
        ("ö" * 20, b"filename*0*=utf-8''" + b"%C3%B6" * 8),
    ],
)
def test_names_beyond_short_ascii_are_encoded(name: str, parameter: bytes) -> None:
    assert parameter in attach([(name, b"")]).tail


def test_the_same_files_give_the_same_bytes_and_others_another_boundary() -> None:
    assert attach([("a", b"1")]) == attach([("a", b"1")])
    assert attach([("a", b"1")]).mark != attach([("a", b"2")]).mark


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.PDF", b"", "application/pdf"),
        ("a.ics", b"BEGIN:VCALENDAR", "text/calendar; charset=utf-8"),
        ("a.csv", b"\xe5", "text/csv"),
        ("a.eml", b"", "application/octet-stream"),
        ("pdf", b"", "application/octet-stream"),
        ("a.b.xlsx", b"", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_the_name_tells_the_type(name: str, data: bytes, kind: str) -> None:
    assert content_type(name, data) == kind
