"""A batch's whole tree in one row, so that a leaf's path is one read.

Level 0 first, all levels concatenated, 32 bytes a node. Level k has `leaves >> k` nodes, the full perfect subtrees only
(`pedigree.merkle.tree`), up to the last level that has one: 3 leaves = [h0, h1, h2, node(h0, h1)].
"""

from __future__ import annotations

from collections.abc import Sequence

from pedigree.errors import ProofError
from pedigree.merkle import inclusion_path_from, node_hash, root_from
from pedigree.merkle.hashing import HASH_SIZE


def pack_tree(leaf_hashes: Sequence[bytes]) -> bytes:
    """The row's bytes; empty for no leaves."""
    level = list(leaf_hashes)
    parts = list(level)
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        parts += level
    return b"".join(parts)


class PackedTree:
    """Reads such a row: a `pedigree.merkle.NodeSource`."""

    __slots__ = ("_data", "_starts", "size")

    def __init__(self, size: int, data: bytes) -> None:
        """`size`: number of leaves. ProofError when the bytes are not as many as its tree needs."""
        self.size = size
        self._data = data
        self._starts = [0]
        while size >> len(self._starts) - 1:
            self._starts.append(self._starts[-1] + HASH_SIZE * (size >> len(self._starts) - 1))
        if self._starts[-1] != len(data):
            raise ProofError(f"a tree of {size} leaves has {self._starts[-1]} bytes, not {len(data)}")

    def get_node(self, level: int, index: int) -> bytes:
        if not (0 <= level < len(self._starts) - 1 and 0 <= index < self.size >> level):
            raise ProofError(f"the tree of {self.size} leaves has no node {index} at level {level}")
        at = self._starts[level] + HASH_SIZE * index
        return self._data[at : at + HASH_SIZE]

    def root(self) -> bytes:
        return root_from(self.size, self)

    def path(self, index: int) -> list[bytes]:
        """Inclusion path of a leaf."""
        return inclusion_path_from(index, self.size, self)
