"""Judging later what a batch could not: a unit whose witness was too long for one commit is folded on its own."""

from __future__ import annotations

import msgspec

from chaincode.contract import leaf_of, run_fold, start_of
from chaincode.messages import ChainBase, UnitState, decode_unit, encode, unit_state_key
from pedigree.custody.appending import appendable
from pedigree.custody.bases import next_bases
from pedigree.errors import LedgerError
from pedigree.ports import KeyValue
from pedigree.proof import chain_acc

MAX_REFOLD = 20_000
"""Leaves; what a peer folds within its execution time-out, with room to spare."""


class Refold(msgspec.Struct, array_like=True, frozen=True):
    """`leaves`: all of the unit's leaves from the stored base at `base` leaves on, in arrival order."""

    unit: bytes
    base: int
    leaves: list[bytes]


decode_refold = msgspec.msgpack.Decoder(Refold).decode


def refold(port: KeyValue, asked: Refold) -> UnitState:
    """Fold a unit again; any member may ask. Nothing in it is believed: the leaves must give the unit's acc.

    LedgerError: no such unit or base, too many leaves, leaves that are not the unit's.
    """
    key = unit_state_key(asked.unit)
    stored = port.get_many([key])[0]
    if stored is None:
        raise LedgerError("REFOLD of a unit that has no leaves")
    state = decode_unit(stored)
    start = start_of(state, asked.base)
    if start is None:
        raise LedgerError(f"REFOLD from {asked.base} leaves, which is no stored base")
    if len(asked.leaves) > MAX_REFOLD:
        raise LedgerError(f"REFOLD of {len(asked.leaves)} leaves, more than {MAX_REFOLD}")
    if asked.base + len(asked.leaves) != state.n or chain_acc(asked.leaves, start.acc) != state.acc:
        raise LedgerError("REFOLD with leaves that are not the unit's")
    latest = {leaf.identity: leaf for leaf in (leaf_of(data, asked.unit) for data in asked.leaves)}
    leaves = list(latest.values())
    if asked.base and not appendable(start.open, leaves):
        raise LedgerError(f"REFOLD from {asked.base} leaves, but a leaf belongs before them")
    opened, _ = run_fold(start.open, leaves)
    bases = next_bases(state.bases, asked.base, ChainBase(state.n, state.acc, opened))
    new = UnitState(state.n, state.acc, opened, tuple(bases), True)
    port.put_many([(key, encode(new))])
    port.emit("refolded", encode((asked.unit, state.n)))
    return new
