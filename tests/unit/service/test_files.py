from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcours.domain.checks import check_journey, not_available
from parcours.domain.journey import ManualTrigger
from parcours.service.editing.files import LoadedFile, load_documents, load_text
from support.documents import JOURNEYS, Document

WELCOME = Path(__file__).parents[1] / "domain" / "welcome.yaml"


def load(folder: Path, text: str | bytes, name: str = "j.yaml") -> LoadedFile:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    (loaded,) = load_documents([path])
    return loaded


def codes(loaded: LoadedFile) -> list[str]:
    return [problem.code for problem in loaded.problems]


def test_the_whole_format_is_read(tmp_path: Path) -> None:
    (tmp_path / "hello.mjml").write_text("<mjml>{{ unsubscribe_url }}</mjml>")
    loaded = load(tmp_path, WELCOME.read_text())
    assert loaded.problems == ()
    assert loaded.journey is not None
    assert loaded.journey.templates == {"hello.mjml": "<mjml>{{ unsubscribe_url }}</mjml>"}
    assert loaded.journey.entry.triggers[3] == ManualTrigger()
    assert check_journey(loaded.journey) == []
    assert not_available(loaded.journey) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("true", True),
        ("False", False),
        ("tRue", "tRue"),
        ("~", None),
        ("Null", None),
        ("", None),
        ("12", 12),
        ("012", 12),
        ("0o14", 12),
        ("0xfF", 255),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("190:20:30", "190:20:30"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-1.", -1.0),
        ("2026-12-01", "2026-12-01"),
        ("2026-12-01T08:00:00", "2026-12-01T08:00:00"),
        ("2026-12-01 08:00:00", "2026-12-01 08:00:00"),
        ("<<", "<<"),
        ("=", "="),
        ('"12"', "12"),
        ("'true'", "true"),
        ("!!str 12", "12"),
        ("!!float 12", 12.0),
    ],
)
def test_scalars_are_those_of_the_core_schema(text: str, value: object) -> None:
    document, problems = load_text(f"a: {text}")
    assert problems == []
    assert document == {"a": value}
    assert isinstance(document, dict)
    assert type(document["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1, 2", "line 1, column 9"),
        ("a: 1\nb: 'x", "line 2, column 6"),
        ("a: 1\n b: 2", "line 2, column 3"),
        ("a: *x", "line 1, column 4"),
        ("a: !!python/object:os.system x", "line 1, column 4"),
        ("a: !!timestamp 2026-01-01", "line 1, column 4"),
        ("a: !!int x", "line 1, column 4"),
        ("[a, b]: 1", "line 1, column 1"),
        ("a: 1\n---\nb: 2", "line 2, column 1"),
        ("a: \x01", "line 1"),
        ("a: " + "9" * 5_000, ""),
        ("[" * 20_000, ""),
        ("a: &x [1]\nb: [" + "*x, " * 101 + "]", "line 2, column 405"),
    ],
)
def test_broken_yaml_is_told_with_its_place(text: str, place: str) -> None:
    document, problems = load_text(text)
    assert document is None
    assert [(p.code, p.place) for p in problems] == [("malformed_file", place)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": ', "line 1, column 7"),
        ('{"a": 1,\n}', "line 2, column 1"),
        ("[" * 200_000, ""),
        ("", "line 1, column 1"),
    ],
)
def test_broken_json_is_told_with_its_place(text: str, place: str) -> None:
    document, problems = load_text(text, is_json=True)
    assert document is None
    assert [(p.code, p.place) for p in problems] == [("malformed_file", place)]


def test_every_key_that_is_said_twice_is_told() -> None:
    document, problems = load_text("a: 1\nb: {c: 1, c: 2}\na: 2")
    assert document == {"a": 1, "b": {"c": 1}}
    assert [(p.code, p.place) for p in problems] == [
        ("duplicate_key", "line 2, column 11"),
        ("duplicate_key", "line 3, column 1"),
    ] or [p.place for p in problems] == ["line 3, column 1", "line 2, column 11"]
    assert [p.code for p in load_text('{"a": 1, "a": 2}', is_json=True)[1]] == ["duplicate_key"]


def test_duplicate_steps_are_told(tmp_path: Path) -> None:
    loaded = load(tmp_path, "journey: j\nsteps:\n  a: {end: {}}\n  a: {end: {}}\n")
    assert codes(loaded) == ["duplicate_key"]
    assert loaded.journey is not None


