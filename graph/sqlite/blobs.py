"""Bytes as columns hold them: compressed where it pays."""

from __future__ import annotations

import threading

import zstandard

_MAGIC = zstandard.FRAME_HEADER
_SMALL = 300


class _Own(threading.local):
    """A decompressor for each thread: making one takes ten times as long as using it."""

    def __init__(self) -> None:
        self.decompressor = zstandard.ZstdDecompressor()


_own = _Own()


def pack(blob: bytes, compressor: zstandard.ZstdCompressor) -> bytes:
    """Compressed where it pays. JSON never begins as a zstd frame does, so `unpack` can tell."""
    return blob if len(blob) < _SMALL else compressor.compress(blob)


def unpack(blob: bytes) -> bytes:
    """What `pack` was given. Bytes that were edited come back as they are: whoever compares them will see."""
    if not blob.startswith(_MAGIC):
        return blob
    try:
        return _own.decompressor.decompress(blob, allow_extra_data=False)
    except zstandard.ZstdError:
        return blob
