"""One commit: the contract over the world state, and the rows that proofs are made of."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import count

from chaincode import contract
from chaincode.messages import Batch, Receipt, decode_lane, lane_key, unit_state_key
from ledger.embedded.schema import batch_sum
from ledger.embedded.world import World
from ledger.port import LedgerReceipt
from ledger.tree import pack_tree
from pedigree.merkle import Frontier, leaf_hash


def commit(connection: sqlite3.Connection, member: str, batch: Batch, now_ms: int) -> Receipt:
    """Inside a transaction that is rolled back when this raises."""
    world = World(connection, member)
    receipt = contract.commit(world, batch)
    before = world.read.get(lane_key(batch.generation, batch.partition))
    frontier = Frontier.decode(decode_lane(before).frontier) if before is not None else Frontier()
    keep(connection, batch, receipt, lambda unit: world.leaves_before(unit_state_key(unit)), frontier, now_ms)
    return receipt


def keep(
    connection: sqlite3.Connection,
    batch: Batch,
    receipt: Receipt,
    leaves_before: Callable[[bytes], int],
    frontier: Frontier,
    now_ms: int,
) -> bytes:
    """The rows beside the world state that proofs are made of; returns the packed tree over the batch's leaves.

    `leaves_before`: a unit's leaf count before the batch; `frontier`: the lane's tree before it, which gets the batch.
    """
    where = (batch.generation, batch.partition, receipt.batch)
    committed = _stamp(connection, where, now_ms)
    stored = LedgerReceipt(
        *where,
        receipt.record,
        committed,
        receipt.size,
        receipt.root,
        receipt.agreed,
        sorted(receipt.disputed),
        sorted(receipt.unjudged),
    )
    tree = pack_tree([leaf_hash(leaf) for message in batch.messages for group in message.groups for leaf in group.leaves])
    connection.execute(
        "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*where, receipt.record, receipt.root, committed, receipt.agreed, batch_sum(stored), tree),
    )
    connection.executemany("INSERT INTO position VALUES (?, ?, ?, ?, ?, ?)", _positions(leaves_before, batch, receipt.batch))
    doubts = [(*where, *at, "disputed") for at in receipt.disputed] + [(*where, *at, "unjudged") for at in receipt.unjudged]
    connection.executemany("INSERT INTO dispute VALUES (?, ?, ?, ?, ?, ?)", doubts)
    nodes = [(batch.generation, batch.partition, *node) for node in frontier.append(leaf_hash(receipt.record))]
    connection.executemany("INSERT INTO node VALUES (?, ?, ?, ?, ?)", nodes)
    return tree


def _stamp(connection: sqlite3.Connection, where: tuple[int, int, int], now_ms: int) -> int:
    """A clock that was set back must not make a batch older than the one before it."""
    last = connection.execute(
        "SELECT committed_ms FROM batch WHERE generation = ? AND partition = ? AND idx = ? - 1", where
    ).fetchone()
    return max(now_ms, last[0]) if last is not None else now_ms


def _positions(leaves_before: Callable[[bytes], int], batch: Batch, index: int) -> list[tuple[bytes, int, int, int, int, int]]:
    rows: list[tuple[bytes, int, int, int, int, int]] = []
    counts: dict[bytes, int] = {}
    leaf = count()
    for message in batch.messages:
        for group in message.groups:
            unit = group.unit
            n = counts[unit] if unit in counts else leaves_before(unit)
            after = counts[unit] = n + len(group.leaves)
            rows += [(unit, number, batch.generation, batch.partition, index, next(leaf)) for number in range(n, after)]
    rows.sort()
    return rows
