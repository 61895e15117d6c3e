"""Journey → Plan: where people rest, and the routes between the rests, as printable data.

A person never rests at a split or an experiment, so these are folded into the routes that lead through them. A route
is one way from one exit of a rest to the next rest; it has a number, and the compiled decision answers with that number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias

from parcours.domain.condition import Condition
from parcours.domain.journey import (
    Awaited,
    DropOut,
    Email,
    End,
    Experiment,
    Journey,
    Jump,
    Split,
    Step,
    Target,
    UpdateProfile,
    Wait,
    WaitFor,
    Webhook,
)

__all__ = [
    "SKIP_REASONS",
    "Arm",
    "Draw",
    "Exit",
    "Fork",
    "Given",
    "Leaf",
    "Plan",
    "Rest",
    "Route",
    "Tree",
    "build_plan",
]

# A split whose own alternatives exceed this is made a rest where several ways lead to it: routes stay few.
MOST_ROUTES = 24


@dataclass(frozen=True, slots=True)
class Route:
    """One way: `path` are the steps entered, `stands` where the person is afterwards (None: where it was)."""

    number: int
    path: tuple[str, ...]
    stands: str | None
    outcome: Literal["rest", "end", "drop_out"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A decision made: take this route."""

    route: int


@dataclass(frozen=True, slots=True)
class Fork:
    """A decision to make at a split: the first branch that is true, else `otherwise`."""

    step: str
    branches: tuple[tuple[Condition, Tree], ...]
    otherwise: Tree


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm of an experiment: for numbers below `below` that no arm before it takes."""

    name: str
    below: int
    tree: Tree


@dataclass(frozen=True, slots=True)
class Draw:
    """A decision by the person's number in an experiment, 0 to 2³² - 1 (R28): the first arm that takes it."""

    step: str
    arms: tuple[Arm, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """A decision on entering a wait: whether the field (root, path) that it waits for is an instant (R19)."""

    step: str
    field: tuple[str, tuple[str, ...]]
    present: Tree
    missing: Tree


Tree: TypeAlias = Leaf | Fork | Draw | Given


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out of a rest: by time (`timer`), by an awaited event, or by a message's outcome."""

    name: str  # timer | event | sent | skipped:REASON… | failed
    tree: Tree
    awaited: Awaited | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """A step at which people stand, and its ways out."""

    step: str
    kind: str
    exits: tuple[Exit, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a journey compiles to before it becomes SQL.

    `landings`: where people go who are transferred from a step at which nobody stands here.
    """

    journey: Journey
    entry: Tree
    rests: tuple[Rest, ...]
    routes: tuple[Route, ...]
    landings: Mapping[str, Tree] = field(default_factory=dict)

    def rest(self, step: str) -> Rest:
        """Return the rest at a step; KeyError where nobody rests."""
        return next(rest for rest in self.rests if rest.step == step)

    def describe(self) -> list[str]:
        """Return the plan as lines to read: every rest with its ways out."""
        lines = [f"journey {self.journey.key}", "entry"]
        lines += _describe_tree(self.entry, self.routes, "  ")
        for rest in self.rests:
            lines.append(f"{rest.step} ({rest.kind})")
            for way in rest.exits:
                lines.append(f"  {way.name}" + (f" {way.awaited.event}" if way.awaited else ""))
                lines += _describe_tree(way.tree, self.routes, "    ")
        return lines


def build_plan(journey: Journey, answers: Mapping[str, Target] | None = None) -> Plan:
    """Fold splits into routes and list every rest with its exits. The journey must have passed the checks.

    `answers`, where people are transferred to this journey: whither those go who stand at steps that it lacks.
    """
    return _Builder(journey).build(answers)


# Where a message is refused for one of these, the person leaves unless the journey says otherwise (lifecycle).
LEAVING_SKIPS = ("no_consent", "not_subscribed", "suppressed")
SKIP_REASONS = (*LEAVING_SKIPS, "no_address", "duplicate_address", "frequency_cap", "expired")


@dataclass(slots=True)
class _Builder:
    journey: Journey
    routes: dict[tuple[tuple[str, ...], str | None, str, str | None], Route] = field(default_factory=dict)
    resting_splits: frozenset[str] = frozenset()

    def build(self, answers: Mapping[str, Target] | None) -> Plan:
        steps = self.journey.steps
        self.resting_splits = _splits_that_rest(steps)
        entry = self.tree(Jump(self.journey.first_step), "split_else", ())
        rests = tuple(
            Rest(step.id, _kind(step), self.exits(step))
            for step in steps.values()
            if not isinstance(step, End)
            and (not isinstance(step, Split | Experiment) or step.id in self.resting_splits)
        )
        landings = {} if answers is None else self.landings(answers)
        return Plan(self.journey, entry, rests, tuple(self.routes.values()), landings)

    def landings(self, answers: Mapping[str, Target]) -> dict[str, Tree]:
        """Answers, and steps that decide at once: the former version may have let people rest there."""
        found = {step: self.tree(target, "step_removed", ()) for step, target in answers.items()}
        for step in self.journey.steps.values():
            if step.id in self.resting_splits:
                continue
            if isinstance(step, Split):
                found[step.id] = self.fork(step, ())
            elif isinstance(step, Experiment):
                found[step.id] = self.draw(step, ())
        return found

    def exits(self, step: Step) -> tuple[Exit, ...]:
        match step:
            case Wait() | UpdateProfile():
                return (Exit("timer", self.tree(Jump(step.next), "split_else", ())),)
            case Split():
                return (Exit("timer", self.fork(step, ())),)
            case Experiment():
                return (Exit("timer", self.draw(step, ())),)
            case WaitFor():
                ways = [Exit("event", self.tree(a.target, "exit_rule", ()), a) for a in step.events]
                if step.timeout:
                    ways.append(Exit("timer", self.tree(step.timeout.target, "wait_timeout", ())))
                return tuple(ways)
            case Email() | Webhook():
                return self.message_exits(step)
        raise ValueError(f"step {step.id} is not available")

    def message_exits(self, step: Email | Webhook) -> tuple[Exit, ...]:
        on_skip = step.on_skip or self.journey.email.on_skip if isinstance(step, Email) else None
        ways = [Exit("sent", self.tree(Jump(step.next), "split_else", ()))]
        for reason in SKIP_REASONS:
            if on_skip is None:
                target: Target = DropOut() if reason in LEAVING_SKIPS else Jump(step.next)
            else:
                target = Jump(step.next) if on_skip == "next" else on_skip
            ways.append(Exit(f"skipped:{reason}", self.tree(target, reason, ())))
        ways.append(Exit("skipped:pause_discard", self.tree(DropOut(), "pause_discard", ())))
        for reason in ("send_failed", "step_failed"):
            if step.on_error is None or reason == "step_failed":
                target = DropOut()
            else:
                target = Jump(step.next) if step.on_error == "next" else step.on_error
            ways.append(Exit(f"failed:{reason}", self.tree(target, reason, ())))
        return tuple(ways)

    def tree(self, target: Target, reason: str, path: tuple[str, ...]) -> Tree:
        if isinstance(target, DropOut):
            stands = path[-1] if path else None
            return self.leaf(path, stands, "drop_out", reason)
        step = self.journey.steps[target.step]
        path = (*path, step.id)
        if isinstance(step, End):
            return self.leaf(path, step.id, "end", None)
        if isinstance(step, Split) and step.id not in self.resting_splits:
            return self.fork(step, path)
        if isinstance(step, Experiment) and step.id not in self.resting_splits:
            return self.draw(step, path)
        if isinstance(step, Wait) and step.until_field is not None:
            present = self.leaf(path, step.id, "rest", None)
            return Given(step.id, step.until_field, present, self.tree(_missing(step), "wait_timeout", path))
        return self.leaf(path, step.id, "rest", None)

    def fork(self, step: Split, path: tuple[str, ...]) -> Fork:
        return Fork(
            step.id,
            tuple((b.when, self.tree(b.target, "exit_rule", path)) for b in step.branches),
            self.tree(step.otherwise, "split_else", path),
        )

    def draw(self, step: Experiment, path: tuple[str, ...]) -> Draw:
        arms, total = [], Fraction(0)
        for share in step.shares:
            total += Fraction(repr(share.share))  # as it was written: in decimal
            below = math.ceil(total * 2**32 / 100)
            arms.append(Arm(share.name, below, self.tree(share.target, "exit_rule", path)))
        return Draw(step.id, tuple(arms))

    def leaf(
        self,
        path: tuple[str, ...],
        stands: str | None,
        outcome: Literal["rest", "end", "drop_out"],
        reason: str | None,
    ) -> Leaf:
        key = (path, stands, outcome, reason)
        if key not in self.routes:
            self.routes[key] = Route(len(self.routes) + 1, path, stands, outcome, reason)
        return Leaf(self.routes[key].number)


def _missing(step: Wait) -> Target:
    return Jump(step.next) if step.on_missing == "next" else step.on_missing


def _kind(step: Step) -> str:
    names = {
        Email: "email",
        Webhook: "webhook",
        Wait: "wait",
        WaitFor: "wait_for",
        UpdateProfile: "update_profile",
        Split: "split",
        Experiment: "experiment",
    }
    return names[type(step)]


def _splits_that_rest(steps: Mapping[str, Step]) -> frozenset[str]:
    """Choose the splits and experiments at which people rest for an instant: joined ones would multiply routes."""
    resting: set[str] = set()
    sizes: dict[str, int] = {}

    def size(step_id: str) -> int:
        step = steps[step_id]
        if isinstance(step, Wait) and step.until_field is not None and step_id not in sizes:
            sizes[step_id] = 1
            target = _missing(step)
            sizes[step_id] += size(target.step) if isinstance(target, Jump) else 1
        if not isinstance(step, Split | Experiment) or step_id in resting:
            return sizes.get(step_id, 1)
        if step_id not in sizes:
            sizes[step_id] = 1  # a cycle of splits alone is refused by the checks
            if isinstance(step, Split):
                targets = [*(b.target for b in step.branches), step.otherwise]
            else:
                targets = [share.target for share in step.shares]
            total = sum(size(t.step) if isinstance(t, Jump) else 1 for t in targets)
            sizes[step_id] = total
            if total > MOST_ROUTES:
                resting.add(step_id)
                return 1
        return sizes[step_id]

    for step_id in steps:
        size(step_id)
    return frozenset(resting)


def _describe_tree(tree: Tree, routes: tuple[Route, ...], indent: str) -> list[str]:
    if isinstance(tree, Leaf):
        route = routes[tree.route - 1]
        ways = " → ".join(route.path) or "here"
        ending = {"rest": "", "end": " (end)", "drop_out": f" (drops out: {route.reason})"}[route.outcome]
        return [f"{indent}route {route.number}: {ways}{ending}"]
    lines = []
    if isinstance(tree, Given):
        name = ".".join((tree.field[0], *tree.field[1]))
        lines += [f"{indent}{tree.step} until {name}", *_describe_tree(tree.present, routes, indent + "  ")]
        return [
            *lines,
            f"{indent}{tree.step} without it",
            *_describe_tree(tree.missing, routes, indent + "  "),
        ]
    if isinstance(tree, Draw):
        for arm in tree.arms:
            lines.append(f"{indent}{tree.step} arm {arm.name} below {arm.below * 100 / 2**32:g} %")
            lines += _describe_tree(arm.tree, routes, indent + "  ")
        return lines
    for number, (_, branch) in enumerate(tree.branches, 1):
        lines.append(f"{indent}{tree.step} branch {number}")
        lines += _describe_tree(branch, routes, indent + "  ")
    lines.append(f"{indent}{tree.step} else")
    return lines + _describe_tree(tree.otherwise, routes, indent + "  ")
