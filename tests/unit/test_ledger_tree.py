"""The packed tree of a batch is the tree of RFC 9162."""

from __future__ import annotations

import pytest

from ledger.tree import PackedTree, pack_tree
from pedigree.errors import ProofError
from pedigree.merkle import MemoryTree, leaf_hash, node_hash, root


@pytest.mark.parametrize("size", [*range(0, 20), 63, 64, 65, 100])
def test_roots_and_paths(size: int) -> None:
    hashes = [leaf_hash(bytes([n])) for n in range(size)]
    packed, memory = PackedTree(size, pack_tree(hashes)), MemoryTree(hashes)
    assert packed.root() == root(hashes)
    for index in range(size):
        assert packed.get_node(0, index) == hashes[index]
        assert packed.path(index) == memory.inclusion_path(index)
    for level, index in ((0, size), (-1, 0), (0, -1), (9, 0)):
        with pytest.raises(ProofError):
            packed.get_node(level, index)


def test_the_layout_is_fixed() -> None:
    a, b, c = (leaf_hash(text) for text in (b"a", b"b", b"c"))
    assert pack_tree([a, b, c]) == a + b + c + node_hash(a, b)
    assert pack_tree([]) == b""
    for size in (2, 4):
        with pytest.raises(ProofError):
            PackedTree(size, pack_tree([a, b, c]))
