"""Codes of requests over HTTP, and of who may make them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["ACCESS", "REQUEST"]

REQUEST: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "not_found": ("There is nothing at this address.", "Look it up in /api/openapi.json."),
        "method_not_allowed": (
            "This address does not take this method.",
            "Use one that the header Allow names.",
        ),
        "body_too_large": ("The body is larger than this address takes.", "Send less at a time."),
        "unsupported_media_type": (
            "The body is of a type that this address does not take.",
            "Send JSON with Content-Type: application/json.",
        ),
        "bad_json": ("The body is no JSON that can be kept.", "Correct it at the place given."),
        "bad_value": (
            "A parameter or a part of the body is not as it should be.",
            "Correct what `problems` names.",
        ),
        "value_refused": ("The database cannot keep a value.", "Shorten or correct it."),
        "cross_site": (
            "A page of another site asked for a change with your session.",
            "Do it from the pages of this server, or call with an API key.",
        ),
        "try_again": ("Another change was made at the same moment.", "Try again."),
        "internal_error": ("Something failed here.", "The log has the details."),
    }
)

ACCESS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "not_signed_in": (
            "Nobody is signed in, and no API key was given.",
            "Sign in, or send Authorization: Bearer KEY.",
        ),
        "bad_credentials": (
            "The session or the API key does not hold, or no longer.",
            "Sign in again, or ask for another key.",
        ),
        "not_allowed": (
            "The role or the scopes do not allow this.",
            "Ask somebody with the role that is named.",
        ),
        "person_needed": ("This is for a person who signed in, not for an API key.", "Sign in."),
        "bad_key_name": ("The name of a key is not as it should be.", "Use letters, digits, - and _."),
        "key_exists": ("There is an API key of this name already.", "Choose another name."),
        "unknown_key": ("No API key of this name is in force.", "Run parcours key list."),
        "unknown_scope": (
            "A key is given no scope, or one that there is not.",
            "Choose those that the hint names.",
        ),
    }
)
