"""How far a graph is by its rows, so that an edited position is named and does not decide what is compared."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from graph.dumpspec import SPECS
from graph.port import GraphReader
from ledger.port import Ledger
from ops.check.custody import rows_have, taken_by
from ops.check.difference import Row
from ops.check.logs import numbered
from ops.check.stores import GENERATION, Snapshot
from pedigree.errors import ProofError
from pedigree.ports import DECISIONS, DOCUMENTS, EventLog
from pedigree.proof import decode_batch

_PAGE = 500


def columns(table: str) -> list[str]:
    """Names of the values of a table of the graph."""
    return [name.partition("@")[0] for name in SPECS[table].values.split()]


class Ends(msgspec.Struct, frozen=True):
    """For each partition: the document and the decision that come next, and the first decision without a receipt."""

    documents: list[int]
    decisions: list[int]
    receipts: list[int]

    def rows(self, log: EventLog) -> list[Row]:
        """What the table `progress` must hold."""
        rows: dict[str, tuple[int, bytes]] = {}
        for partition, end in enumerate(self.decisions):
            head = next((hash_ for _, hash_ in numbered(log, partition, end - 1, end)), b"") if end else b""
            rows[f"decisions/{GENERATION}/{partition}"] = (end, head)
        rows |= {f"documents/{partition}": (end, b"") for partition, end in enumerate(self.documents)}
        rows |= {f"ledger/{GENERATION}/{partition}": (end, b"") for partition, end in enumerate(self.receipts)}
        return [((source,), values) for source, values in sorted(rows.items()) if values[0]]


def ends_of(taken: Snapshot, graph: GraphReader) -> Ends:
    """By the log, the rows and the ledger, wherever what the graph says of itself does not agree with them."""
    partitions = range(taken.partitions)
    documents = [min(has, taken.ends[DOCUMENTS, p]) for p, has in enumerate(_documents(graph, taken.partitions))]
    said = [graph.progress(f"decisions/{GENERATION}/{p}") for p in partitions]
    has = rows_have(_numbers(graph), taken) if not all(number for number, _ in said) else [0] * len(said)
    decisions = []
    for p, (number, head) in enumerate(said):
        end = taken.ends[DECISIONS, p]
        known = taken_by(taken.log, p, end, number, head)
        decisions.append(max(known if known is not None else min(number, end), has[p]))
    return Ends(documents, decisions, _receipts(taken, graph))


def _numbers(graph: GraphReader) -> Iterator[tuple[int, int]]:
    """Partition and number of every unit's last decision."""
    names = ["epc", *columns("unit")]
    partition, number = names.index("partition"), names.index("number")
    for row in graph.rows("unit"):
        at, last = row[partition], row[number]
        if isinstance(at, int) and isinstance(last, int):
            yield at, last


def _documents(graph: GraphReader, partitions: int) -> list[int]:
    """Every document has a row, and rows of the events that it carried."""
    far = [0] * partitions
    for table in ("document", "carried"):
        for partition, offset, *_ in graph.rows(table):
            if isinstance(partition, int) and isinstance(offset, int) and 0 <= partition < partitions:
                far[partition] = max(far[partition], offset + 1)
    return far


def _receipts(taken: Snapshot, graph: GraphReader) -> list[int]:
    """The last of the ledger's boundaries that either the position or a row names."""
    claims: list[set[int]] = [{graph.progress(f"ledger/{GENERATION}/{p}")[0]} for p in range(taken.partitions)]
    for _, partition, _, last, *_ in graph.rows("receipt"):
        if isinstance(partition, int) and isinstance(last, int) and 0 <= partition < taken.partitions:
            claims[partition].add(last + 1)
    if taken.ledger is None:
        return [max(claim) for claim in claims]
    far = []
    for partition, claim in enumerate(claims):
        bounds = (last + 1 for _, (last, *_) in _batches(taken.ledger, partition))
        far.append(max((bound for bound in bounds if bound in claim), default=0))
    return far


def receipts(ledger: Ledger, ends: list[int]) -> Iterator[Row]:
    """The ledger's batches before these decisions, one end for each lane, as rows of receipts."""
    for partition, end in enumerate(ends):
        for key, values in _batches(ledger, partition):
            if values[0] < end:
                yield key, values


def _batches(ledger: Ledger, partition: int) -> Iterator[tuple[tuple[int, int, int], tuple[int, int, int, int]]]:
    start = 0
    while page := ledger.receipts(GENERATION, partition, start, _PAGE):
        for stored in page:
            start = stored.batch + 1
            try:
                record = decode_batch(stored.record)
            except ProofError:
                continue  # the ledger's own comparison names it
            yield (GENERATION, partition, record.first), (record.last, stored.batch, stored.committed_ms, stored.size)
