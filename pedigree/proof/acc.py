"""`acc`: the hash chain over a unit's leaves in arrival order. Beside the ledger's own acc and count it says that no leaf was
left out or added; in a proof file it is its issuer's word, for witnesses sign lanes, not units."""

from __future__ import annotations

from collections.abc import Iterable

from pedigree.seal.digest import sm3

ZERO_ACC = bytes(32)


def next_acc(acc: bytes, leaf: bytes) -> bytes:
    """SM3(acc || SM3(leaf)): one leaf more."""
    return sm3(acc + sm3(leaf))


def chain_acc(leaves: Iterable[bytes], acc: bytes = ZERO_ACC) -> bytes:
    """The chain over several leaves, 32 bytes."""
    for leaf in leaves:
        acc = next_acc(acc, leaf)
    return acc
