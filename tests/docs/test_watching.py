"""What operators watch exists: metrics of dashboard, alerts and docs, events of logs."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from parcours import observe
from parcours.api.pages import _gauges
from parcours.domain.alerts import ALERTS as KINDS
from parcours.observe import MetricsObserver, event_name
from parcours.service.watch.gauges import Load

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "ops/grafana/parcours.json").read_text())
ALERTS = yaml.safe_load((ROOT / "ops/prometheus/alerts.yaml").read_text())
PAGE = (ROOT / "docs/operations.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| *(.*?) *\| (.*) \|$", re.MULTILINE)
USED = re.compile(r"\bparcours_\w+")
SELECTED = re.compile(r"(parcours_\w+)\{([^}]*)\}")
GROUPED = re.compile(r"\bby \(([^)]*)\)")


def told() -> dict[str, Metric]:
    """Every metric that a process tells, by its name without what the kind adds."""
    registry = CollectorRegistry()
    MetricsObserver(registry)
    load = Load(inside={"j": 1}, queued={"j": 1}, oldest={"timer": 0.0}, alerts={("ledger", "critical"): 1})
    return {metric.name: metric for one in (registry, _gauges(load)) for metric in one.collect()}


def exposed() -> dict[str, set[str]]:
    """Each series, with its labels."""
    labels: dict[str, set[str]] = {}
    for metric in told().values():
        names = {label for sample in metric.samples for label in sample.labels} - {"le"}
        ends = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(metric.type, ("",))
        for end in ends:
            labels[metric.name + end] = names
    registry = CollectorRegistry()
    MetricsObserver(registry)
    for collector in registry._collector_to_names:
        own = set(getattr(collector, "_labelnames", ()))
        for name in registry._collector_to_names[collector]:
            if name in labels:
                labels[name] = own
    return labels


def expressions() -> list[str]:
    targets = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    variables = [one["query"]["query"] for one in DASHBOARD["templating"]["list"] if one["type"] == "query"]
    alerts = [rule["expr"] for group in ALERTS["groups"] for rule in group["rules"]]
    assert len(targets) > 20
    return [*targets, *variables, *alerts]


@pytest.mark.parametrize("expression", expressions())
def test_dashboard_and_alerts_use_metrics_and_labels_that_exist(expression: str) -> None:
    known = exposed()
    used = USED.findall(expression)
    assert used
    assert set(used) <= set(known)
    have = set.union(*(known[name] for name in used)) | {"le", "instance"}
    for name, selector in SELECTED.findall(expression):
        assert set(re.findall(r"(\w+)\s*[=!]~?", selector)) <= known[name]
    for group in GROUPED.findall(expression):
        assert {label.strip() for label in group.split(",")} <= have


def test_every_metric_is_on_the_dashboard() -> None:
    used = {name for expression in expressions() for name in USED.findall(expression)}
    for name, metric in told().items():
        assert any(one.startswith(name) for one in used), (name, metric.type)


def test_the_panels_do_not_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_the_table_of_metrics_is_that_of_the_code() -> None:
    rows = {
        name: set(re.findall(r"`(\w+)`", labels))
        for name, labels, _ in ROW.findall(PAGE)
        if name.startswith("parcours_")
    }
    expected = {
        name.removesuffix("_bucket"): labels
        for name, labels in exposed().items()
        if not name.endswith(("_count", "_sum"))
    }
    assert rows == expected


def test_the_table_of_events_is_that_of_the_code() -> None:
    rows = {name: (level, re.findall(r"`(\w+)`", told)) for name, level, told in ROW.findall(PAGE)}
    kinds: tuple[Any, ...] = get_args(observe.Event)
    for kind in kinds:
        name = event_name(object.__new__(kind))
        assert name in rows, f"`{name}` has no row in docs/operations.md"
        level, named = rows[name]
        assert level == kind.level
        assert [word for word in named if word != "unit"] == [item.name for item in fields(kind)]


def test_the_table_of_alerts_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (critical|warning) \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)
    assert rows == [(kind, *entry) for kind, entry in KINDS.items()]
