"""The dashboard asks only for what is measured."""

from __future__ import annotations

import json
import re
from pathlib import Path

from prometheus_client import generate_latest

from ops import metrics
from streams.meter import Meter

DASHBOARD = Path(__file__).resolve().parents[2] / "ops" / "grafana" / "medtrace.json"


def test_every_query_of_the_dashboard_names_a_metric_that_exists() -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    asked = {name for panel in panels for target in panel["targets"] for name in re.findall(r"medtrace_\w+", target["expr"])}
    told = set(re.findall(r"^# TYPE (medtrace_\w+)", generate_latest(Meter().registry).decode(), re.MULTILINE))
    told |= set(re.findall(r'"(medtrace_\w+)"', Path(metrics.__file__).read_text(encoding="utf-8")))
    told |= {f"{name}_bucket" for name in told}
    assert len(asked) >= 10
    assert asked <= told, asked - told


def test_verdicts_are_counted_by_outcome_and_never_by_unit() -> None:
    meter = Meter()
    meter.decided([], 0.01)
    meter.committed(3, 0, 0.5)
    text = generate_latest(meter.registry).decode()
    assert "medtrace_batch_leaves_sum 3.0" in text
    assert "medtrace_decide_seconds_count 1.0" in text
    assert "epc" not in text
