"""How a publish plan is printed, and how answers are read from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parcours.cli.output import number_of, show, show_table
from parcours.domain.errors import ParcoursError
from parcours.service.commands.publish_plan import PublishPlan, StepPlan

__all__ = ["read_given_answers", "show_plan"]

RULES_MET = {
    "goal": "the goal now, and would succeed",
    "exit_rule": "an exit rule now, and would drop out",
    "excluded": "the exclusion list now, and would drop out",
    "profile_deleted": "their deletion",
}


def read_given_answers(given: Sequence[str] | None) -> dict[str, Any]:
    """Read `STEP=STEP` and `STEP=drop_out`. Raises ParcoursError `bad_option`."""
    answers: dict[str, Any] = {}
    for text in given or ():
        step, equals, target = text.partition("=")
        if not (step and equals and target):
            raise ParcoursError(
                "bad_option", f"{text!r} is no answer", place="--answer",
                hint="Write STEP=STEP or STEP=drop_out, such as --answer old_mail=new_mail.",
            )  # fmt: skip
        answers[step] = {"drop_out": True} if target == "drop_out" else {"to": target}
    return answers


def show_plan(plan: PublishPlan, *, refusal: bool = True) -> None:
    """Print what publishing would change, and for whom; `refusal`: also why it cannot be done."""
    show(f"{plan.journey} version {plan.version}: the publish plan", style="bold")
    _show_changes(plan)
    if not plan.inside:
        show("Nobody is inside.")
    elif plan.people == "stay":
        for version in plan.versions:
            where = f"version {version['version']} ({version['status']})"
            show(
                f"{number_of(version['inside'], 'person')} would stay in {where}.".replace(
                    "persons", "people"
                )
            )
        show("With --people move everybody goes over to the new version.")
    else:
        _show_people(plan)
    if refusal and plan.refused is not None:
        show(f"It cannot be published like this: {plan.message} ({plan.refused})", style="red")
        if plan.hint:
            show(plan.hint)


def _show_changes(plan: PublishPlan) -> None:
    changes = [change.text for change in plan.changes if change.people]
    silent = [change.text for change in plan.changes if not change.people]
    if changes:
        show("Changes:")
        for text in changes:
            show(f"  {text}")
    if silent:
        show("Without effect on those inside:")
        for text in silent:
            show(f"  {text}")
    if not plan.changes:
        show("Nothing differs." if plan.versions else "It is published for the first time.")


def _show_people(plan: PublishPlan) -> None:
    show()
    show(f"{plan.inside:,} inside would go over to version {plan.version}:")
    rows = [
        (step.step, step.here, step.goes_on or None, step.keeps_timer or None, step.waits or None, step.messages or None,
         _whither(step))
        for step in plan.steps
    ]  # fmt: skip
    numbers = ("here", "go on now", "keep their timer", "wait", "messages")
    show_table(("step", *numbers, ""), rows, numbers=numbers)
    for reason, number in (plan.matching or {}).items():
        show(f"Meeting {RULES_MET.get(reason, reason)}: {number:,}.")
    if plan.matching is None:
        show("New goal and exit rules are asked of each of them at once; how many meet them was not counted.")
    if plan.messages_cancelled:
        show(f"{number_of(plan.messages_cancelled, 'message')} of removed steps would be cancelled.")
    if plan.in_flight:
        show(f"{number_of(plan.in_flight, 'person')} would follow when a provider has answered.")
    if plan.kept:
        show(f"{number_of(plan.kept, 'event')} of the pause would be applied first.")


def _whither(step: StepPlan) -> str:
    if step.kind_changed:
        return "the step is of another kind now: give the new one its own id"
    if step.needs_answer:
        return f"{step.here:,} need an answer"
    if step.answer == "drop_out":
        return "drop out (step_removed)"
    return f"go to {step.answer}" if step.answer else ""
