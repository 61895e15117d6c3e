"""How the preview of a resume is printed."""

from __future__ import annotations

from parcours.cli.output import show, show_table
from parcours.service.commands.preview import Preview

__all__ = ["show_preview"]


def show_preview(preview: Preview) -> None:
    """Print what a resume of one version would set free, at once and later."""
    show()
    pace = "at once" if preview.catch_up is None else f"at {preview.catch_up:g} people a second"
    show(f"Version {preview.version}: a resume sets free, {pace}")
    rows: list[tuple[str, str, int]] = [
        ("kept", row["name"] or "outcome of a message", row["people"]) for row in preview.kept
    ]
    rows += [("overdue", step, people) for step, people in preview.now.items()]
    rows += [("message", step, number) for step, number in preview.messages.items()]
    if preview.queue:
        rows.append(("queue", "first step", preview.queue))
    if rows:
        show_table(("what", "where", "number"), rows, numbers=("number",))
    else:
        show("Nobody: nothing was kept, nothing is overdue, nobody queues.")
    if preview.later:
        show()
        show(f"Comes due in the {preview.hours} hours behind it")
        later = [
            (
                f"{row['hour']} to {row['hour'] + 1} h",
                row["step"],
                row["people"] or None,
                row["messages"] or None,
            )
            for row in preview.later
        ]
        numbers = ("people", "messages")
        show_table(("within", "step", *numbers), later, numbers=numbers)
