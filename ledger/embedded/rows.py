"""Reads of single tables that several modules share."""

from __future__ import annotations

import sqlite3

from chaincode.messages import lane_key
from ledger.embedded.schema import batch_sum
from ledger.port import LedgerCounts, LedgerReceipt, Position
from pedigree.errors import ProofError


class Nodes:
    """A lane's tree as a `pedigree.merkle.NodeSource`."""

    def __init__(self, connection: sqlite3.Connection, generation: int, partition: int) -> None:
        self._connection = connection
        self._lane = generation, partition

    def get_node(self, level: int, index: int) -> bytes:
        found = node(self._connection, *self._lane, level, index)
        if found is None:
            raise ProofError(f"the lane {'/'.join(map(str, self._lane))} has no node {index} at level {level}")
        return found


def node(connection: sqlite3.Connection, generation: int, partition: int, level: int, index: int) -> bytes | None:
    sql = "SELECT hash FROM node WHERE generation = ? AND partition = ? AND level = ? AND idx = ?"
    row = connection.execute(sql, (generation, partition, level, index)).fetchone()
    return row[0] if row is not None else None


def state(connection: sqlite3.Connection, key: str) -> bytes | None:
    row = connection.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
    return row[0] if row is not None else None


def lanes(connection: sqlite3.Connection) -> list[tuple[str, bytes]]:
    """(key, value) of every lane's world state."""
    return connection.execute("SELECT key, value FROM state WHERE key >= 'lane/' AND key < 'lane0'").fetchall()


def lane_of(key: str) -> tuple[int, int] | None:
    """(generation, partition) that the key of a lane's state names, None when it names none."""
    parts = key.split("/")
    if len(parts) != 3 or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return None
    lane = int(parts[1]), int(parts[2])
    return lane if lane_key(*lane) == key else None


def positions(connection: sqlite3.Connection, unit: bytes) -> list[Position]:
    sql = "SELECT n, generation, partition, batch, idx FROM position WHERE unit = ? ORDER BY n"
    return [Position(*row) for row in connection.execute(sql, (unit,))]


def receipts(
    connection: sqlite3.Connection, generation: int, partition: int, start: int, limit: int
) -> list[tuple[LedgerReceipt, bool]]:
    """From batch index `start` on; beside each whether its check sum holds."""
    found = connection.execute(
        "SELECT idx, record, root, committed_ms, agreed, sum FROM batch"
        " WHERE generation = ? AND partition = ? AND idx >= ? ORDER BY idx LIMIT ?",
        (generation, partition, start, limit),
    ).fetchall()
    if not found:
        return []
    doubts: dict[tuple[int, str], list[tuple[bytes, int]]] = {}
    for batch, unit, n, word in connection.execute(
        "SELECT batch, unit, n, word FROM dispute"
        " WHERE generation = ? AND partition = ? AND batch BETWEEN ? AND ? ORDER BY batch, unit, n",
        (generation, partition, found[0][0], found[-1][0]),
    ):
        doubts.setdefault((batch, word), []).append((unit, n))
    result = []
    for index, record, root, committed, agreed, check in found:
        receipt = LedgerReceipt(
            generation,
            partition,
            index,
            record,
            committed,
            index + 1,
            root,
            agreed,
            doubts.pop((index, "disputed"), []),
            doubts.pop((index, "unjudged"), []),
        )
        # A word that is neither of the two was edited in.
        result.append((receipt, batch_sum(receipt) == check and not any(batch == index for batch, _ in doubts)))
    return result


def counts(connection: sqlite3.Connection) -> LedgerCounts:
    def one(sql: str) -> int:
        return int(connection.execute(sql).fetchone()[0])

    return LedgerCounts(
        lanes=one("SELECT count(*) FROM state WHERE key >= 'lane/' AND key < 'lane0'"),
        batches=one("SELECT count(*) FROM batch"),
        units=one("SELECT count(*) FROM state WHERE key >= 'unit/' AND key < 'unit0'"),
        leaves=one("SELECT count(*) FROM position"),
        disputed=one("SELECT count(*) FROM dispute WHERE word = 'disputed'"),
        unjudged=one("SELECT count(*) FROM dispute WHERE word = 'unjudged'"),
        checkpoints=one("SELECT count(*) FROM (SELECT DISTINCT generation, partition, time_ms FROM checkpoint)"),
    )
