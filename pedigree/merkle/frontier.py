"""A frontier (compact range): all that must be kept of a tree in order to append to it and know its root."""

from __future__ import annotations

from collections.abc import Iterable

from pedigree.errors import ProofError
from pedigree.merkle.hashing import EMPTY_ROOT, HASH_SIZE, node_hash

_SIZE = 8  # bytes, big-endian, of the encoded number of leaves


class Frontier:
    """`size` leaves and the roots of the perfect subtrees they fall into, the widest first: one for each 1 bit of `size`."""

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if size < 0 or len(self.peaks) != size.bit_count() or any(len(peak) != HASH_SIZE for peak in self.peaks):
            raise ProofError(f"a frontier of {size} leaves can't have these {len(self.peaks)} peaks")

    def append(self, leaf_hash: bytes) -> list[tuple[int, int, bytes]]:
        """Add one leaf; returns the nodes (level, index, hash) that became full, the leaf's own first, for a store to keep."""
        index, level, value = self.size, 0, leaf_hash
        full = [(0, index, value)]
        while index & 1:
            value = node_hash(self.peaks.pop(), value)
            index >>= 1
            level += 1
            full.append((level, index, value))
        self.peaks.append(value)
        self.size += 1
        return full

    def root(self) -> bytes:
        """The root of all leaves so far; 32 bytes."""
        if not self.peaks:
            return EMPTY_ROOT
        result = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            result = node_hash(peak, result)
        return result

    def copy(self) -> Frontier:
        return Frontier(self.size, self.peaks)

    def encode(self) -> bytes:
        """Size (8 bytes, big-endian) || peaks: the only encoding of this frontier."""
        return self.size.to_bytes(_SIZE, "big") + b"".join(self.peaks)

    @staticmethod
    def decode(data: bytes) -> Frontier:
        """Raises ProofError when the number of peaks is not the one that the size demands."""
        size = int.from_bytes(data[:_SIZE], "big")
        if len(data) != _SIZE + HASH_SIZE * size.bit_count():
            raise ProofError("the bytes are not a frontier")
        return Frontier(size, (data[at : at + HASH_SIZE] for at in range(_SIZE, len(data), HASH_SIZE)))
