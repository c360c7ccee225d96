"""Checking proofs with nothing but hashes: RFC 9162, sections 2.1.3.2 and 2.1.4.2."""

from __future__ import annotations

from collections.abc import Sequence

from pedigree.errors import ProofError
from pedigree.merkle.hashing import EMPTY_ROOT, HASH_SIZE, node_hash


def verify_inclusion(leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Return when `leaf_hash` is leaf `index` of the tree of `size` leaves with this root; else raise ProofError."""
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    _check_sizes(path)
    position, last, value = index, size - 1, leaf_hash
    for sibling in path:
        if last == 0:
            raise ProofError("the inclusion path is too long for the tree's size")
        if position & 1 or position == last:
            value = node_hash(sibling, value)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            value = node_hash(value, sibling)
        position >>= 1
        last >>= 1
    if last:
        raise ProofError("the inclusion path is too short for the tree's size")
    if value != root:
        raise ProofError(f"leaf {index} is not in the tree of {size} leaves: the path leads to another root")


def verify_consistency(old_size: int, size: int, old_root: bytes, root: bytes, path: Sequence[bytes]) -> None:
    """Return when the tree (`old_size`, `old_root`) is the beginning of (`size`, `root`); else raise ProofError."""
    if not 0 <= old_size <= size:
        raise ProofError(f"a tree of {size} leaves never had {old_size}")
    _check_sizes(path)
    if old_size in (0, size):
        _check_trivial(old_size, size, old_root, root, path)
        return
    hashes = iter(path if old_size & (old_size - 1) else [old_root, *path])
    position, last = old_size - 1, size - 1
    while position & 1:
        position >>= 1
        last >>= 1
    first = next(hashes, None)
    if first is None:
        raise ProofError("the consistency path is empty")
    old_value = value = first
    for sibling in hashes:
        if last == 0:
            raise ProofError("the consistency path is too long for the trees' sizes")
        if position & 1 or position == last:
            old_value = node_hash(sibling, old_value)
            value = node_hash(sibling, value)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            value = node_hash(value, sibling)
        position >>= 1
        last >>= 1
    if last:
        raise ProofError("the consistency path is too short for the trees' sizes")
    if old_value != old_root or value != root:
        raise ProofError(f"the tree of {size} leaves does not begin with the tree of {old_size}: history was changed")


def _check_trivial(old_size: int, size: int, old_root: bytes, root: bytes, path: Sequence[bytes]) -> None:
    if path:
        raise ProofError("the consistency path must be empty for these sizes")
    if old_size == size and old_root != root:
        raise ProofError(f"two roots for the same {size} leaves: history was changed")
    if old_size == 0 and old_root != EMPTY_ROOT:
        raise ProofError("the empty tree has another root")


def _check_sizes(path: Sequence[bytes]) -> None:
    if any(len(value) != HASH_SIZE for value in path):
        raise ProofError(f"a hash of the path has not {HASH_SIZE} bytes")
