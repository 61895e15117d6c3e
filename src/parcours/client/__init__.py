"""The client: what people do with a Parcours server, from Python. Synchronous, typed, the standard library alone."""

from __future__ import annotations

from parcours.client.client import Client, Given
from parcours.client.errors import ServerError

__all__ = ["Client", "Given", "ServerError"]
