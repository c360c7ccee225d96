"""Roots and proofs over stored nodes, in a logarithm of reads, and over lists of leaf hashes.

A *node* (level, index) is the root of the perfect subtree over leaves [index * 2**level, (index + 1) * 2**level); level 0
is the leaf hashes. A perfect subtree never changes once full, so a store writes each node once (`Frontier.append` names
them) and every root or proof of every earlier size can be put together from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pedigree.errors import ProofError
from pedigree.merkle.hashing import EMPTY_ROOT, node_hash


class NodeSource(Protocol):
    """Where a tree's nodes are kept."""

    def get_node(self, level: int, index: int) -> bytes:
        """The hash of a full perfect subtree; asked only for nodes that are full. Raises ProofError when it is not there."""
        ...


class MemoryTree:
    """A tree over a list of leaf hashes, every level held: one build answers the paths of all leaves of a batch."""

    def __init__(self, leaf_hashes: Sequence[bytes]) -> None:
        level = list(leaf_hashes)
        self.size = len(level)
        self._levels = [level]
        while len(level) > 1:
            level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
            self._levels.append(level)

    def get_node(self, level: int, index: int) -> bytes:
        try:
            return self._levels[level][index]
        except IndexError as missing:
            raise ProofError(f"the tree of {self.size} leaves has no node {index} at level {level}") from missing

    def root(self) -> bytes:
        return root_from(self.size, self)

    def inclusion_path(self, index: int) -> list[bytes]:
        return inclusion_path_from(index, self.size, self)

    def consistency_path(self, old_size: int) -> list[bytes]:
        return consistency_path_from(old_size, self.size, self)


def root_from(size: int, nodes: NodeSource) -> bytes:
    """The root of the first `size` leaves (MTH, section 2.1.1)."""
    return _range_root(0, size, nodes) if size else EMPTY_ROOT


def inclusion_path_from(index: int, size: int, nodes: NodeSource) -> list[bytes]:
    """The path of leaf `index` in the tree of the first `size` leaves, lowest sibling first (PATH, section 2.1.3.1)."""
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, nodes))
            end = middle
        else:
            path.append(_range_root(start, middle, nodes))
            start = middle
    path.reverse()
    return path


def consistency_path_from(old_size: int, size: int, nodes: NodeSource) -> list[bytes]:
    """Why the tree of `old_size` leaves begins that of `size` (PROOF, section 2.1.4.1); empty for 0 and for equal sizes."""
    if not 0 <= old_size <= size:
        raise ProofError(f"a tree of {size} leaves never had {old_size}")
    if old_size in (0, size):
        return []
    path: list[bytes] = []
    start, end, old = 0, size, old_size  # the old tree ends within [start, end]; `whole` while nothing was cut off its left
    whole = True
    while old < end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_root(middle, end, nodes))
            end = middle
        else:
            path.append(_range_root(start, middle, nodes))
            start, whole = middle, False
    if not whole:
        path.append(_range_root(start, end, nodes))
    path.reverse()
    return path


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes (not leaf data); `EMPTY_ROOT` for none."""
    level = list(leaf_hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []  # the last of an odd level rises as it is, which gives the same tree
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)] + odd
    return level[0]


def inclusion_path(index: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """One path; for several paths of one tree build a `MemoryTree`. Raises ProofError for an index out of range."""
    return MemoryTree(leaf_hashes).inclusion_path(index)


def consistency_path(old_size: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """From the first `old_size` leaves to all of them. Raises ProofError for a size out of range."""
    return MemoryTree(leaf_hashes).consistency_path(old_size)


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (size >= 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def _range_root(start: int, end: int, nodes: NodeSource) -> bytes:
    """The root over leaves [start, end), where `start` begins a subtree of the RFC's recursion: then its parts are nodes."""
    peaks: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(nodes.get_node(level, start >> level))
        start += 1 << level
    result = peaks.pop()
    while peaks:
        result = node_hash(peaks.pop(), result)
    return result
