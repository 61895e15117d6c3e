"""Who may do what: the roles of people, the scopes of API keys, and what an endpoint asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

__all__ = [
    "KEY_PREFIX",
    "NEEDS",
    "PERMISSIONS",
    "ROLES",
    "SCOPES",
    "SCOPE_ROLES",
    "Need",
    "Permission",
    "Principal",
    "Role",
    "Scope",
    "may",
    "role_of_scopes",
]

Role: TypeAlias = Literal["viewer", "editor", "publisher", "admin"]
Scope: TypeAlias = Literal["ingest", "read", "write", "publish", "admin"]
# What an endpoint asks for: a role or more; to send people and events; to be signed in oneself, as a person and not
# by a key; to be known, as whomever; or nothing.
Need: TypeAlias = Literal["viewer", "editor", "publisher", "admin", "ingest", "person", "known", "public"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)  # each may what those before it may
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
NEEDS: Final[tuple[Need, ...]] = get_args(Need)
KEY_PREFIX: Final = "pk_"  # how every API key begins, so that one that has leaked is found

# The role that a key has by a scope; `ingest` gives none.
SCOPE_ROLES: Final[Mapping[Scope, Role]] = MappingProxyType(
    {"read": "viewer", "write": "editor", "publish": "publisher", "admin": "admin"}
)


@dataclass(frozen=True, slots=True)
class Permission:
    """A line of the table of roles: what it lets one do, and the least role that may."""

    what: str
    role: Role


# lifecycle.md, Roles.
PERMISSIONS: Final = (
    Permission("see journeys, participants, reports", "viewer"),
    Permission("create, edit, duplicate, validate, simulate, delete a draft", "editor"),
    Permission(
        "publish, pause, resume, close, stop, restart, transfer, add or remove people, delete", "publisher"
    ),
    Permission("people, keys, senders, settings; hold all sending (one switch over every journey)", "admin"),
)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: a person who signed in (`name` is the address), or an API key by its name.

    `person` is who stands behind it: the address of the person, or of whoever made the key.
    """

    kind: Literal["user", "key"]
    name: str
    role: Role | None  # None: a key that may only send people and events
    person: str
    scopes: frozenset[Scope] = frozenset()
    session_id: int | None = None

    @property
    def actor(self) -> str:
        """How the audit names it."""
        return f"{self.kind}:{self.name}"


def may(principal: Principal | None, need: Need) -> bool:
    """Tell whether somebody has what is asked for; `principal` None: nobody is known."""
    if need == "public":
        return True
    if principal is None:
        return False
    if need == "known":
        return True
    if need == "person":
        return principal.kind == "user"
    if need == "ingest":
        return "ingest" in principal.scopes or principal.role == "admin"
    return principal.role is not None and ROLES.index(principal.role) >= ROLES.index(need)


def role_of_scopes(scopes: frozenset[Scope]) -> Role | None:
    """Return the highest role that scopes give; None where they give none."""
    roles = [SCOPE_ROLES[scope] for scope in scopes if scope in SCOPE_ROLES]
    return max(roles, key=ROLES.index, default=None)
