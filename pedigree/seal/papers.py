"""Secrets of the papers' store: one of 32 bytes for each version, of which every paper's SM4 key is derived.

A paper names the version that it was sealed under, so that a new version needs no paper sealed again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from pedigree.errors import SealError
from pedigree.seal.digest import hmac_sm3
from pedigree.seal.sm4 import KEY_SIZE

_FORM = "medtrace-papers-secret"
_SIZE = 32  # bytes
SALT_SIZE = 16  # bytes


class PaperSecrets:
    """All versions, from 1 up without a gap. Its repr shows no secret."""

    __slots__ = ("_secrets",)

    def __init__(self, *versions: bytes) -> None:
        """The secrets, 32 bytes each, version 1 first. Raises SealError."""
        if not versions or any(len(secret) != _SIZE for secret in versions):
            raise SealError(f"papers need at least one secret, and each has {_SIZE} bytes")
        self._secrets = versions

    @property
    def latest(self) -> int:
        """The version for new papers."""
        return len(self._secrets)

    def key(self, version: int, salt: bytes) -> bytes:
        """The SM4 key (16 bytes) of the paper with that salt (16 bytes): the head of HMAC-SM3. Raises SealError."""
        if not 1 <= version <= len(self._secrets):
            raise SealError(f"version {version} of the papers' secret is not here: put its line back")
        if len(salt) != SALT_SIZE:
            raise SealError(f"a paper's salt has {SALT_SIZE} bytes, not {len(salt)}")
        return hmac_sm3(self._secrets[version - 1], f"medtrace/paper/{version}/".encode() + salt)[:KEY_SIZE]

    def rotated(self) -> PaperSecrets:
        """These and a new one, from the operating system's random numbers."""
        return PaperSecrets(*self._secrets, secrets.token_bytes(_SIZE))

    def to_text(self) -> str:
        """The secret file's text: a line a version."""
        return "".join(self._lines())

    @staticmethod
    def from_text(text: str) -> PaperSecrets:
        """Raises SealError, without repeating the text."""
        lines = text.split()
        try:
            made = PaperSecrets(*(bytes.fromhex(line.rpartition(":")[2]) for line in lines))
        except ValueError as broken:
            raise SealError("a papers' secret is not hexadecimal") from broken
        if made.to_text().split() != lines:
            raise SealError(f"papers' secrets are lines {_FORM}:<version>:<{2 * _SIZE} hexadecimal digits>, from version 1 up")
        return made

    def __repr__(self) -> str:
        return f"PaperSecrets(latest={self.latest})"

    def _lines(self) -> Iterator[str]:
        for version, secret in enumerate(self._secrets, 1):
            yield f"{_FORM}:{version}:{secret.hex()}\n"


def generate_paper_secrets() -> PaperSecrets:
    """A first version, from the operating system's random numbers."""
    return PaperSecrets(secrets.token_bytes(_SIZE))
