"""SM2 by `tongsuopy` (Tongsuo, an OpenSSL of the Chinese algorithms): the provider of choice."""

from __future__ import annotations

from typing import Any, Literal, cast

from tongsuopy.crypto import hashes, serialization
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm

from pedigree.errors import SealError
from pedigree.seal.curve import decode_signature
from pedigree.seal.text import point_to_der

_CURVE = ec.SM2()
_SM2_SM3 = ec.ECDSA(hashes.SM3())  # the library's name; on this curve it computes SM2 with the default identity
_FAILURES = (InternalError, InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError)


class Provider:
    name: Literal["tongsuo", "gmssl"] = "tongsuo"

    def point_of(self, scalar: bytes) -> bytes:
        key = cast(Any, self.private_handle(scalar, b""))
        encoding, form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        return cast(bytes, key.public_key().public_bytes(encoding, form))

    def private_handle(self, scalar: bytes, point: bytes) -> object:
        try:
            return cast(object, ec.derive_private_key(int.from_bytes(scalar, "big"), _CURVE))
        except _FAILURES as refused:
            raise SealError("the SM2 private key was refused") from refused

    def public_handle(self, point: bytes) -> object:
        try:
            return cast(object, serialization.load_der_public_key(point_to_der(point)))
        except _FAILURES as refused:
            raise SealError("the SM2 public key was refused") from refused

    def sign(self, handle: object, message: bytes) -> bytes:
        try:
            return cast(bytes, cast(Any, handle).sign(message, _SM2_SM3))
        except _FAILURES as refused:
            raise SealError("SM2 signing failed") from refused

    def verify(self, handle: object, message: bytes, signature: bytes) -> bool:
        decode_signature(signature)
        try:
            cast(Any, handle).verify(signature, message, _SM2_SM3)
        except _FAILURES:
            return False
        return True


def encrypt_pem(scalar: bytes, password: bytes) -> bytes:
    """PKCS#8 PEM under a password (PBES2, PBKDF2, SM4-CBC)."""
    key = cast(Any, Provider().private_handle(scalar, b""))
    protection = serialization.BestAvailableEncryption(password)
    return cast(bytes, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection))


def load_pem(pem: bytes, password: bytes | None) -> bytes:
    """The scalar (32 bytes) of any PEM private key that Tongsuo reads. Raises SealError."""
    try:
        key = serialization.load_pem_private_key(pem, password)
        if not isinstance(key.curve, ec.SM2):
            raise SealError("the private key is not on the SM2 curve")
        return cast(int, key.private_numbers().private_value).to_bytes(32, "big")
    except (*_FAILURES, OverflowError, AssertionError) as refused:
        raise SealError("the private key can't be read: wrong password, or not an SM2 key in PEM") from refused
