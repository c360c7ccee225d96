"""What goes into and comes out of the contract, and what the world state holds: canonical msgpack arrays.

No product, serial or party's name is in any of it: units are keys, everything inside leaves is codes.
"""

from __future__ import annotations

import msgspec

from pedigree.custody.open import Open
from pedigree.proof import ZERO_ACC


class Group(msgspec.Struct, array_like=True, frozen=True):
    """One unit's leaves in one decision."""

    unit: bytes
    before: int
    """The unit's leaf count before."""
    leaves: list[bytes]
    base: int
    """Leaf count of the state that the claim was folded from; `before` = OPEN."""
    witness: list[bytes]
    """The leaves between the base and `before`."""
    claim: bytes


class Message(msgspec.Struct, array_like=True, frozen=True):
    """The ledger's side of one decisions message."""

    number: int
    previous: bytes
    hash: bytes
    """SM3 of the whole decisions message."""
    groups: list[Group]


class Batch(msgspec.Struct, array_like=True, frozen=True):
    """Whole decisions messages of one lane, in order."""

    generation: int
    partition: int
    messages: list[Message]


class Lane(msgspec.Struct, array_like=True, frozen=True):
    """World state of a lane."""

    next: int = 0
    previous: bytes = b""
    size: int = 0
    """Batches so far: the size of the lane's tree."""
    frontier: bytes = b""
    """`pedigree.merkle.Frontier`, encoded."""


class ChainBase(msgspec.Struct, array_like=True, frozen=True):
    """A state to refold from."""

    count: int
    acc: bytes
    open: Open


class UnitState(msgspec.Struct, array_like=True, frozen=True):
    """World state of a unit."""

    n: int = 0
    acc: bytes = ZERO_ACC
    open: Open = Open()
    bases: tuple[ChainBase, ...] = ()
    judged: bool = True
    """False: the ledger could not fold it (a witness too long); any member may refold later."""


class Receipt(msgspec.Struct, array_like=True, frozen=True):
    """What a committed batch comes to; the payload of the transaction's event."""

    generation: int
    partition: int
    batch: int
    """Index in the lane's tree."""
    record: bytes
    """`pedigree.proof.BatchRecord`, encoded: the lane tree's leaf."""
    size: int
    root: bytes
    """Root of the lane's tree after this batch."""
    agreed: int
    disputed: list[tuple[bytes, int]]
    """(unit, leaf count) where the claim differs from what the ledger folded."""
    unjudged: list[tuple[bytes, int]]


decode_batch_of = msgspec.msgpack.Decoder(Batch).decode
decode_lane = msgspec.msgpack.Decoder(Lane).decode
decode_unit = msgspec.msgpack.Decoder(UnitState).decode
decode_receipt = msgspec.msgpack.Decoder(Receipt).decode
encode = msgspec.msgpack.Encoder().encode


def lane_key(generation: int, partition: int) -> str:
    return f"lane/{generation}/{partition}"


def unit_state_key(unit: bytes) -> str:
    return f"unit/{unit.hex()}"
