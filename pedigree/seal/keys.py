"""SM2 key pairs: making, signing, verifying, text forms. Files and their modes are the caller's business (`ops`)."""

from __future__ import annotations

import importlib
import secrets
from typing import Any, cast

from pedigree.errors import SealError
from pedigree.seal import text
from pedigree.seal.curve import N, check_point, check_scalar
from pedigree.seal.digest import sm3
from pedigree.seal.provider import Sm2Provider, current_provider


class PublicKey:
    """An SM2 public key. `point`: 65 bytes, 04 || x || y. `key_id`: first 16 hex digits of SM3(point)."""

    __slots__ = ("_handle", "_provider", "key_id", "point")

    def __init__(self, point: bytes) -> None:
        check_point(point)
        self.point = point
        self.key_id = sm3(point).hex()[:16]
        self._provider: Sm2Provider | None = None
        self._handle: object = None

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return when `signature` (DER) is this key's SM2-with-SM3 signature over `message`, else raise SealError."""
        chosen = current_provider()
        if self._provider is not chosen:
            self._handle = chosen.public_handle(self.point)
            self._provider = chosen
        if not chosen.verify(self._handle, message, signature):
            raise SealError(f"the signature is not by key {self.key_id} over these bytes")

    def to_pem(self) -> bytes:
        """SubjectPublicKeyInfo in PEM."""
        return text.point_to_pem(self.point)

    @staticmethod
    def from_pem(pem: bytes) -> PublicKey:
        """Raises SealError when it is no SM2 public key in PEM."""
        return PublicKey(text.point_from_pem(pem))

    @staticmethod
    def from_hex(point: str) -> PublicKey:
        """From 130 lower-case hex digits of the uncompressed point. Raises SealError."""
        try:
            raw = bytes.fromhex(point)
        except ValueError as broken:
            raise SealError("the public key is not hexadecimal") from broken
        if raw.hex() != point:
            raise SealError("the public key is not written in lower-case hexadecimal digits")
        return PublicKey(raw)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and other.point == self.point

    def __hash__(self) -> int:
        return hash(self.point)

    def __repr__(self) -> str:
        return f"PublicKey({self.key_id})"


class PrivateKey:
    """An SM2 private key. Its repr shows the key id only, so that a log line can't leak it."""

    __slots__ = ("_handle", "_provider", "_scalar", "public")

    def __init__(self, scalar: bytes) -> None:
        """`scalar`: 32 bytes, big-endian, in [1, n - 2]. Raises SealError."""
        check_scalar(scalar)
        self._scalar = scalar
        self.public = PublicKey(current_provider().point_of(scalar))
        self._provider: Sm2Provider | None = None
        self._handle: object = None

    @property
    def key_id(self) -> str:
        return self.public.key_id

    def sign(self, message: bytes) -> bytes:
        """SM2-with-SM3 over `message`, DER, 70 to 72 bytes as a rule; a new random number each time. Raises SealError."""
        chosen = current_provider()
        if self._provider is not chosen:
            self._handle = chosen.private_handle(self._scalar, self.public.point)
            self._provider = chosen
        return chosen.sign(self._handle, message)

    def to_pem(self, password: bytes | None = None) -> bytes:
        """PKCS#8 in PEM, encrypted (PBES2 with SM4-CBC) when a password is given; encrypting needs `tongsuopy`."""
        if password is None:
            return text.scalar_to_pem(self._scalar, self.public.point)
        if not password:
            raise SealError("the password of a private key is empty")
        return cast(bytes, _tongsuo().encrypt_pem(self._scalar, password))

    @staticmethod
    def from_pem(pem: bytes, password: bytes | None = None) -> PrivateKey:
        """Raises SealError: not PEM, not SM2, wrong or missing password, or a public point that is not this key's."""
        plain = text.scalar_from_pem(pem)
        if plain is None:
            return PrivateKey(_tongsuo().load_pem(pem, password))
        if password is not None:
            raise SealError("a password was given but the private key is not encrypted")
        key = PrivateKey(plain[0])
        if key.public.point != plain[1]:
            raise SealError("the private key and the public point beside it do not belong together")
        return key

    def __repr__(self) -> str:
        return f"PrivateKey({self.key_id})"


def generate_key() -> PrivateKey:
    """A new SM2 key from the operating system's random numbers."""
    return PrivateKey((secrets.randbelow(N - 2) + 1).to_bytes(32, "big"))


def _tongsuo() -> Any:
    """The adapter that also reads and writes encrypted PEM, whatever provider signs."""
    try:
        return importlib.import_module("pedigree.seal.sm2_tongsuo")
    except ImportError as missing:
        raise SealError("encrypted private keys, and PKCS#8 in other than the plain form, need tongsuopy") from missing
