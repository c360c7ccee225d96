"""SM3 (GB/T 32905-2016) and HMAC-SM3 (RFC 2104), from OpenSSL through `hashlib`.

Both run several times an observation, so a started hash is kept and copied: `hashlib.new` looks the algorithm up on
every call, which costs more than hashing 100 bytes does.
"""

from __future__ import annotations

import hashlib
import warnings
from typing import Protocol

DIGEST_SIZE = 32  # bytes
_BLOCK = 64  # bytes
_INNER = bytes(x ^ 0x36 for x in range(256))
_OUTER = bytes(x ^ 0x5C for x in range(256))


class Hash(Protocol):
    """The part of a `hashlib` object that is used here."""

    def copy(self) -> Hash: ...
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class _GmsslHash:
    """SM3 in pure Python behind the same face: hundreds of times slower, but right."""

    def __init__(self, data: bytes = b"") -> None:
        self._data = data

    def copy(self) -> _GmsslHash:
        return _GmsslHash(self._data)

    def update(self, data: bytes, /) -> None:
        self._data += data

    def digest(self) -> bytes:
        from gmssl import sm3 as gmssl_sm3  # here, because it is needed only where OpenSSL was built without SM3

        return bytes.fromhex(gmssl_sm3.sm3_hash(list(self._data)))


def _start() -> Hash:
    try:
        return hashlib.new("sm3")
    except ValueError:
        told = "OpenSSL has no SM3 here: hashing falls back to gmssl, hundreds of times slower"
        warnings.warn(told, RuntimeWarning, stacklevel=3)
        return _GmsslHash()


_EMPTY = _start()


def sm3(data: bytes) -> bytes:
    """The 32-byte SM3 digest of `data`."""
    state = _EMPTY.copy()
    state.update(data)
    return state.digest()


class HmacSm3:
    """HMAC-SM3 under one key; the two padded key blocks are hashed once. `prefix` is put before every message."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes, prefix: bytes = b"") -> None:
        block = (sm3(key) if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner = _EMPTY.copy()
        self._inner.update(block.translate(_INNER) + prefix)
        self._outer = _EMPTY.copy()
        self._outer.update(block.translate(_OUTER))

    def digest(self, data: bytes) -> bytes:
        """The 32-byte HMAC of `prefix || data`."""
        inner = self._inner.copy()
        inner.update(data)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """The 32-byte HMAC-SM3 of `data` under `key`; for many messages under one key use `HmacSm3`."""
    block = (sm3(key) if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner = _EMPTY.copy()
    inner.update(block.translate(_INNER) + data)
    outer = _EMPTY.copy()
    outer.update(block.translate(_OUTER) + inner.digest())
    return outer.digest()
