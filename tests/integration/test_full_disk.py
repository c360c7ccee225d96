"""A disk that is full: the worker says so and ends, nothing is lost, and it goes on by itself when there is room again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.demo.world import make_world
from ops.layout import Layout
from pedigree.ports import OBSERVATIONS
from streams.store import CustodyStore
from tests.acceptance.fleet import CaptureLine, Fleet
from tests.integration.live import wait_for

pytestmark = pytest.mark.stack
NOW = 1_790_000_000_000


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    folder = tmp_path / "data"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no small disk can be made here, so that a full one is NOT tested: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(folder: Path) -> Path:
    file = folder / "filler"
    try:
        with file.open("wb", buffering=0) as opened:
            while True:
                opened.write(b"x" * 4096)
    except OSError:
        return file


def test_a_full_disk_is_said_and_survived(kafka: str, small: Path, tmp_path: Path) -> None:
    prefix = f"{tmp_path.name}-"
    fleet = Fleet(tmp_path, kafka, prefix=prefix, crew=(("splitter", "1"), ("custody", "1")))
    custody = next(one for one in fleet.workers if one.name == "custody-1")
    (tmp_path / "capture").mkdir()
    line, world = CaptureLine(tmp_path / "capture", NOW, kafka, prefix), make_world(13, 300, NOW)
    line.state(world)
    try:
        fleet.start()
        filler = _fill(small)
        line.send_world(world)
        wait_for(lambda: "no room" in custody.last_words(60) and fleet.keeper.restarts.get("custody-1"), 90)
        assert not custody.ready()
        filler.unlink()

        def decided() -> bool:
            store = CustodyStore(Layout(small).custody)
            ends = {p: line.log.end(OBSERVATIONS, p) for p in range(line.log.partitions(OBSERVATIONS))}
            behind = [p for p, end in ends.items() if store.progress(p).source < end]
            store.close()
            return not behind and sum(ends.values()) > 0

        wait_for(lambda: custody.ready() and decided(), 120)
    finally:
        fleet.stop()
        line.close()
