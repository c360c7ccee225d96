"""What hides products and parties on the ledger: secrets of each unit, derived from one consortium key.

From a unit's `s1` its key on the ledger can be recomputed, so a public proof gives s1 away and thereby that unit only.
`s2` stays inside: it makes a party's code differ from unit to unit, yet equal within one, which is all the fold needs.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

from pedigree.errors import SealError
from pedigree.seal.digest import HmacSm3, hmac_sm3, sm3

_FORM = "medtrace-consortium-key"
_SIZE = 32  # bytes


class UnitSecrets(NamedTuple):
    """32 bytes each."""

    s1: bytes
    s2: bytes


class ConsortiumKey:
    """One version of the key that the consortium shares (secret file or HSM, escrowed with the regulator).

    A unit keeps the version under which it was first anchored: another version gives it another ledger key.
    """

    __slots__ = ("_s1", "_s2", "_secret", "version")

    def __init__(self, version: int, secret: bytes) -> None:
        """`version` >= 1, `secret` 32 bytes. Raises SealError."""
        if version < 1 or len(secret) != _SIZE:
            raise SealError(f"a consortium key has a version from 1 and {_SIZE} bytes")
        self.version = version
        self._secret = secret
        self._s1 = HmacSm3(secret, f"medtrace/unit/s1/{version}/".encode())
        self._s2 = HmacSm3(secret, f"medtrace/unit/s2/{version}/".encode())

    def unit_secrets(self, epc: str) -> UnitSecrets:
        """(s1, s2) of a unit. `epc`: its Digital Link URI or URN, exactly as it is keyed."""
        raw = epc.encode()
        return UnitSecrets(self._s1.digest(raw), self._s2.digest(raw))

    @property
    def latest(self) -> ConsortiumKey:
        """As `ConsortiumKeys.latest`: one key alone is a ring of one."""
        return self

    def of(self, version: int) -> ConsortiumKey:
        """As `ConsortiumKeys.of`."""
        if version != self.version:
            raise SealError(f"version {version} of the consortium key is not here, only {self.version}")
        return self

    def to_text(self) -> str:
        """The secret file's only line."""
        return f"{_FORM}:{self.version}:{self._secret.hex()}"

    @staticmethod
    def from_text(text: str) -> ConsortiumKey:
        """Raises SealError, without repeating the text."""
        form, _, rest = text.strip().partition(":")
        version, _, digits = rest.partition(":")
        try:
            return _exact(ConsortiumKey(int(version), bytes.fromhex(digits)), f"{form}:{version}:{digits}")
        except ValueError as broken:
            raise SealError(f"a consortium key is written {_FORM}:<version>:<{2 * _SIZE} hexadecimal digits>") from broken

    def __repr__(self) -> str:
        return f"ConsortiumKey(version={self.version})"


class ConsortiumKeys:
    """All versions: new units are keyed under the latest, older ones stay under theirs."""

    def __init__(self, *keys: ConsortiumKey) -> None:
        """At least one. Raises SealError."""
        if not keys:
            raise SealError("no consortium key is given")
        self._keys = {key.version: key for key in keys}

    @property
    def latest(self) -> ConsortiumKey:
        """For units that the ledger does not know yet."""
        return self._keys[max(self._keys)]

    def of(self, version: int) -> ConsortiumKey:
        """Raises SealError when that version is not here."""
        try:
            return self._keys[version]
        except KeyError:
            raise SealError(f"version {version} of the consortium key is not here: put its file back") from None


def _exact(key: ConsortiumKey, text: str) -> ConsortiumKey:
    if key.to_text() != text:
        raise ValueError
    return key


def generate_consortium_key(version: int = 1) -> ConsortiumKey:
    """A new key from the operating system's random numbers."""
    return ConsortiumKey(version, secrets.token_bytes(_SIZE))


def unit_key(epc: str, s1: bytes) -> bytes:
    """The unit's key on the ledger, SM3(epc || s1), 32 bytes: s1 is always 32 bytes, so the join is unambiguous."""
    return sm3(epc.encode() + s1)


def party_code(s2: bytes, party: str) -> str:
    """The party's code within one unit: the first 16 bytes of HMAC-SM3(s2, party) as 32 hex digits."""
    return hmac_sm3(s2, party.encode())[:16].hex()
