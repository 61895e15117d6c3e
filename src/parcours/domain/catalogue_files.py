"""Codes of problems with files and single values: what each means, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["FILES", "VALUES"]

FILES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "malformed_file": (
            "The file is not YAML or JSON that can be read.",
            "Correct it at the line and column given.",
        ),
        "duplicate_key": ("A key stands twice in one mapping.", "Keep one of them."),
        "unreadable_file": ("The file cannot be opened.", "Check its name and its rights."),
        "file_too_large": (
            "The file is larger than 1 MB, or one to be attached larger than 10 MB.",
            "Make it smaller, or split it.",
        ),
        "bad_encoding": ("The file is not UTF-8.", "Save it as UTF-8."),
        "duplicate_journey": ("Two files define a journey of the same key.", "Give one of them another key."),
        "duplicate_audience": (
            "Two files define an audience of the same key.",
            "Give one of them another key.",
        ),
        "template_missing": (
            "An email step names a template file that is not there.",
            "Put the file beside the journey file, or correct the name.",
        ),
        "template_outside": (
            "An email step names a template file outside the folder of the journey file.",
            "Move the template beside the journey file.",
        ),
        "attachment_missing": (
            "An email step attaches a file that is not there.",
            "Put the file beside the journey file, or correct the name.",
        ),
        "attachment_outside": (
            "An email step attaches a file outside the folder of the journey file.",
            "Move the file beside the journey file.",
        ),
        "attachments_too_large": (
            "The files of one mail have more than 10 MB together.",
            "Make them smaller, or link to them.",
        ),
    }
)

VALUES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "wrong_type": (
            "A value has another type than its key needs.",
            "Write the type that the message names; text that looks like a number needs quotes.",
        ),
        "wrong_value": (
            "A value is not among those that are possible.",
            "Choose one that the message names.",
        ),
        "missing_key": ("A key that is needed is left out.", "Add it."),
        "unknown_key": (
            "A key is not known at this place.",
            "Correct or remove it; the hint names the nearest known one.",
        ),
        "several_choices": ("Keys that exclude each other are given together.", "Keep one of them."),
        "duplicate_name": ("A name is used twice where it must be unique.", "Choose another name."),
        "key_not_text": (
            "A key of a mapping is a number or another value that is no text.",
            "Write it in quotes.",
        ),
        "bad_text": (
            "A text holds a NUL, half a character or a stray line break, or is empty.",
            "Correct the text.",
        ),
        "too_long": ("A text is longer than its limit.", "Shorten it."),
        "too_deep": ("Values or conditions are nested too deeply.", "Make them flatter."),
        "too_large": ("The document holds more than 100,000 values.", "Split it."),
        "bad_number": ("A number is not finite or beyond 64 bits.", "Write it as text, or leave it out."),
        "bad_key": (
            "A key is not of letters, digits, - and _, is longer than 64, or reserved.",
            "Choose another one.",
        ),
        "bad_duration": (
            "A duration cannot be read, is too short, or is longer than 36,500 days.",
            "Write whole numbers with w, d, h, m, s, greatest first, such as 7d or 1h30m.",
        ),
        "bad_instant": (
            "A date or an instant cannot be read, or does not exist.",
            "Write for example 2026-12-01 or 2026-12-01T08:00:00, with an offset or in the journey's zone.",
        ),
        "bad_time": ("A time of day cannot be read.", "Write HH:MM or HH:MM:SS, in quotes."),
        "bad_timezone": ("A time zone is not known.", "Write an IANA name such as Europe/Stockholm."),
        "bad_rate": ("A rate cannot be read.", "Write for example 100/s or 5000/h."),
        "bad_schedule": ("A schedule cannot be read.", "Write five fields of cron, now, or {once: INSTANT}."),
        "bad_field": (
            "A field is not written as ROOT.NAME, or an attribute has a dot.",
            "Write profile.X, event.X, participant.X, or NAME.X of a save_as.",
        ),
        "bad_address": (
            "An email address cannot be read.",
            "Write anna@example.com or Anna <anna@example.com>.",
        ),
        "bad_url": ("A URL is not one of http or https.", "Write https://HOST/PATH."),
        "bad_pattern": (
            "A pattern of `matches` has something that PostgreSQL and Python do not read alike.",
            "Keep to literals, . [] () | * + ? {m,n} ^ $ \\d \\w \\s.",
        ),
        "bad_condition": (
            "A condition has none of the keys that tell its kind.",
            "Write one of all, any, not, field, event, audience, message, time.",
        ),
        "bad_trigger": (
            "A trigger has none of the keys that tell its kind.",
            "Write one of event, schedule, audience, manual.",
        ),
    }
)
