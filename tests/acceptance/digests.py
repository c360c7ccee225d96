"""What a line has come to, whatever order and grouping it came in: histories, OPEN states on both sides, the graph's rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from graph.port import GraphReader
from ledger.port import Ledger
from ops.check.again import NUMBERS, TABLES, bare
from ops.check.graph import table_rows
from ops.check.progress import columns
from pedigree.custody.history import Consortium
from pedigree.custody.row import decode_row
from pedigree.ports import DOCUMENTS, EventLog
from streams.refolding import whole
from streams.store import CustodyStore, unpack_row


def results(store: CustodyStore, ledger: Ledger, graph: GraphReader, consortium: Consortium) -> Iterator[tuple[str, str]]:
    """(what, its value), each once."""
    for epc, _, _, _, packed in store.units():
        row = decode_row(unpack_row(packed))
        one = whole(epc, row, consortium, store)
        assert not one.differs, one.differs
        known = sorted((str(entry.identity), bare(entry)) for entry in one.entries if entry.alive)
        yield f"history {epc}", repr(known)
        yield f"shown {epc}", repr((row.open, row.shown))
        anchored = ledger.unit(one.key)
        assert anchored is not None, f"{epc} is not on the ledger"
        yield f"ledger {epc}", repr((anchored.open == row.open, anchored.n == row.n, anchored.acc == row.acc))
    for table in TABLES:
        left_out = NUMBERS.get(table, ())
        kept = [i for i, name in enumerate(columns(table)) if name not in left_out]
        for key, values in table_rows(graph, table):
            yield f"{table} {key}", repr(tuple(values[i] for i in kept))


def copy_documents(source: EventLog, target: EventLog) -> int:
    """Put the documents of one log into another one, each into its own partition; how many."""
    count = 0
    for partition in range(source.partitions(DOCUMENTS)):
        start = 0
        while records := source.read(DOCUMENTS, partition, start, 1_000):
            target.append(DOCUMENTS, partition, [record.value for record in records])
            start = records[-1].offset + 1
            count += len(records)
    return count


def digest(found: dict[str, str]) -> str:
    """One number for all of it."""
    made = hashlib.sha256()
    for what in sorted(found):
        made.update(f"{what}\0{found[what]}\n".encode())
    return made.hexdigest()


def differences(ours: dict[str, str], theirs: dict[str, str]) -> list[str]:
    """What differs: how much of each kind, and the first few of each with both values."""
    kinds: dict[str, list[str]] = {}
    for what in sorted(ours.keys() | theirs.keys()):
        if ours.get(what) != theirs.get(what):
            kinds.setdefault(what.partition(" ")[0], []).append(what)
    return [
        line
        for kind, found in kinds.items()
        for line in (f"{kind}: {len(found)}", *(f"{one}\n  {ours.get(one)}\n  {theirs.get(one)}" for one in found[:3]))
    ]
