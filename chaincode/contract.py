"""The contract: takes one lane's decisions in order, folds every unit's leaves again, and says where it disagrees.

A pure function over a small key-value port, so that unit tests, the embedded ledger and Fabric's peers run the same code.
It refuses only what would break the lane: a gap, another previous hash, leaves that are none. A wrong claim is no error:
it is recorded as disputed, since one refused update would stop its lane.
"""

from __future__ import annotations

import msgspec

from chaincode.messages import (
    Batch,
    ChainBase,
    Group,
    Lane,
    Receipt,
    UnitState,
    decode_lane,
    decode_unit,
    encode,
    lane_key,
    unit_state_key,
)
from pedigree.custody.appending import appendable
from pedigree.custody.bases import next_bases
from pedigree.custody.claim import claim
from pedigree.custody.fold import Fold
from pedigree.custody.leaf import Leaf, decode_leaf
from pedigree.custody.open import Open
from pedigree.errors import LedgerError
from pedigree.merkle import Frontier, leaf_hash, root
from pedigree.ports import KeyValue
from pedigree.proof import ZERO_ACC, BatchRecord, chain_acc, encode_batch, next_acc

MAX_WITNESS = 2_000
AGREED, DISPUTED, UNJUDGED = "agreed", "disputed", "unjudged"


def commit(port: KeyValue, batch: Batch) -> Receipt:
    """Commit a batch. LedgerError: a gap in the lane ("GAP have n got m"), another previous hash, malformed leaves."""
    units = list(dict.fromkeys(group.unit for message in batch.messages for group in message.groups))
    keys = [lane_key(batch.generation, batch.partition), *map(unit_state_key, units)]
    stored = port.get_many(keys)
    lane = decode_lane(stored[0]) if stored[0] is not None else Lane()
    states = {
        unit: decode_unit(value) if value is not None else UnitState() for unit, value in zip(units, stored[1:], strict=True)
    }
    _continues(lane, batch)
    hashes: list[bytes] = []
    agreed = 0
    disputed: list[tuple[bytes, int]] = []
    unjudged: list[tuple[bytes, int]] = []
    for message in batch.messages:
        for group in message.groups:
            hashes.extend(leaf_hash(leaf) for leaf in group.leaves)
            states[group.unit], word = take_group(states[group.unit], group)
            where = (group.unit, group.before + len(group.leaves))
            if word == AGREED:
                agreed += 1
            else:
                (disputed if word == DISPUTED else unjudged).append(where)
    last = batch.messages[-1]
    record = encode_batch(
        BatchRecord(
            generation=batch.generation,
            partition=batch.partition,
            first=batch.messages[0].number,
            last=last.number,
            last_hash=last.hash,
            leaf_count=len(hashes),
            root=root(hashes),
        )
    )
    frontier = Frontier.decode(lane.frontier) if lane.frontier else Frontier()
    frontier.append(leaf_hash(record))
    receipt = Receipt(
        batch.generation, batch.partition, lane.size, record, lane.size + 1, frontier.root(), agreed, disputed, unjudged
    )
    new_lane = Lane(last.number + 1, last.hash, lane.size + 1, frontier.encode())
    items = [(keys[0], encode(new_lane)), *((unit_state_key(unit), encode(state)) for unit, state in states.items())]
    port.put_many(items)
    port.emit("committed", encode(receipt))
    return receipt


def _continues(lane: Lane, batch: Batch) -> None:
    if not batch.messages:
        raise LedgerError("an empty batch")
    number, previous = lane.next, lane.previous
    for message in batch.messages:
        if message.number != number:
            raise LedgerError(f"GAP have {number} got {message.number}")
        if message.previous != previous:
            raise LedgerError(f"PREVIOUS hash of {message.number} is not that of the lane's head")
        number, previous = number + 1, message.hash


def take_group(state: UnitState, group: Group) -> tuple[UnitState, str]:
    """The unit's state with the group's leaves, and whether its claim is agreed, disputed or unjudged. LedgerError: leaves
    that are none, or another unit's."""
    new = [leaf_of(data, group.unit) for data in group.leaves]
    acc = state.acc
    for leaf in group.leaves:
        acc = next_acc(acc, leaf)
    n = state.n + len(group.leaves)
    folded = _fold(state, group, new) if group.before == state.n else None
    if folded is None:
        word = UNJUDGED if group.before == state.n and len(group.witness) > MAX_WITNESS else DISPUTED
        return msgspec.structs.replace(state, n=n, acc=acc, judged=False), word
    opened, own_claim = folded
    bases = next_bases(state.bases, group.base, ChainBase(n, acc, opened))
    word = AGREED if own_claim == group.claim else DISPUTED
    return UnitState(n, acc, opened, tuple(bases), True), word


def _fold(state: UnitState, group: Group, new: list[Leaf]) -> tuple[Open, bytes] | None:
    """(OPEN, claim) of the unit with the group, None where the witness does not reach or does not hold."""
    if group.base == state.n:
        if not state.judged or not appendable(state.open, new):
            return None
        return run_fold(state.open, new)
    if len(group.witness) > MAX_WITNESS or group.base + len(group.witness) != state.n:
        return None
    start = start_of(state, group.base)
    if start is None or chain_acc(group.witness, start.acc) != state.acc:
        return None
    latest = {leaf.identity: leaf for leaf in (*(leaf_of(data, group.unit) for data in group.witness), *new)}
    leaves = list(latest.values())
    if group.base and not appendable(start.open, leaves):
        return None
    return run_fold(start.open, leaves)


def start_of(state: UnitState, count: int) -> ChainBase | None:
    """The stored state at a leaf count, None when it is not kept."""
    if count == 0:
        return ChainBase(0, ZERO_ACC, Open())
    return next((base for base in state.bases if base.count == count), None)


def run_fold(start: Open, leaves: list[Leaf]) -> tuple[Open, bytes]:
    """(OPEN, claim)."""
    fold = Fold(start, leaves)
    opened = fold.open()
    closed = fold.close()
    return opened, claim(closed, fold.outcomes)


def leaf_of(data: bytes, unit: bytes) -> Leaf:
    """LedgerError: a leaf that is none, or another unit's."""
    try:
        leaf = decode_leaf(data)
    except (msgspec.DecodeError, ValueError) as broken:
        raise LedgerError(f"a leaf that is none: {broken}") from broken
    if leaf.unit != unit:
        raise LedgerError("a leaf of another unit")
    return leaf
