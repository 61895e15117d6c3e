"""Codes of lists, drafts and imports over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["BROWSING"]

BROWSING: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "bad_cursor": (
            "The place from which a list should go on cannot be read.",
            "Give `next` of the page before as it is.",
        ),
        "took_too_long": ("A list took too long to be made.", "Ask for less: name a version, a step, a person."),
        "bad_idempotency_key": (
            "The idempotency key cannot be used.",
            "Send 1 to 200 printable ASCII characters, such as a UUID.",
        ),
        "idempotency_key_reused": (
            "An idempotency key came with another request before.",
            "Use a new key for each thing that is asked.",
        ),
        "bad_definition": ("A definition is of a form that cannot be kept.", "Correct what the message names."),
        "draft_changed": (
            "A draft is not what the caller takes it to be: somebody has changed, published or deleted it.",
            "Read it again, bring your changes into it, and save with its ETag.",
        ),
        "if_match_needed": (
            "A draft stands, and the request does not say which state of it it replaces.",
            "Send If-Match with the ETag with which it was read.",
        ),
        "bad_file": ("A file cannot be kept beside a draft.", "Correct its name or content."),
        "unknown_import": ("There is no import of this number.", "Announce one first."),
        "import_under_way": ("An import was filled already, or is being filled.", "Announce another one."),
        "no_mailbox": ("Mails do not go to the built-in mailbox here.", "Look at the mail server that is set."),
        "simulation_busy": ("Another simulation is running on this server.", "Try again when it has ended."),
        "simulation_too_large": (
            "A simulation is larger than one on a server may be.",
            "Name a shorter period or fewer lines, or run `parcours simulate`.",
        ),
    }
)  # fmt: skip
