"""What the pages for readers of mails say, in their language."""
# ruff: noqa: RUF001 - apostrophes and quotation marks as the languages write them

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["WORDS", "language_of"]

WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "en": {
            "language": "English",
            "languages": "Language",
            "unsubscribe": "Unsubscribe",
            "preferences": "Your choice of mails",
            "question": "Do you want to get no more mails of the kind “{name}”?",
            "question_all": "Do you want to get no more advertising from us?",
            "address": "This is about {address}.",
            "stop": "Stop these mails",
            "stop_all": "Stop all advertising",
            "stopped": "Done. You will get no more mails of the kind “{name}”.",
            "stopped_all": "Done. You will get no more advertising from us.",
            "soon": "One that is on its way right now may still arrive. Receipts and the like go on to come.",
            "choose": "Choose which mails you want",
            "kinds": "I want to get",
            "none": "No advertising at all",
            "none_hint": "Overrules the choice above.",
            "nothing": "There is nothing to choose yet.",
            "save": "Save",
            "saved": "Saved.",
            "invalid": "This link is not valid",
            "invalid_hint": "Open the link from the latest mail that you got, or answer to that mail.",
        },
        "sv": {
            "language": "Svenska",
            "languages": "Språk",
            "unsubscribe": "Avsluta prenumeration",
            "preferences": "Dina val av utskick",
            "question": "Vill du inte längre få utskick av typen ”{name}”?",
            "question_all": "Vill du inte längre få någon reklam från oss?",
            "address": "Det gäller {address}.",
            "stop": "Avsluta dessa utskick",
            "stop_all": "Avsluta all reklam",
            "stopped": "Klart. Du får inga fler utskick av typen ”{name}”.",
            "stopped_all": "Klart. Du får ingen mer reklam från oss.",
            "soon": "Ett utskick som redan är på väg kan ändå komma fram. Kvitton och liknande fortsätter att komma.",
            "choose": "Välj vilka utskick du vill ha",
            "kinds": "Jag vill få",
            "none": "Ingen reklam alls",
            "none_hint": "Gäller före valen ovan.",
            "nothing": "Det finns inget att välja ännu.",
            "save": "Spara",
            "saved": "Sparat.",
            "invalid": "Länken är inte giltig",
            "invalid_hint": "Öppna länken i det senaste mejlet du fick, eller svara på det mejlet.",
        },
        "fr": {
            "language": "Français",
            "languages": "Langue",
            "unsubscribe": "Se désabonner",
            "preferences": "Vos choix d’e-mails",
            "question": "Ne plus recevoir d’e-mails du type « {name} » ?",
            "question_all": "Ne plus recevoir aucune publicité de notre part ?",
            "address": "Cela concerne {address}.",
            "stop": "Arrêter ces e-mails",
            "stop_all": "Arrêter toute publicité",
            "stopped": "C’est fait. Vous ne recevrez plus d’e-mails du type « {name} ».",
            "stopped_all": "C’est fait. Vous ne recevrez plus de publicité de notre part.",
            "soon": "Un e-mail déjà en route peut encore arriver. Les reçus et messages semblables continuent d’arriver.",
            "choose": "Choisir les e-mails que vous souhaitez",
            "kinds": "Je souhaite recevoir",
            "none": "Aucune publicité",
            "none_hint": "L’emporte sur les choix ci-dessus.",
            "nothing": "Il n’y a encore rien à choisir.",
            "save": "Enregistrer",
            "saved": "Enregistré.",
            "invalid": "Ce lien n’est pas valable",
            "invalid_hint": "Ouvrez le lien du dernier e-mail reçu, ou répondez à cet e-mail.",
        },
    }
)


def language_of(asked: str | None, own: str | None, accepted: str) -> str:
    """Return the language of a page: the one asked for, else that of the profile, else what the browser prefers."""
    if asked is not None and asked in WORDS:
        return asked
    if own is not None:
        return own
    ranked = []
    for place, part in enumerate(accepted.split(",")[:20]):
        name, _, weight = part.strip().partition(";q=")
        try:
            ranked.append((-float(weight or 1), place, name[:2].lower()))
        except ValueError:
            continue
    return next((name for weight, _, name in sorted(ranked) if weight < 0 and name in WORDS), "en")
