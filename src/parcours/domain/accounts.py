"""What an account may look like: its address, its password, its language."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias, get_args

from parcours.domain.access import ROLES, Role
from parcours.domain.errors import ParcoursError

__all__ = [
    "LANGUAGES",
    "Language",
    "check_email",
    "check_language",
    "check_name",
    "check_password",
    "check_role",
]

Language: TypeAlias = Literal["en", "sv", "fr"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
SHORTEST: Final = 12  # characters; length is what makes a password hard to guess (NIST SP 800-63B)
LONGEST: Final = 1000
EMAIL: Final = re.compile(
    r"[^\s@<>,;:\"()\[\]\\/]+@[^\s@<>,;:\"()\[\]\\/]+\.[^\s@<>,;:\"()\[\]\\/]+|[\w.+-]+@localhost"
)
MANY: Final = 254


def check_email(text: str) -> str:
    """Return an address in the form by which an account is known. Raises ParcoursError `bad_email`."""
    email = text.strip().lower()
    if len(email) > MANY or not EMAIL.fullmatch(email) or not email.isprintable():
        hint = "Write it as anna@example.com."
        raise ParcoursError("bad_email", f"{text[:80]!r} is no address", place="email", hint=hint)
    return email


def check_role(text: str) -> Role:
    """Return a role. Raises ParcoursError `unknown_role`."""
    for role in ROLES:
        if text == role:
            return role
    hint = f"There are {', '.join(ROLES)}."
    raise ParcoursError("unknown_role", f"There is no role {text[:80]}", place="role", hint=hint)


def check_language(text: str) -> Language:
    """Return a language. Raises ParcoursError `unknown_language`."""
    for language in LANGUAGES:
        if text == language:
            return language
    hint = f"There are {', '.join(LANGUAGES)}."
    raise ParcoursError("unknown_language", f"There is no language {text[:80]}", place="language", hint=hint)


def check_name(text: str) -> str:
    """Return the name of a person as one line. Raises ParcoursError `bad_name`."""
    name = text.strip()
    if len(name) > MANY or not name.isprintable():
        hint = f"Write one line of at most {MANY} characters."
        raise ParcoursError("bad_name", "That cannot be the name of a person", place="name", hint=hint)
    return name


def check_password(password: str, email: str) -> None:
    """Let a new password pass. Raises ParcoursError `weak_password`."""
    if len(password) < SHORTEST or len(password) > LONGEST:
        message = f"A password has {SHORTEST} to {LONGEST:,} characters"
    elif len(set(password)) < 5:  # noqa: PLR2004 - aaaaaaaaaaaa, 121212121212
        message = "The password repeats a few characters"
    elif password.lower() in (email, email.partition("@")[0]):
        message = "The password is the address"
    else:
        return
    hint = "Four words that do not belong together are easy to keep in mind and hard to guess."
    raise ParcoursError("weak_password", message, place="password", hint=hint)
