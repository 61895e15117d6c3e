"""What a mail holds when it arrives: MJML and attached files, from the files of an author to the mail server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from uuid import UUID

import pytest
import yaml

from parcours.channels.template import Renderer
from parcours.engine.composing import compose_email
from parcours.engine.content import Claimed
from parcours.engine.versions import Versions
from parcours.service.editing.files import load_documents
from support.cli import Cli
from support.runner import email, journey
from support.worker import Document, Installation, installed, line, people

MJML = """<mjml><mj-body><mj-section><mj-column>
<mj-text>Dear {{ profile.name | default: "friend" }}{% if event.n > 1 %}, again{% endif %}</mj-text>
</mj-column></mj-section></mj-body></mjml>"""
TERMS = bytes(range(256)) * 1000
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
FILES = {"terms.pdf": TERMS, "bilagor/Köpvillkor på svenska.csv": "å;b\n".encode()}


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Installation]:
    async with installed(database_url, "one") as installation:
        await installation.feed(*people("u", range(4)))
        yield installation


def carrying(*files: str) -> Document:
    hello = email(template="hello.mjml", attachments=list(files))
    del hello["email"]["text"]
    return journey({"hello": hello, "bye": email()}, "j")


def mails(here: Installation) -> list[EmailMessage]:
    found = [BytesParser(policy=policy.default).parsebytes(kept.payload) for kept in here.sink.kept]
    assert all(isinstance(message, EmailMessage) for message in found)
    return found


async def test_mjml_and_files_arrive(here: Installation) -> None:
    here.sink.keep = True
    await here.publish(carrying(*FILES), templates={"hello.mjml": MJML}, attachments=FILES)
    await here.feed(line("track", "u1", "Go", n=2), line("track", "u2", "Go"))
    await here.until("SELECT count(*) FROM parcours.message WHERE state = 'sent'", 4)
    assert {m.get_content_type() for m in mails(here)} == {"multipart/mixed", "text/plain"}
    for message in (m for m in mails(here) if m.is_multipart()):
        files = {part.get_filename(): part.get_payload(decode=True) for part in message.iter_attachments()}
        assert files == {"terms.pdf": TERMS, "Köpvillkor på svenska.csv": "å;b\n".encode()}
        html = message.get_body(("html",))
        assert html is not None
        assert "<table" in html.get_content()
    texts = [m.get_body(("plain",)).get_content() for m in mails(here) if m.is_multipart()]  # type: ignore[union-attr]
    assert sorted(texts) == ["Dear friend\r\n", "Dear friend, again\r\n"]


async def test_a_draft_keeps_its_own_files_and_cannot_be_published_without(here: Installation) -> None:
    await here.publish(carrying("terms.pdf"), templates={"hello.mjml": MJML}, attachments=FILES)
    await here.apply(carrying("terms.pdf"), templates={"hello.mjml": MJML})
    refused = await here.command("j", "publish")
    assert refused.result.refused is not None
    assert "attachment_missing" in refused.result.message
    stored = """SELECT v.version_no, a.name, octet_length(a.data)
        FROM parcours.attachment a JOIN parcours.version v USING (version_id)"""
    assert sorted(await here.rows(stored)) == [
        (1, "bilagor/Köpvillkor på svenska.csv", 5),
        (1, "terms.pdf", 256_000),
    ]


async def test_a_server_that_takes_less_rejects_the_mail_by_its_whole_size(here: Installation) -> None:
    here.sink.extensions = ("SIZE 200000",)
    await here.publish(carrying("terms.pdf"), templates={"hello.mjml": MJML}, attachments=FILES)
    await here.feed(line("track", "u1", "Go"))
    await here.until("SELECT state FROM parcours.message", "rejected")
    assert "the server takes 200000" in await here.one("SELECT detail FROM parcours.message")


def test_files_stand_beside_the_journey_file_and_have_limits(tmp_path: Path) -> None:
    folder = tmp_path / "journeys"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("x")
    (folder / "big.bin").write_bytes(b"x" * 10_000_001)
    (folder / "half.bin").write_bytes(b"x" * 5_000_001)
    (folder / "other.bin").write_bytes(b"x" * 5_000_000)
    file = folder / "j.yaml"
    names = ["../secret.txt", "none.pdf", "big.bin"]
    file.write_text(
        yaml.safe_dump(journey({"a": email(attachments=names), "b": email(attachments=["half.bin"])}, "j"))
    )
    [loaded] = load_documents([file])
    assert [(p.code, p.place) for p in loaded.problems] == [
        ("attachment_outside", "steps.a.email.attachments[0]"),
        ("attachment_missing", "steps.a.email.attachments[1]"),
        ("file_too_large", "steps.a.email.attachments[2]"),
    ]
    assert loaded.journey is not None
    assert list(loaded.journey.attachments) == ["half.bin"]


def test_the_files_of_one_mail_have_a_limit_together(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cli = Cli(capsys, tmp_path)
    (tmp_path / "half.bin").write_bytes(b"x" * 5_000_001)
    (tmp_path / "other.bin").write_bytes(b"x" * 5_000_000)
    steps = {"a": email(attachments=["half.bin", "other.bin"]), "b": email(attachments=["other.bin"])}
    answer = cli("check", "--json", cli.file("j.yaml", journey(steps, "j")))
    assert answer.status == 1
    errors = [(p["code"], p["place"]) for p in answer.json if p["severity"] == "error"]
    assert errors == [("attachments_too_large", "steps.a.email.attachments")]


async def test_what_is_encoded_once_serves_every_mail(here: Installation) -> None:
    await here.publish(carrying("terms.pdf"), templates={"hello.mjml": MJML}, attachments=FILES)
    versions = Versions()
    version_id = await here.one("SELECT version_id FROM parcours.version")
    async with here.database.transaction() as connection:
        version = await versions.get(connection, version_id)
        assert (await versions.get(connection, version_id)).attached is version.attached
    composed = [compose_email(claimed(version_id, number), version, Renderer()).outgoing for number in (1, 2)]
    assert composed[0].tail is composed[1].tail is version.attached["hello"].tail
    assert len(composed[0].payload) < 10_000
    assert len(composed[0].tail) > len(TERMS)


def claimed(version_id: int, number: int) -> Claimed:
    return Claimed(
        0,
        UUID(int=number),
        version_id,
        UUID(int=0),
        1,
        "hello",
        "a@example.com",
        0,
        NOW,
        {},
        "a",
        None,
        {},
        NOW,
    )
