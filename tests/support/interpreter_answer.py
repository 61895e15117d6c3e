"""What the line of a command says beside what was asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from support.interpreter_world import Version, World

__all__ = ["Answer", "counts"]


@dataclass
class Answer:
    """What the command line says beside what was asked."""

    version: int | None = None
    source: str | None = None
    target: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    refused: str | None = None
    error: str | None = None


def counts(world: World, *versions: Version) -> dict[str, int]:
    inside = world.inside(*versions)
    return {
        "inside": len(inside),
        "queued": sum(p.queued for p in inside),
        "messages": sum(p.waits_to_send for p in inside),
    }
