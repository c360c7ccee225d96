"""Rows that were changed by another hand: check sums, and trees, nodes, heads and checkpoints against each other."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec

from chaincode.messages import Lane, decode_lane, lane_key, unit_state_key
from ledger.embedded import checkpoints, rows
from ledger.embedded.schema import state_sum
from ledger.port import LedgerReceipt
from ledger.tree import PackedTree, pack_tree
from pedigree.errors import ProofError
from pedigree.merkle import Frontier, leaf_hash
from pedigree.proof import decode_batch

LaneId = tuple[int, int]


def of_unit(connection: sqlite3.Connection, unit: bytes) -> list[str]:
    """Check sums of the rows that a unit stands on, and its lanes' heads and latest checkpoints."""
    found = _state(connection, unit_state_key(unit))
    batches = sorted({position[1:4] for position in rows.positions(connection, unit)})
    for batch in batches:
        for receipt, holds in rows.receipts(connection, *batch, 1):
            if receipt.batch == batch[2] and not holds:
                found.append(f"ledger.batch {_path(batch)}")
    for lane in sorted({batch[:2] for batch in batches}):
        found += _lane(connection, lane)
    return found


def of_all(connection: sqlite3.Connection) -> Iterator[str]:
    """Every row of the ledger. Positions and world state can be told only by a replay (`dump`), but for their check sums."""
    for key, value, check in connection.execute("SELECT key, value, sum FROM state ORDER BY key"):
        if check != state_sum(key, value):
            yield f"ledger.state {key}"
    lanes: set[LaneId] = set(connection.execute("SELECT generation, partition FROM batch GROUP BY 1, 2"))
    for key, _ in rows.lanes(connection):
        found = rows.lane_of(key)
        if found is None:
            yield f"ledger.state {key}"
        else:
            lanes.add(found)
    lanes.update(connection.execute("SELECT generation, partition FROM checkpoint GROUP BY 1, 2"))
    for lane in sorted(lanes):
        yield from _batches(connection, lane)
        yield from _lane(connection, lane)
    for *where, key_id in checkpoints.miscounted(connection):
        yield f"ledger.checkpoint {'/'.join(map(str, where))} of key {key_id}: not as many as it has signed"


def _state(connection: sqlite3.Connection, key: str) -> list[str]:
    row = connection.execute("SELECT value, sum FROM state WHERE key = ?", (key,)).fetchone()
    return [f"ledger.state {key}"] if row is not None and row[1] != state_sum(key, row[0]) else []


def _lane(connection: sqlite3.Connection, lane: LaneId) -> list[str]:
    """The head against the last batch, and the latest checkpoint of each key against what the key signed last."""
    key = lane_key(*lane)
    found = _state(connection, key)
    value = rows.state(connection, key)
    if value is None:
        found.append(f"ledger.state {key} is missing")
    elif not found:
        try:
            found += _last(connection, lane, decode_lane(value))
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            found.append(f"ledger.state {key}")
    return found + [f"ledger.checkpoint {_path(lane)} of key {key_id}" for key_id in checkpoints.pointers(connection, *lane)]


def _last(connection: sqlite3.Connection, lane: LaneId, head: Lane) -> list[str]:
    name = f"ledger.batch {_path((*lane, head.size - 1))}"
    stored = rows.receipts(connection, *lane, head.size - 1, 2)
    if not stored or stored[0][0].batch != head.size - 1:
        return [f"{name} is missing"]
    if len(stored) > 1:
        return [f"ledger.batch {_path((*lane, stored[1][0].batch))} is beyond the lane's head"]
    receipt, holds = stored[0]
    try:
        record = decode_batch(receipt.record)
        agree = (record.last + 1, record.last_hash, receipt.root) == (
            head.next,
            head.previous,
            Frontier.decode(head.frontier).root(),
        )
    except ProofError:
        agree = False
    return [] if holds and agree else [name]


def _batches(connection: sqlite3.Connection, lane: LaneId) -> Iterator[str]:
    frontier = Frontier()
    nodes: set[tuple[int, int]] = set()
    for receipt, holds in _all_receipts(connection, lane):
        name = f"ledger.batch {_path((*lane, receipt.batch))}"
        if receipt.batch != frontier.size:
            yield f"ledger.batch {_path((*lane, frontier.size))} is missing"
            return
        full = frontier.append(leaf_hash(receipt.record))
        for level, index, value in full:
            nodes.add((level, index))
            if rows.node(connection, *lane, level, index) != value:
                yield f"ledger.node {_path((*lane, level, index))}"
        tree = connection.execute(
            "SELECT tree FROM batch WHERE generation = ? AND partition = ? AND idx = ?", (*lane, receipt.batch)
        ).fetchone()[0]
        if not holds or receipt.root != frontier.root() or not _tree_holds(receipt.record, tree):
            yield name
    for level, index in connection.execute("SELECT level, idx FROM node WHERE generation = ? AND partition = ?", lane):
        if (level, index) not in nodes:
            yield f"ledger.node {_path((*lane, level, index))} belongs to no batch"
    yield from _roots(connection, lane)


def _all_receipts(connection: sqlite3.Connection, lane: LaneId) -> Iterator[tuple[LedgerReceipt, bool]]:
    start = 0
    while stored := rows.receipts(connection, *lane, start, 500):
        yield from stored
        start = stored[-1][0].batch + 1


def _tree_holds(record: bytes, data: bytes) -> bool:
    try:
        batch = decode_batch(record)
        tree = PackedTree(batch.leaf_count, data)
    except ProofError:
        return False
    return tree.root() == batch.root and pack_tree([tree.get_node(0, i) for i in range(tree.size)]) == data


def _roots(connection: sqlite3.Connection, lane: LaneId) -> Iterator[str]:
    after = -1
    while page := checkpoints.page(connection, *lane, after, 500):
        for checkpoint in page:
            after = checkpoint.time_ms
            stored = rows.receipts(connection, *lane, checkpoint.size - 1, 1)
            known = stored[0][0] if stored and stored[0][0].size == checkpoint.size else None
            if known is None or known.root.hex() != checkpoint.root or known.committed_ms >= checkpoint.time_ms:
                yield f"ledger.checkpoint {_path((*lane, checkpoint.time_ms))}"


def _path(parts: tuple[int, ...]) -> str:
    return "/".join(map(str, parts))
