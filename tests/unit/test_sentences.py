"""The server's sentences in three languages: none is missing, none loses a value, and each is found again."""

from __future__ import annotations

import pytest

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
