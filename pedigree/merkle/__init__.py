"""Merkle trees of the shape of RFC 9162, section 2.1, with SM3: roots, inclusion and consistency proofs, frontiers."""

from __future__ import annotations

from pedigree.merkle.frontier import Frontier
from pedigree.merkle.hashing import EMPTY_ROOT, leaf_hash, node_hash
from pedigree.merkle.tree import (
    MemoryTree,
    NodeSource,
    consistency_path,
    consistency_path_from,
    inclusion_path,
    inclusion_path_from,
    root,
    root_from,
)
from pedigree.merkle.verify import verify_consistency, verify_inclusion

__all__ = [
    "EMPTY_ROOT",
    "Frontier",
    "MemoryTree",
    "NodeSource",
    "consistency_path",
    "consistency_path_from",
    "inclusion_path",
    "inclusion_path_from",
    "leaf_hash",
    "node_hash",
    "root",
    "root_from",
    "verify_consistency",
    "verify_inclusion",
]
