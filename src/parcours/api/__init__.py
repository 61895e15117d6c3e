"""HTTP: parse, call a service, render. No SQL, no rules."""

from parcours.api.app import create_app, create_pages
from parcours.api.server import Address, bind, serve

__all__ = ["Address", "bind", "create_app", "create_pages", "serve"]
