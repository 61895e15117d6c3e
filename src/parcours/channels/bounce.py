"""Which refusals of a mail server are about the address itself: nobody is there, and nobody will be.

Most refusals are about something else: our server and its reputation (5.7.x, "blocked"), the sender's address (5.1.7,
5.1.8), a full mailbox (5.2.2), the route (5.4.x), the content (5.6.x). An address is given up only for what says that
there is no such mailbox: extended codes of RFC 3463 where the server gives one, well-known words where it does not.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_hard_bounce"]

# 5.1.1 no such mailbox, 5.1.2 no such domain, 5.1.3 no address, 5.1.6 moved, 5.1.10 the domain takes no mail (RFC 7505),
# 5.2.1 the mailbox is disabled.
_GONE: Final = frozenset(("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"))
_ENHANCED: Final = re.compile(r"\b([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")
_CODES: Final = frozenset((550, 551, 553))
_WORDS: Final = re.compile(
    r"(?:user|recipient|mailbox|address|account)(?: is)? (?:unknown|not found|does not exist|doesn't exist|disabled)"
    r"|(?:unknown|no such|invalid) (?:user|recipient|mailbox|address|account)|user unknown",
    re.IGNORECASE,
)
_OTHER: Final = re.compile(
    r"spam|block|reputation|policy|relay|denied|blacklist|reject.{0,20}sender", re.IGNORECASE
)


def is_hard_bounce(code: int, text: str, *, about_recipient: bool) -> bool:
    """Tell whether an answer says that there is no such mailbox.

    `about_recipient`: it was the answer to the recipient's address, rather than to the sender's or to the mail.
    """
    if not 500 <= code < 600:  # noqa: PLR2004
        return False
    enhanced = _ENHANCED.search(text[:20])
    if enhanced is not None:
        return enhanced[1] in _GONE and (about_recipient or enhanced[1] in ("5.1.1", "5.1.10"))
    if not about_recipient or code not in _CODES:
        return False
    return _WORDS.search(text) is not None and _OTHER.search(text) is None
