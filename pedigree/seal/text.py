"""PEM and DER of SM2 keys: SubjectPublicKeyInfo (RFC 5280) and PKCS#8 (RFC 5208) around curve OID 1.2.156.10197.1.301.

On one curve with uncompressed points these are a constant prefix and the numbers, so that they can be written and read
strictly without a library. Other forms of the same key (encrypted, without the public point) are left to Tongsuo.
"""

from __future__ import annotations

import base64
import binascii

from pedigree.errors import SealError

_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
_PKCS8 = bytes.fromhex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420")
_PKCS8_POINT = bytes.fromhex("a144034200")


def point_to_der(point: bytes) -> bytes:
    """SubjectPublicKeyInfo of an uncompressed point."""
    return _SPKI + point


def point_to_pem(point: bytes) -> bytes:
    return _to_pem("PUBLIC KEY", point_to_der(point))


def point_from_pem(pem: bytes) -> bytes:
    """The uncompressed point (65 bytes, not yet checked against the curve). Raises SealError."""
    der = _from_pem("PUBLIC KEY", pem)
    if not der.startswith(_SPKI) or len(der) != len(_SPKI) + 65:
        raise SealError("the PEM public key is not an uncompressed point of the SM2 curve")
    return der[len(_SPKI) :]


def scalar_to_pem(scalar: bytes, point: bytes) -> bytes:
    return _to_pem("PRIVATE KEY", _PKCS8 + scalar + _PKCS8_POINT + point)


def scalar_from_pem(pem: bytes) -> tuple[bytes, bytes] | None:
    """(scalar, point) when the PEM is the plain form that `scalar_to_pem` writes, else None."""
    if not pem.lstrip().startswith(b"-----BEGIN PRIVATE KEY-----"):
        return None
    der = _from_pem("PRIVATE KEY", pem)
    middle = len(_PKCS8) + 32
    if not der.startswith(_PKCS8) or der[middle : middle + 5] != _PKCS8_POINT or len(der) != middle + 5 + 65:
        return None
    return der[len(_PKCS8) : middle], der[middle + 5 :]


def _to_pem(label: str, der: bytes) -> bytes:
    text = base64.b64encode(der).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()


def _from_pem(label: str, pem: bytes) -> bytes:
    lines = pem.strip().splitlines()
    if len(lines) < 3 or lines[0] != f"-----BEGIN {label}-----".encode() or lines[-1] != f"-----END {label}-----".encode():
        raise SealError(f"not one PEM block labelled {label}")
    try:
        return base64.b64decode(b"".join(lines[1:-1]), validate=True)
    except binascii.Error as broken:
        raise SealError(f"the PEM block labelled {label} is not base64") from broken
