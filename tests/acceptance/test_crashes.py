"""A process that ends between any two writes, two of them on one folder: what comes out is what comes out undisturbed."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventlog.sqlite import SqliteLog
from ops.demo.world import make_world
from pedigree.messages import DocumentMessage
from streams import embedded
from tests.acceptance.crashes import LATER, Clock, Process, everything, put, settle, small_world
from tests.acceptance.digests import differences
from tests.acceptance.line import PARTITIONS, Line

NOW = 1_790_000_000_000
SIZE = 24
MINUTE = 60_000


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[DocumentMessage]:
    """What capture makes of a demonstration."""
    world = make_world(11, 1000, NOW)
    line = Line(tmp_path_factory.mktemp("captured"), NOW)
    line.state(world)
    line.send_world(world)
    found = everything(line.log)
    line.close()
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where that can be had: a process dies here, not the machine, and thousands of waits for a disk say nothing."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="crashes-") as made:
        yield Path(made)


@pytest.fixture(autouse=True)
def same_each_time(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Positions are remembered after every round, or only at rest, and not when half a second of real time is over."""
    seed = request.node.callspec.params["seed"]
    monkeypatch.setattr(embedded, "COMMIT_EVERY_S", 0.0 if seed % 2 else 1e9)


def undisturbed(folder: Path, documents: list[DocumentMessage], end: int) -> dict[str, str]:
    clock = Clock(NOW)
    process = Process(folder, clock, random.Random(0), 0.0)
    process.start()
    for message in documents:
        put(process.log, message)
    settle(process, clock, end)
    found = process.results()
    process.end()
    return found


@pytest.mark.parametrize("seed", [*range(30), *(pytest.param(n, marks=pytest.mark.slow) for n in range(30, 230))])
def test_a_crash_between_any_two_writes_changes_nothing(documents: list[DocumentMessage], folder: Path, seed: int) -> None:
    rng = random.Random(seed)
    world = small_world(documents, rng, SIZE)
    end = NOW + 4 * LATER
    expected = undisturbed(folder / "undisturbed", world, end)
    clock = Clock(NOW)
    process = Process(folder / "crashing", clock, rng, rng.choice([0.01, 0.05, 0.15]))
    source = SqliteLog(folder / "crashing" / "log", PARTITIONS)
    rng.shuffle(world)
    for message in world:
        put(source, message)
        for _ in range(rng.choice([0, 1, 3])):
            process.step()
        clock.now += rng.choice([0, 0, 7_000, MINUTE])
    source.close()
    assert process.deaths
    settle(process, clock, end)
    assert differences(process.results(), expected) == []
    process.end()


@pytest.mark.parametrize("seed", [*range(10), *(pytest.param(n, marks=pytest.mark.slow) for n in range(10, 80))])
def test_two_runners_on_one_folder_lose_and_double_nothing(documents: list[DocumentMessage], folder: Path, seed: int) -> None:
    """Each is paused for long now and then, in the middle of a round too: it dies there, or goes on with what it knew."""
    rng = random.Random(1_000 + seed)
    world = small_world(documents, rng, SIZE)
    end = NOW + 4 * LATER
    expected = undisturbed(folder / "undisturbed", world, end)
    clock = Clock(NOW)
    both = [Process(folder / "both", clock, rng, rng.choice([0.0, 0.02])) for _ in range(2)]
    source = SqliteLog(folder / "both" / "log", PARTITIONS)
    awake = 0
    for message in world:
        put(source, message)
        if rng.random() < 0.2:
            awake = rng.randrange(2)
        for _ in range(rng.choice([0, 1, 3])):
            both[awake if rng.random() < 0.8 else rng.randrange(2)].step()
        clock.now += rng.choice([0, 7_000])
    source.close()
    last, other = both if rng.random() < 0.5 else both[::-1]
    if rng.random() < 0.5:
        other.end()  # it never says another word
    settle(last, clock, end)
    assert differences(last.results(), expected) == []
    for one in both:
        one.end()
