"""One block into the index: the world state that the peers wrote, and the rows that proofs are made of.

States come from the transaction's own writes, not from folding again: they are what the organisations agreed on, whatever
version of the contract they ran then. What the contract says about the batch (tree, root) is derived again and compared.
"""

from __future__ import annotations

import sqlite3

import msgspec

from chaincode.messages import Batch, Receipt, decode_batch_of, decode_lane, decode_receipt, lane_key, unit_state_key
from chaincode.parties import decode_party
from ledger.embedded import checkpoints, rows
from ledger.embedded.commit import keep
from ledger.embedded.schema import state_sum
from ledger.fabric.blocks import Header, Transaction
from ledger.fabric.errors import BlockError
from ledger.tree import PackedTree
from pedigree.custody.leaf import NO_RECORD, decode_leaf
from pedigree.custody.steps import Kind
from pedigree.errors import LedgerError, ProofError
from pedigree.merkle import Frontier
from pedigree.proof import decode_batch, decode_checkpoint

VALID = 0
_STATES = ("lane/", "unit/")


class _Count(msgspec.Struct, array_like=True):
    """The first field of a unit's state."""

    n: int


_count = msgspec.msgpack.Decoder(_Count).decode
_signatures = msgspec.msgpack.Decoder(list[bytes]).decode


def apply(
    connection: sqlite3.Connection,
    chaincode: str,
    header: Header,
    transactions: list[Transaction],
    signers: tuple[str, ...],
) -> None:
    """Inside a transaction. BlockError: a valid transaction whose batch and answer do not fit each other."""
    codes = bytes(transaction.code for transaction in transactions)
    row = (header.number, header.hash, header.previous, header.data_hash, codes, ",".join(signers))
    connection.execute("INSERT INTO block VALUES (?, ?, ?, ?, ?, ?)", row)
    for transaction in transactions:
        where: tuple[int, int, int] | None = None
        apart: int | None = None
        ours = transaction.chaincode == chaincode and transaction.args
        function = transaction.args[0].decode("utf-8", "replace") if transaction.args else ""
        if ours and transaction.code == VALID:
            try:
                where = _take(connection, function, transaction, header.number)
                apart = _apart(transaction) if where is not None else None
            except (msgspec.MsgspecError, UnicodeError, RecursionError, ProofError, LedgerError) as broken:
                raise BlockError(f"block {header.number}, transaction {transaction.id[:16]}: {broken}") from broken
        connection.execute(
            "INSERT INTO tx VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                header.number,
                transaction.position,
                transaction.id,
                transaction.code,
                transaction.time_ms,
                transaction.member,
                function,
                ",".join(transaction.endorsers),
                *(where or (None, None, None)),
                apart,
            ),
        )


def _take(connection: sqlite3.Connection, function: str, transaction: Transaction, block: int) -> tuple[int, int, int] | None:
    where: tuple[int, int, int] | None = None
    if function == "commit" and transaction.event is not None:
        where = _batch(connection, transaction)
    elif function == "checkpoint":
        for data in _signatures(transaction.args[1]):
            checkpoints.add(connection, decode_checkpoint(data))
    elif function == "party_put":
        party = decode_party(transaction.args[1])
        connection.execute(
            "INSERT INTO party VALUES (?, ?, ?, ?)", (party.party, party.revision, transaction.args[1], block)
        )
    states = [(key, value, state_sum(key, value)) for key, value in transaction.writes if key.startswith(_STATES)]
    connection.executemany(
        "INSERT INTO state VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, sum = excluded.sum", states
    )
    return where


def _apart(transaction: Transaction) -> int | None:
    """Peers refuse a transaction whose time is not theirs within minutes, so its time bears witness to the record times that the
    gateway stamped. Edges keep the record time of what they tell of, and say nothing about when they came."""
    leaves = (leaf for m in decode_batch_of(transaction.args[1]).messages for group in m.groups for leaf in group.leaves)
    times = [one.record for one in map(decode_leaf, leaves) if one.kind == Kind.EVENT and one.record != NO_RECORD]
    return max((abs(transaction.time_ms - time) for time in times), default=None)


def _batch(connection: sqlite3.Connection, transaction: Transaction) -> tuple[int, int, int]:
    batch = decode_batch_of(transaction.args[1])
    receipt = decode_receipt(transaction.event[1]) if transaction.event is not None else None
    if receipt is None or (receipt.generation, receipt.partition) != (batch.generation, batch.partition):
        raise BlockError("a commit without the receipt of its batch")
    added: dict[bytes, int] = {}
    for message in batch.messages:
        for group in message.groups:
            added[group.unit] = added.get(group.unit, 0) + len(group.leaves)
    written = dict(transaction.writes)
    before = {unit: _count(written[unit_state_key(unit)]).n - count for unit, count in added.items()}
    stored = rows.state(connection, lane_key(batch.generation, batch.partition))
    frontier = Frontier.decode(decode_lane(stored).frontier) if stored is not None else Frontier()
    if frontier.size != receipt.batch:
        raise BlockError(f"the contract calls it batch {receipt.batch} of a lane that has {frontier.size}")
    tree = keep(connection, batch, receipt, before.__getitem__, frontier, transaction.time_ms)
    _agrees(batch, receipt, tree, frontier)
    return receipt.generation, receipt.partition, receipt.batch


def _agrees(batch: Batch, receipt: Receipt, tree: bytes, frontier: Frontier) -> None:
    """The record and the roots that the contract answered with, derived again from the batch."""
    record = decode_batch(receipt.record)
    last = batch.messages[-1]
    numbers = (batch.messages[0].number, last.number, last.hash, sum(len(g.leaves) for m in batch.messages for g in m.groups))
    if (record.first, record.last, record.last_hash, record.leaf_count) != numbers:
        raise BlockError("the batch record does not speak of this batch")
    if PackedTree(record.leaf_count, tree).root() != record.root:
        raise BlockError("the batch record's root is not that of its leaves")
    if (frontier.size, frontier.root()) != (receipt.size, receipt.root):
        raise BlockError("the lane's root does not follow from the batches before")
