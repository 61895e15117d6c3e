"""How much memory the embedded PostgreSQL keeps pages in."""

from __future__ import annotations

import pytest

from parcours.store.embedded_settings import buffers_for, memory_here, settings_of


@pytest.mark.parametrize(
    ("memory", "buffers"),
    [(2**29, 128), (2**30, 128), (2**33, 1024), (24 * 2**30, 3072), (2**40, 8192)],
)
def test_an_eighth_of_the_memory_within_bounds(memory: int, buffers: int) -> None:
    assert buffers_for(memory) == buffers


def test_what_is_durable_takes_this_machines_share() -> None:
    assert memory_here() >= 2**28
    assert settings_of(durable=True)["shared_buffers"] == f"{buffers_for(memory_here())}MB"
    assert "fsync" not in settings_of(durable=True)
    assert settings_of(durable=False)["fsync"] == "off"
