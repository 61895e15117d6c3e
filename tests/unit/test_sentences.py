"""The server's sentences in three languages: none is missing, none loses a value, and each is found again."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import parcours
from parcours.api.sentences import NAME, blocks, in_language
from parcours.domain.accounts import LANGUAGES, Language
from parcours.domain.alerts import ALERTS
from parcours.domain.catalogue import CATALOGUE
from parcours.domain.options import OPTIONS

BLOCKS = list(blocks())


def test_every_sentence_stands_in_every_language_with_the_same_values() -> None:
    for block in BLOCKS:
        assert set(block.texts) == set(LANGUAGES), block.texts
        names = {language: {name for name, _ in NAME.findall(text)} for language, text in block.texts.items()}
        # A translation may leave a value out, never bring one in.
        assert names["sv"] <= names["en"] >= names["fr"], block.texts


def test_no_sentence_stands_twice() -> None:
    found = [NAME.sub("{}", block.texts["en"]).removesuffix(".").lower() for block in BLOCKS]
    assert sorted(found) == sorted(set(found))


@pytest.mark.parametrize("language", ["sv", "fr"])
def test_every_code_of_the_catalogue_has_its_texts(language: Language) -> None:
    said = {text for entry in CATALOGUE.values() for text in (entry.meaning, entry.remedy) if text}
    said |= {text for _, meaning, remedy in ALERTS.values() for text in (meaning, remedy)}
    said |= {option.meaning for option in OPTIONS.values()}
    assert sorted(text for text in said if in_language(text, language) == text) == []


@pytest.mark.parametrize(
    ("english", "swedish", "french"),
    [
        (
            "the next timer is due; 1,234 people due within the hour",
            "nästa väntan är över; 1\u00a0234 personer står i tur inom en timme",
            "la prochaine attente s'achève ; 1\u202f234 personnes dans l'heure",
        ),
        (
            "it finishes when the last of 1 person leaves",
            "det slutförs när den sista av 1 person har lämnat",
            "il se termine quand la dernière de 1 personne est sortie",
        ),
        ("There is no journey a.b.", "Det finns inget flöde a.b.", "Il n'y a pas de parcours a.b."),
        (
            'the entry filter: (the person\'s plan is "a and b" and not (belongs to the audience staff))',
            'ingångens filter: (personens plan är "a and b" och inte (hör till målgruppen staff))',
            "le filtre d'entrée : (plan de la personne est \"a and b\" et pas (appartient à l'audience staff))",
        ),
        (
            "has done Order at least 3 times within the last 30 days, where the event's total is more than 100",
            "har gjort Order minst 3 gånger under de senaste 30 dagar, där händelsens total är mer än 100",
            "a fait Order au moins 3 fois dans les 30 jours passés, où total de l'événement est supérieur à 100",
        ),
        (
            "Nobody else is an admin, so nobody could undo it: a@b.se",
            "Ingen annan är administratör, så ingen skulle kunna ångra det: a@b.se",
            "Personne d'autre n'est administrateur, donc personne ne pourrait l'annuler : a@b.se",
        ),
        # Of a publish plan; names of a file stay.
        (
            "`a`: branch 1 ({field: profile.plan, is: pro}) goes to `x`, not out",
            "`a`: gren 1 ({field: profile.plan, is: pro}) leder till `x`, inte ut",
            "`a` : branche 1 ({field: profile.plan, is: pro}) mène à `x`, pas dehors",
        ),
        (
            "`late` is new: wait, behind `hello`, `more`",
            "`late` är nytt: wait, efter `hello`, `more`",
            "`late` est nouveau : wait, après `hello`, `more`",
        ),
        (
            "`a`: the same branches in another order",
            "`a`: samma grenar i en annan ordning",
            "`a` : les mêmes branches dans un autre ordre",
        ),
        (
            "`a` was a wait and is an email",
            "`a` var ”Vänta” och är ”E-post”",
            "`a` était « Attendre » et est « E-mail »",
        ),
        # What somebody wrote stays as it is, in a sentence and alone.
        (
            "close, given by user:anna@example.com: it is closed",
            "stäng för nya deltagare, av user:anna@example.com: it is closed",
            "fermer aux nouvelles entrées, par user:anna@example.com : it is closed",
        ),
        ("Nothing that we say", "Nothing that we say", "Nothing that we say"),
    ],
)
def test_values_are_put_into_the_other_language(english: str, swedish: str, french: str) -> None:
    assert in_language(english, "en") == english
    assert in_language(english, "sv") == swedish
    assert in_language(english, "fr") == french


# What people see at the command line or in a log alone.
ELSEWHERE = (
    "watch/doctor.py",
    "intake/orders.py",
    "intake_description.py",
    "api/server.py",
    "preference_pages.py",
)
WORD = re.compile("[a-z]{2}")  # without one there is nothing to be said but values
SOURCE = Path(parcours.__file__).parent
PLACES: dict[str, tuple[int | str, ...]] = {
    "ParcoursError": (1, "hint"),
    "problem_at": (3, 4),
    "Problem": (3, 4),
}


def test_every_message_of_an_error_or_problem_has_its_texts() -> None:
    files = [file for room in ("domain", "service", "api") for file in sorted((SOURCE / room).rglob("*.py"))]
    found = {
        text
        for file in files
        if not file.as_posix().endswith(ELSEWHERE)
        for text in _written(file)
        if WORD.search(text)
    }
    assert len(found) > 400
    # One that ends with a space goes on with a list.
    whole = {f"{text}7" if text.endswith(" ") else text for text in found}
    assert sorted(text for text in whole if in_language(text, "sv") == text) == []


def _written(file: Path) -> Iterator[str]:
    """Yield messages and hints that stand where an error or a problem is made, a word in place of each value."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PLACES:
            named = {word.arg: word.value for word in node.keywords}
            for place in PLACES[node.func.id]:
                at = named.get(place) if isinstance(place, str) else (*node.args, *[None] * 5)[place]
                yield from _text(at)
        elif isinstance(node, ast.Assign):
            yield from _named(node.targets[0], node.value)


def _named(target: ast.expr, value: ast.expr) -> Iterator[str]:
    """Yield what is kept under `message` or `hint` until it is used."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, kept in zip(target.elts, value.elts, strict=True):
            yield from _named(one, kept)
    elif isinstance(target, ast.Name) and target.id in ("message", "hint"):
        yield from _text(value)


def _text(node: ast.expr | None) -> Iterator[str]:
    """Yield a text as it may come out: both sides of a choice, 7 in place of each value."""
    if isinstance(node, ast.IfExp):
        yield from (*_text(node.body), *_text(node.orelse))
    elif isinstance(node, ast.BoolOp):
        yield from (text for one in node.values for text in _text(one))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
