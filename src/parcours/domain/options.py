"""What is set for the whole installation while it runs: kept in the database, changed by an admin, in the audit.

What a process needs before it has a database comes from the environment (settings.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from parcours.domain.errors import ParcoursError

__all__ = ["OPTIONS", "Option", "Value", "check_option", "read_word"]

Value: TypeAlias = bool | int


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: its default, which says its type, its bounds where it is a number, and what it means."""

    default: Value
    meaning: str
    least: int = 0
    most: int = 0

    @property
    def kind(self) -> str:
        """`boolean` or `integer`, as JSON Schema calls it."""
        return "boolean" if isinstance(self.default, bool) else "integer"


# In the order in which they are shown. One entry per setting.
OPTIONS: Final[Mapping[str, Option]] = MappingProxyType(
    {
        "publish_needs_second_person": Option(
            default=False, meaning="whether a draft goes live only when a second person publishes it, too"
        ),
        "session_idle_hours": Option(
            default=12, meaning="hours without a request after which a session is over", least=1, most=720
        ),
        "session_days": Option(
            default=30, meaning="days after which a session is over whatever happens", least=1, most=365
        ),
        "link_minutes": Option(
            default=60, meaning="minutes for which a one-time sign-in link holds", least=1, most=10_080
        ),
        "invitation_days": Option(
            default=7, meaning="days for which an invitation holds", least=1, most=90
        ),
    }
)  # fmt: skip


def check_option(name: str, value: object) -> Value:
    """Return a value as it is kept. Raises ParcoursError `unknown_setting`, `bad_setting`."""
    option = OPTIONS.get(name)
    if option is None:
        hint = f"There are {', '.join(OPTIONS)}."
        raise ParcoursError("unknown_setting", f"There is no setting {name[:80]}", place=name[:80], hint=hint)
    if isinstance(option.default, bool):
        if isinstance(value, bool):
            return value
        raise ParcoursError(
            "bad_setting", f"{name} is true or false", place=name, hint="Write true or false."
        )
    if isinstance(value, int) and not isinstance(value, bool) and option.least <= value <= option.most:
        return value
    hint = f"Give a whole number from {option.least} to {option.most}."
    raise ParcoursError("bad_setting", f"{name} cannot be {value!r}", place=name, hint=hint)


def read_word(text: str) -> object:
    """Read what somebody wrote on the command line: true, false, a whole number, else the text."""
    words = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return int(text)
    except ValueError:
        return text
