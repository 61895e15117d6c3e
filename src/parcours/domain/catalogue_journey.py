"""Codes of problems with what a journey says as a whole: what each means, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["JOURNEY"]

JOURNEY: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "no_steps": ("The journey has no steps.", "Add at least one."),
        "too_many_steps": ("The journey has more than 200 steps.", "Continue in a second journey."),
        "missing_target": ("A branch leads nowhere.", "Write next: STEP or drop_out: true."),
        "unknown_step": (
            "Something leads to a step that does not exist.",
            "Correct the id; the hint names the nearest one.",
        ),
        "end_taken": (
            "The last step goes on to an end named `end`, but that step is of another kind.",
            "Rename that step, or write `next` on the last one.",
        ),
        "unreachable_step": ("No path leads to a step.", "Lead a branch to it, or remove it."),
        "no_end": ("From some steps no end can be reached.", "Lead a branch to an end."),
        "cycle_without_wait": (
            "Steps go round without a wait of at least a minute.",
            "Put a wait into the circle.",
        ),
        "split_without_else": ("A split does not say where all others go.", "Add {else: true, next: STEP}."),
        "else_not_last": ("`else` stands twice, or not at the end.", "Keep one, as the last branch."),
        "wait_without_duration": (
            "A wait does not say how long.",
            "Add for:, until:, until_field: or until_time:.",
        ),
        "wait_without_event": ("A wait for an event names none.", "Add an event, or use a plain wait."),
        "shares_not_100": ("The shares of an experiment do not make 100 %.", "Adjust them."),
        "no_trigger": ("Nothing starts the journey.", "Add a trigger, unless people are only added by hand."),
        "start_after_end": ("The entry ends before it starts.", "Move one of the two dates."),
        "interval_ignored": (
            "`min_interval` is given for a mode that does not use it.",
            "Use mode: after_exit.",
        ),
        "nobody_enters": ("By its limits or dates nobody can enter.", "Move the date, or raise the limit."),
        "waves_ignored": (
            "Waves are given, and no trigger has a schedule.",
            "Add a schedule, or remove the waves.",
        ),
        "schedule_passed": ("A schedule names one instant, and that has passed.", "Move it, or write now."),
        "wait_passed": ("A wait lasts until an instant that has passed.", "Move it, or remove the wait."),
        "wait_without_timeout": (
            "A wait for an event has no time-out, and nothing else takes people out.",
            "Add {timeout: 30d, next: STEP}, or a lifetime.",
        ),
        "split_without_branches": ("A split has no branch but `else`.", "Add {when: CONDITION, next: STEP}."),
        "branch_never_taken": (
            "Nobody can come to a branch: an earlier one takes everybody, or its share is 0 %.",
            "Change the order, the condition or the share.",
        ),
        "never_holds": ("A test can never hold.", "Correct it, or remove it."),
        "window_without_timezone": (
            "A window for messages is given, and no time zone.",
            "Add timezone: to the journey.",
        ),
        "no_sender": ("An email has no sender.", "Add from:, in the step or under email:."),
        "no_reply_address": ("An email has no reply address.", "Add reply_to:, in the step or under email:."),
        "no_subject": ("An email has no subject.", "Add subject:."),
        "no_content": ("An email has no content.", "Add template:, html: or text:."),
        "content_ignored": ("An email has a template and other content beside it.", "Keep one of them."),
        "no_subscription": (
            "An email names no subscription type.",
            "Add subscription:, or transactional: true where it is no advertising.",
        ),
        "no_unsubscribe": (
            "An email that is advertising has no unsubscribe link.",
            "Add {{ unsubscribe_url }} to its content.",
        ),
        "unknown_subscription": (
            "An email goes by a subscription type that is not declared.",
            "Run parcours subscription set KEY, or correct the key.",
        ),
        "unknown_sender": (
            "An email comes from an address that is not one of the known senders.",
            "Use one of them, or add it to the senders.",
        ),
        "no_public_url": (
            "An email is advertising, and links to unsubscribe by lead nowhere yet.",
            "Set PARCOURS_PUBLIC_URL for the worker.",
        ),
        "empty_link": ("A link of an email leads nowhere.", "Give it an address."),
        "long_email": (
            "An email is longer than what mailboxes show without cutting it.",
            "Shorten it to 100 KB; the unsubscribe link is at the end that is cut.",
        ),
        "unknown_variable": (
            "A template names a variable that nothing fills, or a field that nobody is known to have.",
            "Correct the name; the hint names the nearest one. Until then it is empty.",
        ),
        "template_error": ("A template cannot be parsed.", "Correct it at the line given."),
        "mjml_error": (
            "A template in MJML cannot be made into HTML.",
            "Correct it at the line given; Liquid may stand in texts and in values that are free.",
        ),
        "no_url": ("A webhook has no URL.", "Add url:."),
        "bad_header": (
            "A webhook has a header whose name is none, or that is not for authors to set.",
            "Rename it, or leave it out.",
        ),
        "long_timeout": ("A webhook asks for more time than any has.", "At most 30s are waited for."),
        "unknown_field": (
            "A condition asks for a field that nothing is known to have, as far as that was looked at.",
            "Correct the name; the hint names the nearest one.",
        ),
        "field_of_other_type": (
            "A test asks a field for a type that it never has.",
            "Nothing is converted: write the value in the type that the field has.",
        ),
        "unknown_event": (
            "An event is named that nobody is known to have done, and that is nearly one which people do.",
            "Correct the name; the hint names the nearest one.",
        ),
        "unknown_journey": (
            "Entering takes people out of a journey that does not exist, or of this one.",
            "Correct the name.",
        ),
        "audience_by_condition": (
            "A step adds to or removes from an audience whose condition decides who belongs to it.",
            "Name a list of members.",
        ),
        "unknown_audience": (
            "An audience is named that does not exist.",
            "Create it, or correct the name. Until then it counts as empty.",
        ),
        "unknown_message": (
            "A condition asks for the message of a step that makes none.",
            "Name an email or webhook step.",
        ),
        "audience_cycle": (
            "The condition of an audience leads back to it.",
            "Break the circle at one of its audiences.",
        ),
        "schedule_never": ("A schedule names a day that no month has.", "Correct its day or month."),
        "start_not_admitting": (
            "An end starts a journey that admits nobody.",
            "Name a journey that is live, or publish it.",
        ),
        "start_not_published": ("An end starts a journey that is a draft.", "Publish that, too."),
        "start_cycle": (
            "Ends start journeys that lead back to this one.",
            "Break the circle at one of the ends.",
        ),
        "not_available": (
            "The format knows this, and this version of the program does not carry it out yet.",
            "Do without it for now; the hint says how.",
        ),
    }
)
