"""SM2 by `gmssl` (pure Python): the cross-check of Tongsuo, and the fallback where it does not load.

Three of its habits are worked around: it strips every leading 0 and 4 of a public key, not just the prefix 04 (so the
key is set after construction); its random numbers come from `random` (so ours come from `secrets`); and it fails in
odd ways on points at infinity (so those errors mean "does not verify"). SM3 is taken from OpenSSL.
"""

from __future__ import annotations

import secrets
from typing import Any, Literal, cast

from gmssl import sm2

from pedigree.errors import SealError
from pedigree.seal.curve import N, check_point, decode_signature, encode_signature
from pedigree.seal.digest import sm3

_IDENTITY = b"1234567812345678"
_TABLE = cast(dict[str, str], sm2.default_ecc_table)
_CURVE_BYTES = bytes.fromhex(_TABLE["a"] + _TABLE["b"] + _TABLE["g"])


class Provider:
    name: Literal["tongsuo", "gmssl"] = "gmssl"

    def point_of(self, scalar: bytes) -> bytes:
        point = cast(Any, _crypt("", "00"))._kg(int.from_bytes(scalar, "big"), _TABLE["g"])
        return b"\x04" + bytes.fromhex(point)

    def private_handle(self, scalar: bytes, point: bytes) -> object:
        return _crypt(scalar.hex(), point.hex()[2:])

    def public_handle(self, point: bytes) -> object:
        check_point(point)
        return _crypt("", point.hex()[2:])

    def sign(self, handle: object, message: bytes) -> bytes:
        crypt = cast(Any, handle)
        digest = _digest(crypt.public_key, message)
        while True:
            signature = crypt.sign(digest, f"{secrets.randbelow(N - 1) + 1:064x}")
            if signature is not None:  # r = 0, r + k = n or s = 0: the standard says to draw again
                return encode_signature(int(signature[:64], 16), int(signature[64:], 16))

    def verify(self, handle: object, message: bytes, signature: bytes) -> bool:
        r, s = decode_signature(signature)
        crypt = cast(Any, handle)
        try:
            return bool(crypt.verify(f"{r:064x}{s:064x}", _digest(crypt.public_key, message)))
        except (TypeError, ValueError, IndexError):
            return False


def _crypt(scalar: str, point: str) -> object:
    crypt = sm2.CryptSM2(private_key=scalar, public_key="")
    crypt.public_key = point
    return cast(object, crypt)


def _digest(point: str, message: bytes) -> bytes:
    """e = SM3(Z || message), Z = SM3(bits of identity || identity || a || b || G || public point): GB/T 32918.2, 5.5."""
    if len(point) != 128:
        raise SealError("the SM2 key has no public point")
    z = sm3((8 * len(_IDENTITY)).to_bytes(2, "big") + _IDENTITY + _CURVE_BYTES + bytes.fromhex(point))
    return sm3(z + message)
