"""Parcours: customer journeys, compiled to SQL and run in sets on PostgreSQL."""

__version__ = "0.1.0"

__all__ = ["__version__"]
