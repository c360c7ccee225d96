"""SM2 keys that sign the same bytes with the same signature, so that a seed gives the same documents every time.

For simulation only: each next nonce follows from the last by one point addition, which is fast, but gives the private key away
to whoever sees two signatures.
"""

from __future__ import annotations

from pedigree.seal import PrivateKey, sm3
from pedigree.seal.curve import B, N, P, encode_signature

_BASE = PrivateKey((1).to_bytes(32, "big")).public.point
_GX, _GY = int.from_bytes(_BASE[1:33], "big"), int.from_bytes(_BASE[33:], "big")
_IDENTITY = b"1234567812345678"


def _scalar(name: str) -> int:
    return int.from_bytes(sm3(name.encode()), "big") % (N - 2) + 1


class RepeatableKey(PrivateKey):
    """The key of that name; its signatures are those of GB/T 32918.2 with the default identity."""

    __slots__ = ("_d", "_inverse", "_nonce", "_x", "_y", "_za")

    def __init__(self, name: str) -> None:
        self._d = _scalar(f"key/{name}")
        super().__init__(self._d.to_bytes(32, "big"))
        self._inverse = pow(1 + self._d, -1, N)
        self._nonce = _scalar(f"nonce/{name}") // 2  # far from the end of the range for as many signatures as there will be
        start = PrivateKey(self._nonce.to_bytes(32, "big")).public.point
        self._x, self._y = int.from_bytes(start[1:33], "big"), int.from_bytes(start[33:], "big")
        numbers = b"".join(number.to_bytes(32, "big") for number in (P - 3, B, _GX, _GY))
        self._za = sm3((len(_IDENTITY) * 8).to_bytes(2, "big") + _IDENTITY + numbers + self.public.point[1:])

    def sign(self, message: bytes) -> bytes:
        """DER; the n-th signature of a key is a function of its name, n and the message."""
        digest = int.from_bytes(sm3(self._za + message), "big")
        while True:
            self._advance()
            r = (digest + self._x) % N
            s = self._inverse * (self._nonce - r * self._d) % N
            if r and s and r + self._nonce != N and r + s != N:
                return encode_signature(r, s)

    def _advance(self) -> None:
        """To the next nonce: add the base point."""
        slope = (self._y - _GY) * pow(self._x - _GX, -1, P) % P
        x = (slope * slope - self._x - _GX) % P
        self._y = (slope * (self._x - x) - self._y) % P
        self._x = x
        self._nonce += 1
