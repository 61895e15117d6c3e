"""The words of the pages by which people come in, in three languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from parcours.domain.accounts import LANGUAGES, Language

__all__ = ["TEXTS", "Words", "language_of"]


@dataclass(frozen=True, slots=True)
class Words:
    """What the pages say in one language."""

    sign_in: str
    sign_in_why: str
    invitation: str
    invitation_why: str
    name: str
    password: str
    password_hint: str
    make_account: str
    welcome: str
    signed_in_as: str
    go_on: str
    take_password: str
    over: str
    over_why: str
    not_taken: str
    roles: Mapping[str, str]


TEXTS: Final[Mapping[Language, Words]] = MappingProxyType(
    {
        "en": Words(
            sign_in="Sign in",
            sign_in_why="This link signs you in once.",
            invitation="You are invited",
            invitation_why="Make your account, {email}, with the role {role}.",
            name="Your name",
            password="Password",  # noqa: S106 - the word
            password_hint="At least 12 characters; four words that do not belong together are good.",  # noqa: S106
            make_account="Make the account and sign in",
            welcome="You are in",
            signed_in_as="Signed in as {email}.",
            go_on="Go on",
            take_password="Take a password, to come back without a link",  # noqa: S106
            over="This link holds no longer",
            over_why="It was used, withdrawn, or too much time has passed. Ask for another one.",
            not_taken="This password is not taken.",
            roles=MappingProxyType(
                {"viewer": "viewer", "editor": "editor", "publisher": "publisher", "admin": "admin"}
            ),
        ),
        "sv": Words(
            sign_in="Logga in",
            sign_in_why="Den här länken loggar in dig en gång.",
            invitation="Du är inbjuden",
            invitation_why="Skapa ditt konto, {email}, med rollen {role}.",
            name="Ditt namn",
            password="Lösenord",  # noqa: S106
            password_hint="Minst 12 tecken; fyra ord som inte hör ihop är bra.",  # noqa: S106
            make_account="Skapa kontot och logga in",
            welcome="Du är inne",
            signed_in_as="Inloggad som {email}.",
            go_on="Gå vidare",
            take_password="Välj ett lösenord, för att komma tillbaka utan länk",  # noqa: S106
            over="Den här länken gäller inte längre",
            over_why="Den har använts eller dragits tillbaka, eller så har det gått för lång tid. Be om en ny.",
            not_taken="Det lösenordet godtas inte.",
            roles=MappingProxyType(
                {
                    "viewer": "läsare",
                    "editor": "redaktör",
                    "publisher": "publicerare",
                    "admin": "administratör",
                }
            ),
        ),
        "fr": Words(
            sign_in="Se connecter",
            sign_in_why="Ce lien vous connecte une seule fois.",
            invitation="Vous êtes invité",
            invitation_why="Créez votre compte, {email}, avec le rôle {role}.",
            name="Votre nom",
            password="Mot de passe",  # noqa: S106
            password_hint="12 caractères au moins ; quatre mots sans rapport entre eux conviennent bien.",  # noqa: S106
            make_account="Créer le compte et se connecter",
            welcome="Vous êtes connecté",
            signed_in_as="Connecté en tant que {email}.",
            go_on="Continuer",
            take_password="Choisir un mot de passe, pour revenir sans lien",  # noqa: S106
            over="Ce lien n'est plus valable",
            over_why="Il a servi, a été retiré, ou trop de temps a passé. Demandez-en un autre.",
            not_taken="Ce mot de passe n'est pas accepté.",
            roles=MappingProxyType(
                {
                    "viewer": "lecteur",
                    "editor": "éditeur",
                    "publisher": "responsable de publication",
                    "admin": "administrateur",
                }
            ),
        ),
    }
)


def language_of(accepted: str) -> Language:
    """Return the language that a browser asks for first and that there is; English where there is none."""
    wanted: list[tuple[float, Language]] = []
    for part in accepted.split(","):
        tag, _, weight = part.strip().partition(";q=")
        for language in LANGUAGES:
            if tag.strip().lower().partition("-")[0] == language:
                try:
                    wanted.append((float(weight or 1), language))
                except ValueError:
                    continue
    return max(wanted, key=lambda one: one[0], default=(0.0, "en"))[1]
