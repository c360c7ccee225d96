"""The demonstration's stories, end to end: what each pack's page must come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.demo.world import make_world
from tests.acceptance.line import Line

NOW = 1_790_000_000_000


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    folder: Path = tmp_path_factory.mktemp("line")
    world = make_world(7, 1000, NOW)
    line = Line(folder, NOW)
    line.state(world)
    line.send_world(world)
    line.settle()
    line.world = world  # type: ignore[attr-defined]
    return line


def test_everything_is_decided_and_nothing_is_disputed(line: Line) -> None:
    counts = line.ledger.counts()
    assert counts.disputed == 0
    assert counts.unjudged == 0
    assert line.graph.counts().undecidable == 0
    assert line.graph.counts().verdicts.get("pending", 0) == 0
