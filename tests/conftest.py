"""What every test gets: an empty environment and one hypothesis profile."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "parcours",
    deadline=None,  # a shared machine has slow moments
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("parcours")
