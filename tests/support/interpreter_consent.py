"""Consent in the interpreter: what refuses a mail, subscription types, suppressed addresses (P120-P123)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parcours.domain.journey import Email
from support.interpreter_answer import Answer
from support.interpreter_world import Participant, World

__all__ = ["CONSENT_COMMANDS", "carry_out_consent", "refused_by"]

CONSENT_COMMANDS = ("subscription", "suppress", "unsuppress")


def refused_by(world: World, p: Participant, step: Email, to: str | None) -> str | None:
    """Return why a mail is not sent: consent first, then the address, then the list of addresses."""
    defaults = p.version.journey.email
    transactional = defaults.transactional if step.transactional is None else step.transactional
    kind = step.subscription or defaults.subscription or ""
    if not transactional:
        said = p.profile.consents
        if said.get("*") == "out":
            return "no_consent"
        if said.get(kind) == "out":
            return "not_subscribed"
        if kind not in said and world.usual.get(kind) == "out":
            return "no_consent"
    if to is None:
        return "no_address"
    reasons = world.suppressed.get(_plain(to), set())
    if "bounce" in reasons or (reasons and not transactional):
        return "suppressed"
    return None


def carry_out_consent(world: World, name: str, options: Mapping[str, Any]) -> Answer:
    """Declare a type of subscription, put addresses on the list or take them off."""
    if name == "subscription":
        world.usual[options["key"]] = options.get("default", "out")
        return Answer()
    addresses = {_plain(address) for address in options["addresses"]}
    why = options.get("reason")
    if name == "suppress":
        new = [a for a in addresses if (why or "manual") not in world.suppressed.get(a, set())]
        for address in new:
            world.suppressed.setdefault(address, set()).add(why or "manual")
        return Answer(counts={"suppressed": len(new)})
    gone = 0
    for address in addresses:
        reasons = world.suppressed.get(address, set())
        going = reasons if why is None else reasons & {why}
        gone += len(going)
        world.suppressed[address] = reasons - going
    return Answer(counts={"removed": gone})


def _plain(address: str) -> str:
    return address.strip().lower()
