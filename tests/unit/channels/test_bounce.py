"""What a mail server's refusal says about the address."""

from __future__ import annotations

import pytest

from parcours.channels.bounce import is_hard_bounce


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.1.1 The email account that you tried to reach does not exist",
        "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in local recipient table",
        "553 5.1.3 bad address syntax",
        "556 5.1.10 recipient address has null MX",
        "550 5.2.1 The email account that you tried to reach is disabled",
        "550 5.1.6 mailbox has moved",
        "550 No such user here",
        "551 user unknown",
        "550 Mailbox not found",
    ],
)
def test_nobody_is_there(answer: str) -> None:
    code, _, text = answer.partition(" ")
    assert is_hard_bounce(int(code), text, about_recipient=True)


@pytest.mark.parametrize(
    "answer",
    [
        "450 4.1.1 user unknown, try later",
        "452 4.2.2 mailbox full",
        "552 5.2.2 mailbox full",
        "554 5.7.1 Service unavailable; Client host blocked using Spamhaus",
        "550 5.7.1 relaying denied",
        "550 5.7.26 unauthenticated mail from this domain is not accepted",
        "550 5.1.8 sender address rejected: domain not found",
        "550 5.1.7 the sender's address is wrong",
        "550 5.4.1 recipient address rejected: access denied",
        "550 5.6.0 the content is not liked",
        "550 relay not permitted",
        "550 rejected: spam, unknown user reputation",
        "550 refused",
        "554 no such user",
        "250 ok",
    ],
)
def test_something_else_is_wrong(answer: str) -> None:
    code, _, text = answer.partition(" ")
    assert not is_hard_bounce(int(code), text, about_recipient=True)


def test_where_the_sender_or_the_mail_was_refused_only_codes_count() -> None:
    assert not is_hard_bounce(550, "user unknown", about_recipient=False)
    assert not is_hard_bounce(550, "5.1.2 no such domain", about_recipient=False)
    assert is_hard_bounce(550, "5.1.1 user unknown", about_recipient=False)
