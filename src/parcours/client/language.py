"""In which language somebody wants to hear from the server: what the environment says, as gettext reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from parcours.domain.accounts import LANGUAGES, Language

__all__ = ["language_of_environment"]

NAMES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set counts


def language_of_environment(environment: Mapping[str, str] | None = None) -> Language:
    """Return the language of the first of LC_ALL, LC_MESSAGES and LANG that is set; English where we do not speak it.

    `sv_SE.UTF-8`, `sv` and `sv_FI@euro` are Swedish; `C` and `POSIX` are English.
    """
    given = os.environ if environment is None else environment
    locale = next((given[name] for name in NAMES if given.get(name)), "")
    spoken = locale.partition(".")[0].partition("@")[0].partition("_")[0].lower()
    return next((language for language in LANGUAGES if language == spoken), "en")
