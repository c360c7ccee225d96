"""The inspector's scenarios, the very same functions, told over Kafka: every observation goes through the log, the custody step
with its store, the ledger and the graph, and what the scenarios read is what the decisions in the log say."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from eventlog.kafka import Access, KafkaLog
from graph.sqlite.store import SqliteGraph
from ledger.embedded import EmbeddedLedger
from pedigree.messages import Envelope, Observation, encode
from pedigree.ports import DECISIONS, DOCUMENTS, FACTS, OBSERVATIONS
from pedigree.seal.derive import unit_key
from streams.decisions import DecisionsReader
from streams.embedded import Runner
from streams.routing import partition_of
from streams.store import CustodyStore, unpack_row
from tests.acceptance import test_inspector, test_inspector_2
from tests.property.units import KEY, Units

pytestmark = pytest.mark.stack
PARTITIONS = {DOCUMENTS: 2, OBSERVATIONS: 2, DECISIONS: 2, FACTS: 1}
"""Enough for units to write to each other across partitions; each one costs questions to the broker."""
MODULES = (test_inspector, test_inspector_2)
TIMES_ALONE = "journaled"
"""What scenarios about an upload's times use: they have no units, so there is nothing to send through the line."""
SCENARIOS = [
    pytest.param(module, told, id=f"{module.__name__.rpartition('_inspector')[2] or '1'}-{name.removeprefix('test_')}")
    for module in MODULES
    for name, told in inspect.getmembers(module, inspect.isfunction)
    if name.startswith("test_") and not inspect.signature(told).parameters and TIMES_ALONE not in told.__code__.co_names
]


class KafkaUnits(Units):
    """A world of units whose line is on Kafka; kept open by `stack`."""

    def __init__(self, bootstrap: str, folder: Path, stack: ExitStack) -> None:
        super().__init__()
        folder.mkdir(parents=True)
        self._log = KafkaLog(Access(bootstrap, prefix=f"{folder.parent.name}-{folder.name}-"), PARTITIONS)
        self._reader = DecisionsReader(self._log)
        store, graph = CustodyStore(folder / "custody.sqlite"), SqliteGraph(folder / "graph.sqlite")
        self._ledger = EmbeddedLedger(folder / "ledger.sqlite", clock=lambda: self.tick)
        self._runner = Runner(self._log, store, self._ledger, graph, KEY, None, lambda: self.tick)
        self._seen = [0] * self._log.partitions(DECISIONS)
        for one in (self._log, store, self._ledger, graph):
            stack.callback(one.close)

    def deliver(self, observations: Iterable[Observation], rng: random.Random | None = None, limit: int = 100_000) -> int:
        before = self.number
        count = self._log.partitions(OBSERVATIONS)
        for observation in observations:
            self._log.append(OBSERVATIONS, partition_of(observation.unit, count), [encode(Envelope([observation]))])
        self._settle()
        return self.number - before

    def run_to(self, tick: int) -> None:
        self.tick = tick
        for partition in range(self._log.partitions(OBSERVATIONS)):
            self._log.append(OBSERVATIONS, partition, [encode(Envelope([], tick))])
        self._settle()

    def _settle(self) -> None:
        self._runner.drain()
        for partition in range(len(self._seen)):
            while messages := self._reader.read(partition, self._seen[partition], 100):
                for message, _ in messages:
                    assert not message.undecidable, message.undecidable
                    for decision in message.units:
                        self.number += 1
                        self.apply(msgspec.structs.replace(decision, row=unpack_row(decision.row)))
                self._seen[partition] += len(messages)
        for unit in self.rows:
            row = self.row(unit)
            if row.n:
                anchored = self._ledger.unit(unit_key(unit, KEY.unit_secrets(unit).s1))
                assert anchored is not None, f"{unit} is not on the ledger"
                assert (anchored.n, anchored.acc, anchored.open) == (row.n, row.acc, row.open), f"{unit} on the ledger"


@pytest.fixture
def worlds(kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[KafkaUnits]]:
    """Every `Units` that a scenario makes is on Kafka, and stands in this list."""
    made: list[KafkaUnits] = []
    with ExitStack() as stack:

        def units() -> KafkaUnits:
            made.append(KafkaUnits(kafka, tmp_path / f"world{len(made)}", stack))
            return made[-1]

        for module in MODULES:
            monkeypatch.setattr(module, "Units", units)
        yield made


@pytest.mark.parametrize(("module", "told"), SCENARIOS)
def test_a_scenario_over_kafka(worlds: list[KafkaUnits], module: object, told: Callable[[], None]) -> None:
    told()
    assert worlds, "the scenario made no world of units: it says nothing about the line"
    assert all(world.number for world in worlds)
