"""The bench in memory judges as the line does, and its figures hang together."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.bench.detection.report import summary
from ops.bench.detection.score import score
from ops.bench.detection.world import AFTER, judge_world
from pedigree.custody.row import Row, decode_row
from pedigree.messages import encode
from pedigree.ports import DOCUMENTS
from tests.acceptance.line import Line as RealLine

SEED, PACKS, DAYS, FRAUD = 4, 120, 10, 0.05


def test_the_line_in_memory_says_what_the_line_on_disk_says(tmp_path: Path) -> None:
    told = judge_world(SEED, PACKS, DAYS, FRAUD, keep=True)
    real = RealLine(tmp_path, 0)
    for number, message in enumerate(told.line.captured):
        real.now = message.record_time
        real.log.append(DOCUMENTS, 0, [encode(message)])
        if number % 25 == 0:
            real.runner.drain()
    real.runner.drain()
    real.now += 4 * AFTER
    real.runner.drain()
    different = []
    for unit in told.line.memory.shown:
        data = real.store.row(unit)
        if data is None or _said(decode_row(data)) != _said(told.line.memory.row(unit)):
            different.append(unit)
    real.close()
    assert len(told.line.memory.shown) > PACKS
    assert different == []


def _said(row: Row) -> tuple[object, object, object]:
    """The state, and a digest of every verdict."""
    return row.open, row.shown, sorted(row.said)


def test_the_figures_of_a_small_world() -> None:
    one = score(judge_world(SEED, 250, 12, 0.05))
    result = summary([one])
    assert one.counts["honest_without"] > 40
    assert result["rates"]["recall, contradiction or journal"][0] in (1.0, pytest.approx(float("nan"), nan_ok=True))
    assert result["rates"]["honest packs without recording error shown suspect"][0] < 0.02
    assert sum(found for found, *_ in result["frauds"].values()) == sum(fraud.detected for fraud in one.frauds)
