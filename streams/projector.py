"""Projector: documents, decisions and what the ledger has, into the graph. Each with its own progress, kept by the graph."""

from __future__ import annotations

from collections.abc import Iterable

from graph.model import Receipt
from graph.port import Graph
from ledger.port import Ledger
from pedigree.errors import StoreAheadError
from pedigree.messages import decode_document
from pedigree.ports import DECISIONS, DOCUMENTS, EventLog
from pedigree.proof import decode_batch
from streams.decisions import DecisionsReader


class Projector:
    """Feeds one graph from all partitions, or from those that it is told."""

    def __init__(
        self,
        log: EventLog,
        reader: DecisionsReader,
        ledger: Ledger,
        graph: Graph,
        generation: int = 0,
        partitions: Iterable[int] | None = None,
    ) -> None:
        self._log, self._reader, self._ledger, self._graph = log, reader, ledger, graph
        self.generation = generation
        wanted = list(range(log.partitions(DECISIONS)) if partitions is None else partitions)
        self._documents = {p: graph.progress(f"documents/{p}")[0] for p in wanted}
        self._decisions = {p: graph.progress(f"decisions/{generation}/{p}")[0] for p in wanted}
        self._batches: dict[int, int] = {}
        self._check()

    def _check(self) -> None:
        for partition, position in self._documents.items():
            if position > self._log.end(DOCUMENTS, partition):
                raise _ahead(DOCUMENTS, partition, position)
        for partition, number in self._decisions.items():
            head = self._graph.progress(f"decisions/{self.generation}/{partition}")[1]
            if not self._reader.holds(partition, number, head):
                raise _ahead(DECISIONS, partition, number)

    def step(self) -> int:
        """Project what is there, a bounded piece of each source; returns how much."""
        return sum(self._step_documents(p) for p in self._documents) + sum(
            self._step_decisions(p) + self._step_receipts(p) for p in self._decisions
        )

    def _step_documents(self, partition: int) -> int:
        position = self._documents[partition]
        records = self._log.read(DOCUMENTS, partition, position, 100, 4_000_000)
        if not records:
            return 0
        self._graph.apply_documents(partition, records[0].offset, [decode_document(r.value) for r in records])
        self._documents[partition] = records[-1].offset + 1
        return len(records)

    def _step_decisions(self, partition: int) -> int:
        messages = self._reader.read(partition, self._decisions[partition], 20)
        if not messages:
            return 0
        taken = self._graph.apply_decisions(messages)
        if taken < len(messages):
            self._decisions[partition] = self._graph.progress(f"decisions/{self.generation}/{partition}")[0]
        else:
            self._decisions[partition] = messages[-1][0].number + 1
        return taken

    def _step_receipts(self, partition: int) -> int:
        start = self._batches.get(partition)
        if start is None:
            start = self._known_batches(partition)
        found = self._ledger.receipts(self.generation, partition, start, 100)
        receipts = []
        for one in found:
            record = decode_batch(one.record)
            receipts.append(
                Receipt(self.generation, partition, record.first, record.last, one.batch, one.committed_ms, one.size)
            )
        if receipts:
            self._graph.apply_receipts(self.generation, partition, receipts)
            start = receipts[-1].batch + 1
        self._batches[partition] = start
        return len(receipts)

    def _known_batches(self, partition: int) -> int:
        anchored = self._graph.progress(f"ledger/{self.generation}/{partition}")[0]
        if not anchored:
            return 0
        receipt = self._graph.receipt(self.generation, partition, anchored - 1)
        return receipt.batch + 1 if receipt is not None else 0

    def behind(self) -> int:
        """Documents and decisions that are not in the graph yet."""
        documents = sum(self._log.end(DOCUMENTS, p) - n for p, n in self._documents.items())
        return documents + sum(self._reader.behind(p, n) for p, n in self._decisions.items())


def _ahead(topic: str, partition: int, position: int) -> StoreAheadError:
    return StoreAheadError(
        f"the graph has {topic} of partition {partition} up to {position - 1}, its log has not: the log was "
        "lost or exchanged; restore it, or rebuild the graph with 'medtrace replay'"
    )
