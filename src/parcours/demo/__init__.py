"""The demonstration: sample people, believable traffic, three journeys, and what runs them."""

from parcours.demo.feed import as_json, history, silent
from parcours.demo.live import live
from parcours.demo.people import Person, people

__all__ = ["Person", "as_json", "history", "live", "people", "silent"]
