"""The reading side of the embedded ledger: lanes, units, receipts, proofs. Every method is one snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import TypeVar

import msgspec

from chaincode.messages import Lane, UnitState, decode_lane, decode_unit, lane_key, unit_state_key
from ledger.embedded import checkpoints, dump, faults, rows
from ledger.embedded.readers import Readers
from ledger.port import Dispute, DumpRow, LeafProof, LedgerCounts, LedgerReceipt, Position
from ledger.tree import PackedTree
from pedigree.errors import LedgerError, ProofError
from pedigree.merkle import consistency_path_from
from pedigree.proof import Checkpoint, decode_batch
from storage import sqlite

T = TypeVar("T")


class Queries:
    """Everything of `ledger.port.Ledger` that reads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._readers = Readers(path)

    def snapshot(self) -> AbstractContextManager[object]:
        return self._readers.reading()

    def head(self, generation: int, partition: int) -> Lane:
        with self._readers.reading() as connection:
            value = rows.state(connection, lane_key(generation, partition))
        return _decoded(decode_lane, value) if value is not None else Lane()

    def lanes(self) -> list[tuple[int, int, Lane]]:
        with self._readers.reading() as connection:
            found = rows.lanes(connection)
        lanes = []
        for key, value in found:
            lane = rows.lane_of(key)
            if lane is None:
                raise LedgerError(f"the world state has a row {key} that is no lane's")
            lanes.append((*lane, _decoded(decode_lane, value)))
        return sorted(lanes, key=lambda lane: lane[:2])

    def unit(self, key: bytes) -> UnitState | None:
        return self.units([key])[0]

    def units(self, keys: Sequence[bytes]) -> list[UnitState | None]:
        with self._readers.reading() as connection:
            values = [rows.state(connection, unit_state_key(key)) for key in keys]
        return [_decoded(decode_unit, value) if value is not None else None for value in values]

    def receipts(self, generation: int, partition: int, start_batch: int = 0, limit: int = 100) -> list[LedgerReceipt]:
        with self._readers.reading() as connection:
            return [receipt for receipt, _ in rows.receipts(connection, generation, partition, start_batch, limit)]

    def receipt_before(self, generation: int, partition: int, time_ms: int) -> LedgerReceipt | None:
        with self._readers.reading() as connection:
            sql = "SELECT idx FROM batch WHERE generation = ? AND partition = ? AND committed_ms < ? ORDER BY idx DESC LIMIT 1"
            found = connection.execute(sql, (generation, partition, time_ms)).fetchone()
            if found is None:
                return None
            return next(receipt for receipt, _ in rows.receipts(connection, generation, partition, found[0], 1))

    def positions(self, key: bytes) -> list[Position]:
        with self._readers.reading() as connection:
            return rows.positions(connection, key)

    def leaf_proof(self, position: Position) -> LeafProof:
        found = self.leaf_proofs([position])[0]
        if found is None:
            raise ProofError(f"the ledger has no leaf {'/'.join(map(str, position[1:]))}")
        return found

    def leaf_proofs(self, positions: Sequence[Position]) -> list[LeafProof | None]:
        trees: dict[tuple[int, int, int], tuple[bytes, PackedTree] | None] = {}
        with self._readers.reading() as connection:
            for position in positions:
                if position[1:4] not in trees:
                    trees[position[1:4]] = _tree(connection, position[1:4])
        proofs: list[LeafProof | None] = []
        for position in positions:
            found = trees[position[1:4]]
            if found is None or not 0 <= position.leaf < found[1].size:
                proofs.append(None)
            else:
                record, tree = found
                proofs.append(LeafProof(record, tree.get_node(0, position.leaf), tree.path(position.leaf)))
        return proofs

    def nodes(self, generation: int, partition: int, wanted: Sequence[tuple[int, int]]) -> list[bytes | None]:
        with self._readers.reading() as connection:
            return [rows.node(connection, generation, partition, level, index) for level, index in wanted]

    def consistency(self, old: Checkpoint, new: Checkpoint) -> list[bytes]:
        if old.lane != new.lane:
            raise ProofError("the two checkpoints are not of one lane")
        with self._readers.reading() as connection:
            return consistency_path_from(old.size, new.size, rows.Nodes(connection, *new.lane))

    def checkpoint(
        self, generation: int, partition: int, at_least: int = 0, *, signer: str = "", signers: int = 1
    ) -> Checkpoint | None:
        with self._readers.reading() as connection:
            found = checkpoints.latest(connection, generation, partition, signer, signers)
        return found if found is not None and found.size >= at_least else None

    def checkpoints(self, generation: int, partition: int, after_ms: int = -1, limit: int = 100) -> list[Checkpoint]:
        with self._readers.reading() as connection:
            return checkpoints.page(connection, generation, partition, after_ms, limit)

    def disputes(self, after: Dispute | None = None, limit: int = 100) -> list[Dispute]:
        start = tuple(after[:5]) if after is not None else (-1, -1, -1, b"", -1)
        key = "generation, partition, batch, unit, n"
        sql = f"SELECT {key}, word FROM dispute WHERE ({key}) > (?, ?, ?, ?, ?) ORDER BY {key} LIMIT ?"
        with self._readers.reading() as connection:
            return [Dispute(*row) for row in connection.execute(sql, (*start, limit))]

    def counts(self) -> LedgerCounts:
        with self._readers.reading() as connection:
            return rows.counts(connection)

    def faults(self, key: bytes | None = None) -> list[str]:
        with self._readers.reading() as connection:
            found = faults.of_unit(connection, key) if key is not None else faults.of_all(connection)
            return list(dict.fromkeys(found))

    def dump(self) -> Iterator[DumpRow]:
        # A connection of its own: a reader that stops half way must not keep the thread's snapshot.
        with closing(sqlite.open(self.path, read_only=True)) as connection, sqlite.transaction(connection, "DEFERRED"):
            yield from dump.dump(connection)


def _decoded(decode: Callable[[bytes], T], value: bytes) -> T:
    try:
        return decode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as broken:
        raise LedgerError(f"a row of the world state can't be read: {broken}") from broken


def _tree(connection: sqlite3.Connection, batch: tuple[int, ...]) -> tuple[bytes, PackedTree] | None:
    sql = "SELECT record, tree FROM batch WHERE generation = ? AND partition = ? AND idx = ?"
    row = connection.execute(sql, batch).fetchone()
    if row is None:
        return None
    try:
        return row[0], PackedTree(decode_batch(row[0]).leaf_count, row[1])
    except ProofError:
        return None
