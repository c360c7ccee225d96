"""The published keys: who may sign checkpoints, proofs and time tokens, from when to when. One JSON file for everybody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from pedigree.canonical import KeyId, Millis, Name
from pedigree.errors import SealError
from pedigree.seal.keys import PublicKey

Use = Literal["checkpoint", "proof", "token"]


class RingKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`signer`: the organisation. `public_key`: 130 hex digits. Times in ms UTC: valid in [not_before, not_after).

    From `revoked` on nothing is believed; a key that was stolen, whose thief may sign with any time, is revoked as of 0.
    """

    key_id: KeyId
    signer: Name
    uses: tuple[Use, ...]
    public_key: str
    not_before: Millis = 0
    not_after: Millis | None = None
    revoked: Millis | None = None

    def refusal(self, use: Use, time_ms: int) -> str | None:
        """Why the key may not be used so at that time, or None when it may."""
        if use not in self.uses:
            return f"is not published for signing a {use}"
        if time_ms < self.not_before:
            return f"was not valid before {self.not_before}"
        if self.not_after is not None and time_ms >= self.not_after:
            return f"was valid until {self.not_after} only"
        if self.revoked is not None and time_ms >= self.revoked:
            return f"is revoked as of {self.revoked}"
        return None


class KeyRing:
    """The keys of one network. `origin` names the network; `threshold` organisations must sign a checkpoint."""

    def __init__(self, origin: str, threshold: int, keys: Iterable[RingKey]) -> None:
        """Raises SealError: a key id that is not its key's, a repeated key, a threshold nobody could reach."""
        self.origin = origin
        self.threshold = threshold
        self.keys = tuple(keys)
        self._entries = {entry.key_id: entry for entry in self.keys}
        self._public: dict[str, PublicKey] = {}
        for entry in self.keys:
            public = PublicKey.from_hex(entry.public_key)
            if public.key_id != entry.key_id:
                raise SealError(f"key {entry.key_id} of {entry.signer} is in truth {public.key_id}")
            self._public[entry.key_id] = public
        if len(self._entries) != len(self.keys):
            raise SealError("a key is listed twice")
        witnesses = {entry.signer for entry in self.keys if "checkpoint" in entry.uses}
        if not 1 <= threshold <= max(1, len(witnesses)):
            raise SealError(f"{threshold} signatures can't be reached by {len(witnesses)} organisations")

    def refusal(self, use: Use, key_id: str, time_ms: int) -> str | None:
        """Why a key may not sign a `use` at that time (ms UTC), or None when it may."""
        if key_id not in self._entries:
            return f"key {key_id} is not among the published keys of {self.origin}"
        reason = self._entries[key_id].refusal(use, time_ms)
        return reason and f"key {key_id} of {self._entries[key_id].signer} {reason}"

    def verify(self, use: Use, key_id: str, time_ms: int, message: bytes, signature: bytes) -> str:
        """The signer's name when a key published for `use` and valid at `time_ms` made `signature`; else SealError."""
        refusal = self.refusal(use, key_id, time_ms)
        if refusal is not None:
            raise SealError(refusal)
        self._public[key_id].verify(message, signature)
        return self._entries[key_id].signer


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    origin: Name
    threshold: int
    keys: tuple[RingKey, ...]


def ring_key(
    public: PublicKey,
    signer: str,
    uses: tuple[Use, ...],
    not_before: int = 0,
    not_after: int | None = None,
    revoked: int | None = None,
) -> RingKey:
    """An entry for a key, times in ms UTC."""
    return RingKey(public.key_id, signer, uses, public.point.hex(), not_before, not_after, revoked)


def encode_keyring(ring: KeyRing) -> bytes:
    """Indented JSON."""
    return msgspec.json.format(msgspec.json.encode(_File(ring.origin, ring.threshold, ring.keys)), indent=2) + b"\n"


def decode_keyring(data: bytes) -> KeyRing:
    """Strict about fields, kind about white space, since people edit this file. Raises SealError."""
    try:
        file = msgspec.json.decode(data, type=_File)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as broken:
        raise SealError(f"the published keys can't be read: {broken}") from broken
    return KeyRing(file.origin, file.threshold, file.keys)
