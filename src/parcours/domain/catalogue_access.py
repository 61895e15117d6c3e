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
        "server_unreachable": (
            "No answer came from the server.",
            "Check the address, and that `parcours serve` runs there.",
        ),
        "unexpected_answer": (
            "What answered is not Parcours, or not this version of it.",
            "Check the address; something between may have answered.",
        ),
        "bad_server": ("This is no address of a server.", "Write it as https://parcours.example.com."),
        "only_local": (
            "The command works on this machine and its database, not on a server.",
            "Leave --server out and unset PARCOURS_SERVER, or run it where the database is.",
        ),
        "import_broken": ("The server read a file not to its end.", "Load it again when it is mended."),
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
        "sign_in_failed": (
            "The address or the password is wrong.",
            "Try again, or ask an admin for a sign-in link.",
        ),
        "wrong_password": ("The present password is wrong.", "Try again, or come in by a sign-in link."),
        "too_many_tries": (
            "Too many tries to sign in.",
            "Wait as long as Retry-After says, or ask an admin for a sign-in link.",
        ),
        "link_over": ("The link was used, or holds no longer.", "Ask an admin for another one."),
        "invitation_over": (
            "The invitation was used or withdrawn, or holds no longer.",
            "Ask whoever invited you for another one.",
        ),
        "unknown_invitation": ("There is no such open invitation.", "Look at the list of invitations."),
        "unknown_session": ("There is no such session.", "Look at the list of sessions."),
        "unknown_user": ("There is no user with this address.", "Run parcours user list."),
        "user_exists": ("There is a user with this address already.", "Change that one."),
        "user_disabled": ("The user is disabled.", "Enable the user first."),
        "last_admin": (
            "Nobody else is an admin, so nobody could undo it.",
            "Make somebody else an admin first.",
        ),
        "bad_email": ("An address of a user cannot be read.", "Write it as anna@example.com."),
        "bad_name": ("The name of a user cannot be kept.", "Write one line."),
        "unknown_role": ("There is no such role.", "Choose one that the hint names."),
        "unknown_language": ("There is no such language.", "Choose one that the hint names."),
        "weak_password": ("A password is too easy to guess.", "Take four words that do not belong together."),
        "already_set_up": (
            "Somebody works here already, so the first administrator is made.",
            "Sign in, or ask an admin for an invitation.",
        ),
        "wrong_setup_code": (
            "The setup code is wrong, or holds no longer.",
            "Run parcours user setup-link where the server runs, and open what it prints.",
        ),
        "unknown_approval": (
            "Nothing waits for a second person under this number.",
            "Look at the list of what waits.",
        ),
        "unknown_setting": ("There is no such setting.", "Choose one that the hint names."),
        "bad_setting": ("A setting has a value that cannot be.", "Give one that the hint describes."),
    }
)
