"""What each worker process of the stack does with the partitions that it has: the same steps as the embedded runner, one role a
process. A role knows nothing of the transport that feeds it; every call returns when everything that follows is durable."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from opentelemetry.trace import SpanContext

from graph.port import Graph
from ledger.port import Ledger
from ledger.witness import Witness
from pedigree.custody.history import Consortium
from pedigree.ports import DECISIONS, DOCUMENTS, FACTS, OBSERVATIONS, EventLog, Record
from pedigree.proof import decode_batch
from streams.custody import Custody
from streams.decisions import DecisionsReader
from streams.fed import FedLog
from streams.ledger_writer import LedgerWriter
from streams.meter import Meter
from streams.projector import Projector
from streams.splitter import GROUP as SPLITTER
from streams.splitter import Splitter
from streams.store import CustodyStore
from streams.ticker import Ticker
from streams.tracing import current, following

_UNCOVERED = 1_000
"""Batches of a lane that are remembered until a checkpoint covers them; more only when witnesses are silent for long."""


class Role(Protocol):
    """`name` is also the name of its consumer group. Calls come one at a time."""

    name: str
    topics: tuple[str, ...]

    def open(self, partition: int) -> None:
        """The partition is ours: follow what there is."""
        ...

    def drop(self, partition: int) -> None:
        """The partition is somebody else's now."""
        ...

    def take(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        """Do all that follows from what was delivered."""
        ...

    def idle(self) -> None:
        """About twice a second: what must happen though nothing is delivered."""
        ...

    def behind(self) -> dict[int, int]:
        """Partition -> records that wait."""
        ...


class SplitterRole:
    """Documents in, envelopes out."""

    name = SPLITTER
    topics: tuple[str, ...] = (DOCUMENTS,)

    def __init__(self, log: EventLog, meter: Meter) -> None:
        self._log, self._meter = FedLog(log), meter
        self._steps: dict[int, Splitter] = {}

    def open(self, partition: int) -> None:
        self._steps[partition] = Splitter(self._log, (partition,))

    def drop(self, partition: int) -> None:
        self._steps.pop(partition, None)
        self._log.starve(DOCUMENTS, partition)

    def take(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        self._log.feed(topic, partition, records)
        step = self._steps[partition]
        while step.position(partition) <= records[-1].offset:
            self._meter.documents.inc(step.step())

    def idle(self) -> None:
        pass

    def behind(self) -> dict[int, int]:
        return {p: step.behind() for p, step in self._steps.items()}


class CustodyRole:
    """Envelopes in, decisions out."""

    name = "custody"
    topics: tuple[str, ...] = (OBSERVATIONS,)

    def __init__(self, log: EventLog, store: CustodyStore, consortium: Consortium, meter: Meter) -> None:
        self._log, self._store, self._consortium, self._meter = FedLog(log), store, consortium, meter
        self._steps: dict[int, Custody] = {}

    def open(self, partition: int) -> None:
        self._steps[partition] = Custody(self._log, self._store, self._consortium, partition)

    def drop(self, partition: int) -> None:
        self._steps.pop(partition, None)
        self._log.starve(OBSERVATIONS, partition)

    def take(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        self._log.feed(topic, partition, records)
        step = self._steps[partition]
        while step.source <= records[-1].offset:
            began = time.perf_counter()
            messages = step.step()
            self._meter.decided([message for message, _ in messages], time.perf_counter() - began)

    def idle(self) -> None:
        pass

    def behind(self) -> dict[int, int]:
        return {p: self._log.end(OBSERVATIONS, p) - step.source for p, step in self._steps.items()}


class LedgerRole:
    """Decisions in, lanes of the ledger out; signs checkpoints where it is a witness."""

    name = "ledger"
    topics: tuple[str, ...] = (DECISIONS,)

    def __init__(
        self, log: EventLog, ledger: Ledger, witness: Witness | None, clock: Callable[[], int], meter: Meter
    ) -> None:
        self._log, self._ledger, self._witness, self._clock, self._meter = FedLog(log), ledger, witness, clock, meter
        self._reader = DecisionsReader(self._log)
        self._steps: dict[int, LedgerWriter] = {}
        self._uncovered: dict[int, list[tuple[int, SpanContext]]] = {}
        """By lane, where spans are wanted: batches that no checkpoint covers yet."""

    def open(self, partition: int) -> None:
        self._steps[partition] = LedgerWriter(self._log, self._reader, self._ledger, partition)
        self._drain(partition)

    def drop(self, partition: int) -> None:
        self._steps.pop(partition, None)
        self._uncovered.pop(partition, None)
        self._log.starve(DECISIONS, partition)

    def take(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        self._log.feed(topic, partition, records)
        self._drain(partition)

    def _drain(self, partition: int) -> None:
        began = time.perf_counter()
        while (receipt := self._steps[partition].step()) is not None:
            self._meter.committed(decode_batch(receipt.record).leaf_count, len(receipt.disputed), time.perf_counter() - began)
            if (context := current()) is not None:
                waiting = self._uncovered.setdefault(partition, [])
                waiting.append((receipt.size, context))
                del waiting[:-_UNCOVERED]
            began = time.perf_counter()

    def idle(self) -> None:
        if self._witness is not None and 0 in self._steps:  # one of several ledger workers signs
            self._witness.tick(self._clock())
        for partition in list(self._uncovered):
            self._tell_checkpoint(partition)

    def _tell_checkpoint(self, partition: int) -> None:
        """The last span of a trace: somebody has signed for what was committed, here or at another organisation."""
        waiting = self._uncovered[partition]
        checkpoint = self._ledger.checkpoint(self._steps[partition].generation, partition, waiting[0][0])
        if checkpoint is None:
            return
        covered = [context for size, context in waiting if size <= checkpoint.size]
        said = {"partition": partition, "size": checkpoint.size, "signers": len(checkpoint.signatures)}
        with following("checkpoint", covered, **said):
            self._uncovered[partition] = waiting[len(covered) :]
        if not self._uncovered[partition]:
            del self._uncovered[partition]

    def behind(self) -> dict[int, int]:
        return {p: step.behind() for p, step in self._steps.items()}


class ProjectorRole:
    """Documents, decisions and the ledger's receipts in, the graph out."""

    name = "projector"
    topics: tuple[str, ...] = (DOCUMENTS, DECISIONS)

    def __init__(self, log: EventLog, ledger: Ledger, graph: Graph, meter: Meter) -> None:
        self._log, self._ledger, self._graph, self._meter = FedLog(log), ledger, graph, meter
        self._steps: dict[int, Projector] = {}

    def open(self, partition: int) -> None:
        reader = DecisionsReader(self._log)
        self._steps[partition] = Projector(self._log, reader, self._ledger, self._graph, partitions=(partition,))

    def drop(self, partition: int) -> None:
        self._steps.pop(partition, None)
        for topic in self.topics:
            self._log.starve(topic, partition)

    def take(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        self._log.feed(topic, partition, records)
        self._drain(partition)

    def _drain(self, partition: int) -> None:
        while done := self._steps[partition].step():
            self._meter.projected.inc(done)

    def idle(self) -> None:
        for partition in self._steps:
            self._drain(partition)

    def behind(self) -> dict[int, int]:
        return {p: step.behind() for p, step in self._steps.items()}


class TickerRole:
    """Tells all partitions the time. Who has the facts' only partition does it; two for a moment do no harm."""

    name = "ticker"
    topics: tuple[str, ...] = (FACTS,)

    def __init__(self, log: EventLog, clock: Callable[[], int], interval_ms: int, meter: Meter) -> None:
        self._clock, self._meter = clock, meter
        self._ticker = Ticker(log, None, interval_ms)
        self._ours = False

    def open(self, partition: int) -> None:
        self._ours = True

    def drop(self, partition: int) -> None:
        self._ours = False

    def take(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        pass

    def idle(self) -> None:
        if self._ours:
            self._meter.ticks.inc(self._ticker.step(self._clock()))

    def behind(self) -> dict[int, int]:
        return {}
