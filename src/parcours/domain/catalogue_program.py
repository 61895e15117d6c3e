"""Codes of errors outside journey files: feeds, and the program with its surroundings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["FEED", "ORDER", "PROGRAM"]

FEED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "line_refused": ("The database cannot keep what a line says.", "Shorten or correct its values."),
        "bad_mapping": (
            "A mapping of a column cannot be read.",
            "Write column=trait, or column=trait:number.",
        ),
        "unknown_column": ("The table has no such column.", "Choose one that the hint names."),
        "bad_row": ("A row of a table cannot be read.", "Check its quotes."),
        "bad_cell": (
            "A cell is not of the type that its column has.",
            "Write true or false, or a number as 12.5.",
        ),
        "line_too_long": ("A line of a feed is too long.", "Send fewer or shorter properties."),
        "not_utf8": ("A line is not UTF-8.", "Save the file as UTF-8."),
        "not_json": ("A line is not JSON.", "Write one JSON object on each line."),
        "nul_character": ("A line holds a NUL character.", "Remove it."),
        "not_an_object": ("A line, or one of its parts, is not a JSON object.", "Write {…}."),
        "unknown_type": ("The type of a line is not known.", "Use one of the types of the feed."),
        "no_person": ("A line names no person.", "Give userId or anonymousId."),
        "no_previous_id": ("An alias does not say which name is to be joined.", "Give previousId."),
        "bad_person": ("A person's key is no text, or too long.", "Shorten it."),
        "no_name": ("A line lacks the name of its event, audience or page.", "Give it, as a text."),
        "bad_timestamp": (
            "A timestamp cannot be read, or no such date exists.",
            "Write it as 2026-12-01T08:00:00Z.",
        ),
        "bad_state": ("What a consent says is not known.", "Write in or out."),
        "bad_op": ("What to do with a member is not known.", "Write add or remove."),
        "number_too_large": ("A number is too large to be kept.", "Write it as text."),
    }
)

PROGRAM: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "address_invalid": ("A recipient's address cannot be used.", "Correct the address of the profile."),
        "content_missing": ("A mail has neither text nor HTML.", "Give the step content."),
        "header_unsafe": (
            "A header of a mail holds something that must not be there.",
            "Remove line breaks and control characters from sender, subject and links.",
        ),
        "mail_unknown": ("The mailbox has no such mail.", "Choose one from the list of the mailbox."),
        "settings_invalid": (
            "A setting has a value that cannot be.",
            "Correct the variable that the message names.",
        ),
        "settings_unknown": (
            "A setting is not known.",
            "Correct or remove the variable; the hint names the nearest one.",
        ),
        "database_url": ("The database URL cannot be read.", "Write postgresql://USER@HOST/DATABASE."),
        "database_unreachable": (
            "The database cannot be reached.",
            "See that it runs and that the URL is right.",
        ),
        "database_refused": ("The database refuses the connection.", "Check user, password and rights."),
        "database_read_only": ("The database takes no changes.", "Connect to the primary server."),
        "disk_full": ("The disk of the database is full.", "Make room there."),
        "data_not_writable": (
            "The folder of the built-in database cannot be written.",
            "Give its user the right, or choose another folder.",
        ),
        "embedded_missing": (
            "The built-in database server is not installed.",
            "Install it, or set PARCOURS_DATABASE_URL.",
        ),
        "embedded_account": (
            "No system user can be found to run the built-in database.",
            "Follow the hint, or set PARCOURS_DATABASE_URL.",
        ),
        "embedded_unreachable": (
            "The user that runs the built-in database cannot reach its folder or programs.",
            "Give that user the right to enter.",
        ),
        "embedded_version": (
            "The data was made by another version of the built-in database.",
            "Use that version, or begin with a new folder.",
        ),
        "embedded_failed": (
            "The built-in database does not start or stop.",
            "Read the line of its log in the message.",
        ),
        "not_embedded": (
            "The database is not the built-in one.",
            "Use the programs of its server: stop it where it was started, and back it up there.",
        ),
        "nothing_to_back_up": ("There is no built-in database in this folder.", "Name another with --data."),
        "file_exists": ("A file that should be written is there already.", "Name another, or say --force."),
        "backup_failed": ("The backup could not be written.", "Look at the reason; nothing was changed."),
        "not_a_backup": ("The file is no backup.", "Name a file that parcours backup wrote."),
        "database_not_empty": (
            "A backup would take the place of a database that is not empty.",
            "Choose another folder with --data, or say --force.",
        ),
        "database_in_use": (
            "Somebody is connected to the database that a backup should replace.",
            "Stop servers and workers first.",
        ),
        "restore_failed": (
            "The backup could not be restored.",
            "Look at the reason; the present database is as it was.",
        ),
        "may_not_create": (
            "The user may not make databases, and a simulation needs one of its own.",
            "Give the right, or simulate on the built-in database.",
        ),
        "address_in_use": (
            "The HTTP server cannot listen on its address.",
            "Choose another port, or end what listens there.",
        ),
        "mailbox_in_use": ("Another process fills the built-in mailbox.", "Let that one go on, or end it."),
        "mailbox_unavailable": (
            "The built-in mailbox cannot be opened.",
            "See that its folder can be written and its port is free, or set a mail server.",
        ),
        "not_writable": ("A file cannot be written.", "Choose another place."),
        "buckets_differ": ("The database was made with another number of buckets.", "Use its number."),
        "citus_missing": (
            "The database has no Citus, so its tables cannot be spread over several nodes.",
            "Leave --distributed out, or create the extension citus.",
        ),
        "schema_behind": ("The database's schema is older than the program.", "Run parcours migrate."),
        "schema_unknown": (
            "The database's schema is newer than the program.",
            "Use the program that made it, or a newer one.",
        ),
        "schema_changed": (
            "A migration that was applied has been altered since.",
            "Use the program that made the schema.",
        ),
    }
)

ORDER: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "unknown_person": (
            "Something is asked of somebody who is not known, or was deleted.",
            "Name somebody by user_id; parcours import makes people known.",
        ),
        "no_subscription_type": (
            "There is no such subscription type.",
            "Run parcours subscription list.",
        ),
        "no_such_sender": ("There is no sender of this key.", "Run parcours sender list."),
        "sender_exists": (
            "Another sender has this address already.",
            "Change that one, or take another address.",
        ),
        "sender_in_use": (
            "Mails of published journeys come from this sender.",
            "Stop them, or publish a version with another sender first.",
        ),
        "bad_sender": ("A sender cannot be kept as it is written.", "Correct what the message names."),
        "bad_command": ("A line of a commands file is no command.", "Correct what the message names."),
        "invalid": ("The definition has errors.", "Run parcours check FILE to see all of them."),
        "unknown_journey": ("There is no journey of this key.", "Run parcours journey list."),
        "unknown_version": ("The journey has no such version.", "Choose one that the hint names."),
        "unknown_command": ("There is no such command.", "Choose one that the hint names."),
        "unknown_file": ("A file that a command names cannot be read.", "Correct its name."),
        "unknown_statement": ("The journey has no such statement.", "Choose one that the hint names."),
        "no_such_audience": ("There is no audience of this key.", "Choose one of `parcours audience list`."),
        "audience_in_use": (
            "The audience is named by a journey or by another audience.",
            "Take it out there first.",
        ),
        "not_a_condition": (
            "The audience is a list of members, and has no condition.",
            "Ask for its members.",
        ),
        "bad_cursor": (
            "A place behind which to go on cannot be read.",
            "Give what the page before called next.",
        ),
        "bad_count": ("It is not said whom a count means.", "Name one kind of count, with what it needs."),
        "audience_kind_changed": (
            "An audience was a list of members and should become a condition, or the other way round.",
            "Give the new one a key of its own.",
        ),
        "no_journey": ("The file holds an audience.", "Name a journey file."),
        "not_stuck": ("The person is not overdue there.", "Run parcours why to see what is waited for."),
        "step_differs": ("The person stands at another step by now.", "Run parcours stuck again."),
        "nothing_to_skip": ("No message holds the person up.", "Retry, or take the person out."),
        "maybe_sent": (
            "A message may have been sent, so it is not tried again.",
            "Skip it: the person goes on as if it was sent.",
        ),
        "past_instant": (
            "A command is given for an instant that is over.",
            "Give an instant to come, or do it now.",
        ),
        "not_for_later": (
            "A command is given for later that makes sense at once only.",
            "Leave --at out: `publish --at` puts live later what is made now, `pause --at` silences a journey later.",
        ),
        "not_scheduled": (
            "Nothing is scheduled under this number, or it is over.",
            "Run parcours journey scheduled to see what is to come.",
        ),
        "journey_exists": ("There is a journey of this key already.", "Choose another key."),
        "until_past": ("A pause would end before it begins.", "Give an instant that is still to come."),
        "unknown_answer": (
            "An answer names a step that needs none, or one that is not there.",
            "Correct what the message names.",
        ),
        "bad_option": (
            "An option of a command has a value that cannot be.",
            "Choose one that the hint names.",
        ),
    }
)
