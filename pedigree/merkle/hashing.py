"""The two hashes of RFC 9162, section 2.1.1, with SM3: prefixes 00 and 01 keep a leaf from passing for a node."""

from __future__ import annotations

from pedigree.seal.digest import DIGEST_SIZE, sm3

HASH_SIZE = DIGEST_SIZE
EMPTY_ROOT = sm3(b"")


def leaf_hash(data: bytes) -> bytes:
    """SM3(00 || data), 32 bytes."""
    return sm3(b"\0" + data)


def node_hash(left: bytes, right: bytes) -> bytes:
    """SM3(01 || left || right), 32 bytes."""
    return sm3(b"\1" + left + right)
