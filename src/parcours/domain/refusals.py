"""What is said about a command that is refused: what stands in the way, and the legal way."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from parcours.domain.errors import ParcoursError

__all__ = ["REFUSED_COMMANDS", "refusal"]

REFUSED_COMMANDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "not_published": ("This version is a draft.", "Publish it first."),
        "use_resume": ("This version is paused.", "Use resume to go on, or stop to end it."),
        "use_restart": (
            "This version has ended.",
            "Use restart to begin again with the same definition, or make a new version.",
        ),
        "is_running": (
            "This version is running.",
            "Nothing needs to be restarted; stop it first if you mean to.",
        ),
        "closed_is_final": (
            "A closed version does not open again; the people inside go on to the end.",
            "Publish a new version, or duplicate the journey.",
        ),
        "stopped_is_final": (
            "A stopped version is never resumed.",
            "Use restart to begin again with the same definition, or make a new version.",
        ),
        "finished_is_final": (
            "This version is finished.",
            "Use restart to begin again with the same definition, or make a new version.",
        ),
        "pause_or_stop_first": (
            "A running version cannot be deleted.",
            "Stop it, or pause it and delete with stop_first.",
        ),
        "stop_first_needed": (
            "A paused version is deleted only if it may be stopped first.",
            "Delete with stop_first (on the command line --stop-first): everybody inside is cancelled; or resume.",
        ),
        "closed_not_deletable": (
            "A closed version cannot be deleted while people are inside.",
            "Wait until it is finished, or stop it.",
        ),
        "running_not_editable": (
            "A running version cannot be edited.",
            "Pause it, or make a new version and publish that.",
        ),
        "answers_needed": (
            "People stand at steps that the new version does not have.",
            "Say for each of these steps whither its people go, or that they drop out.",
        ),
        "kind_changed": (
            "A step with people at it is of another kind in the new version.",
            "Give the new step an id of its own, and say whither the people of the old one go.",
        ),
        "second_person_needed": (
            "Publishing needs a second person here.",
            "Somebody else who may publish gives the same command; or an admin changes `parcours settings`.",
        ),
        "no_draft": (
            "There is no draft, so nothing would change.",
            "Use resume, or make a new version and change that.",
        ),
        "draft_exists": ("The journey already has a draft.", "Publish it or delete it first."),
        "still_settling": (
            "The previous command is still being carried out.",
            "Try again when it has settled.",
        ),
        "resume_blocked": (
            "A pause was to end by itself, and the definition has errors by now.",
            "Mend what `parcours journey problems KEY` names, then resume.",
        ),
        "pause_choice_fixed": (
            "`inside` and `timers` are fixed for this pause.",
            "Resume, then pause with other choices.",
        ),
        "extend_needs_freeze": (
            "`timers: extend` goes with `inside: freeze` only.",
            "Use freeze, or timers: run.",
        ),
    }
)


def refusal(code: str, *, place: str = "") -> ParcoursError:
    """Return the error for a refused command, with the sentence that names the legal way."""
    message, hint = REFUSED_COMMANDS[code]
    return ParcoursError(code, message, hint=hint, place=place)