def test_aliases_that_multiply_or_go_round_end(tmp_path: Path) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{b}: &{b} [{','.join(f'*{a}' for _ in range(9))}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "too_large" in codes(load(tmp_path, bomb))
    assert "too_deep" in codes(load(tmp_path, "journey: &j [*j]\n"))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"journey: \xff", "bad_encoding"),
        ("journey: j".encode("utf-16"), "bad_encoding"),
        (b"journey: a\0b", "bad_text"),
        (b'journey: "a\\0b"', "bad_text"),
        (b"#" * 1_000_001, "file_too_large"),
        (b"", "wrong_type"),
        (b"- journey: j", "wrong_type"),
    ],
)
def test_files_that_cannot_be_journeys(tmp_path: Path, data: bytes, code: str) -> None:
    loaded = load(tmp_path, data)
    assert code in codes(loaded)
    assert loaded.journey is None


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    assert load(tmp_path, b"\xef\xbb\xbfjourney: j\nsteps: {a: {end: {}}}").problems == ()


def test_files_that_are_not_there(tmp_path: Path) -> None:
    assert [codes(file) for file in load_documents([tmp_path / "no.yaml", tmp_path])] == [
        ["unreadable_file"]
    ] * 2


def test_audiences_and_journeys_stand_in_one_list(tmp_path: Path) -> None:
    texts = {
        "a.yaml": "audience: vip\nmembers: [u1]",
        "b.json": '{"journey": "j", "steps": {"a": {"end": {}}}}',
        "c.yaml": "audience: vip",
        "d.yaml": "journey: j\nsteps: {a: {end: {}}}",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    files = load_documents([tmp_path / name for name in texts])
    assert [codes(file) for file in files] == [[], [], ["duplicate_audience"], ["duplicate_journey"]]
    assert files[0].audience is not None
    assert files[0].audience.members == ("u1",)
    assert files[1].journey is not None


MAIL = "journey: j\nsteps:\n  a: {email: {template: %s}}\n"


def test_templates_are_read_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "a.html").write_text("Hello å", encoding="utf-8")
    loaded = load(tmp_path, MAIL % "mails/a.html")
    assert loaded.problems == ()
    assert loaded.journey is not None
    assert loaded.journey.templates == {"mails/a.html": "Hello å"}


@pytest.mark.parametrize(
    ("template", "data", "code"),
    [
        ("a.html", None, "template_missing"),
        ("a.html", b"\xff", "bad_encoding"),
        ("a.html", b"a\0b", "bad_text"),
        ("a.html", b"x" * 1_000_001, "file_too_large"),
        ("../a.html", None, "template_outside"),
        ("/etc/hostname", None, "template_outside"),
        ("x" * 199 + "å", None, "template_missing"),
        ("å" * 190, None, "template_missing"),
        (".", None, "template_missing"),
    ],
)
def test_templates_that_cannot_be_read(tmp_path: Path, template: str, data: bytes | None, code: str) -> None:
    if data is not None:
        (tmp_path / template).write_bytes(data)
    loaded = load(tmp_path, MAIL % template)
    (problem,) = loaded.problems
    assert (problem.code, problem.place, problem.step_id) == (code, "steps.a.email.template", "a")
    if code == "template_missing":
        assert loaded.journey is not None
        assert problem in check_journey(loaded.journey)


def test_a_link_does_not_lead_outside(tmp_path: Path) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (folder / "a.html").symlink_to(tmp_path / "secret")
    (folder / "b.html").symlink_to(folder / "b.html")
    assert codes(load(folder, MAIL % "a.html")) == ["template_outside"]
    assert codes(load(folder, MAIL % "b.html")) == ["template_outside"]


@given(JOURNEYS)
def test_json_is_yaml(document: Document) -> None:
    text = json.dumps(document, ensure_ascii=False)
    if all(char.isprintable() for char in text):
        assert load_text(text) == load_text(text, is_json=True)


@given(st.text(max_size=200) | st.text("[]{}:,-&*!|>'\"\n# ab1", max_size=40))
def test_loading_never_raises(text: str) -> None:
    for is_json in (False, True):
        document, problems = load_text(text, is_json=is_json)
        assert document is None or isinstance(document, dict | list | str | int | float | bool)
        assert all(problem.code in {"malformed_file", "duplicate_key", "bad_text"} for problem in problems)
