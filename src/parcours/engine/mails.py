"""Mails made ready, with the links by which people stop them: the newest key is read again from time to time."""

from __future__ import annotations

import json
from dataclasses import dataclass

from parcours.channels.template import Renderer
from parcours.domain.links import Signer
from parcours.engine.composing import Composed, compose_email
from parcours.engine.content import Claimed
from parcours.engine.versions import Version
from parcours.store.database import Connection
from parcours.store.queries import query

__all__ = ["Mails"]


@dataclass(slots=True)
class Mails:
    """Composes claimed mails. `public_url` None: mails get no links, and no List-Unsubscribe."""

    public_url: str | None
    signer: Signer | None = None

    async def refresh(self, connection: Connection) -> None:
        """Take the newest key from now on, and let whoever publishes know whether mails get links."""
        await connection.execute(query("note_public_url"), {"url": json.dumps(self.public_url)})
        if self.public_url is None:
            return
        row = await (await connection.execute(query("signing_keys"))).fetchone()
        if row is not None:
            self.signer = Signer(self.public_url, row[0], bytes(row[1]))

    def compose(self, claimed: Claimed, version: Version, renderer: Renderer) -> Composed:
        """Make a claimed mail ready for its channel. Raises TemplateFailed."""
        return compose_email(claimed, version, renderer, signer=self.signer)
