"""The server's own keys: the consortium key that hides units and parties on the ledger, the gateway's SM2 key, and the
published ring of public keys that everybody checks checkpoints and proofs with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ops.layout import Layout
from ops.secretfile import read_secret, write_public, write_secret
from ops.settings import Settings
from pedigree.errors import SealError, SettingsError
from pedigree.seal import (
    ConsortiumKey,
    KeyRing,
    PrivateKey,
    RingKey,
    Use,
    decode_keyring,
    encode_keyring,
    generate_consortium_key,
    generate_key,
    ring_key,
)

USES: tuple[Use, ...] = ("checkpoint", "proof", "token")
OVERLAP_MS = 60_000
"""A replaced gateway key stays good for a minute: the running server takes the new one up within seconds."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the wiring gets. Its repr shows no secret."""

    consortium: tuple[ConsortiumKey, ...]
    """All versions, the newest last: a unit keeps the version under which it was first anchored."""
    gateway: PrivateKey
    ring: KeyRing
    signer: str


class KeyFiles:
    """Where the keys of these settings are, and what is done with them."""

    def __init__(self, settings: Settings) -> None:
        folder = Layout(settings.data).keys
        self._settings = settings
        self.consortium = settings.consortium_key_file or folder / "consortium.key"
        self.gateway = settings.gateway_key_file or folder / "gateway.pem"
        self.published = folder / "published.json"

    def load(self) -> Keys:
        """Read and cross-check everything. SettingsError says which key is wrong, and what to do."""
        gateway, ring = self._gateway(), self._ring()
        entry = next((key for key in ring.keys if key.key_id == gateway.key_id), None)
        if entry is None:
            raise SettingsError(f"the gateway key {gateway.key_id} is not in {self.published}: run `medtrace key init`")
        if entry.revoked is not None:
            raise SettingsError(f"the gateway key {gateway.key_id} is revoked: run `medtrace key rotate gateway`")
        return Keys(self._consortium(), gateway, ring, entry.signer)

    def init(self, now: int) -> list[str]:
        """Make what is missing, touch nothing that is there; what was made, in words. A second call makes nothing."""
        made = []
        if self._settings.consortium_key is None and not self.consortium.exists():
            write_secret(self.consortium, generate_consortium_key().to_text() + "\n")
            made.append(f"consortium key, version 1: {self.consortium}")
        if self._settings.gateway_key is None and not self.gateway.exists():
            write_secret(self.gateway, generate_key().to_pem().decode())
            made.append(f"gateway key: {self.gateway}")
        gateway = self._gateway()
        ring = self._ring() if self.published.exists() else None
        keys = ring.keys if ring is not None else ()
        if not any(key.key_id == gateway.key_id for key in keys):
            own = ring_key(gateway.public, self._settings.signer, self._uses(ring), now - OVERLAP_MS if keys else 0)
            self._publish([*keys, own], ring.threshold if ring is not None else 1)
            made.append(f"published keys: {self.published} (gateway key {gateway.key_id})")
        return made

    def publish_witnesses(self, witnesses: Sequence[RingKey], threshold: int) -> None:
        """Publish a channel's witnesses, and how many of them must have signed a checkpoint: they, and no key of our own, say
        what stands on the channel. With none our own keys sign checkpoints, one signature each."""
        theirs = {key.key_id for key in witnesses}
        known = [key for key in self._ring().keys if key.key_id not in theirs]
        own: list[RingKey] = []
        for key in known:
            ours = "proof" in key.uses
            own.append(msgspec.structs.replace(key, uses=_without_checkpoints(bool(witnesses))) if ours else key)
        self._publish([*own, *witnesses], threshold)

    def rotate_gateway(self, now: int) -> str:
        """A new gateway key from now on; the old one stays published, good until a minute from now. The new key's id."""
        if self._settings.gateway_key is not None:
            raise SettingsError("gateway_key is set in the environment: set another one there, then run `medtrace key init`")
        old, ring, new = self._gateway(), self._ring(), generate_key()
        until, since = now + OVERLAP_MS, now - OVERLAP_MS  # checkpoints are signed for a boundary some seconds ago
        keys = [_ended(key, until) if key.key_id == old.key_id else key for key in ring.keys]
        # Published first: whatever crashes in between, no signature is made that nobody could check.
        self._publish([*keys, ring_key(new.public, self._settings.signer, self._uses(ring), since)], ring.threshold)
        write_secret(self.gateway, new.to_pem().decode())
        return new.key_id

    def rotate_consortium(self) -> int:
        """One more version of the consortium key, for units that are first anchored from now on; its number."""
        if self._settings.consortium_key is not None:
            raise SettingsError("consortium_key is set in the environment: add a line with the next version there")
        versions = self._consortium()
        new = generate_consortium_key(versions[-1].version + 1)
        write_secret(self.consortium, "".join(f"{key.to_text()}\n" for key in (*versions, new)))
        return new.version

    def revoke(self, key_id: str, since: int) -> RingKey:
        """Nothing that the gateway key signed for a time from `since` (ms UTC) on is believed any more."""
        ring = self._ring()
        keys = ring.keys
        found = next((key for key in keys if key.key_id == key_id), None)
        if found is None:
            raise SettingsError(f"there is no published key {key_id}")
        revoked = RingKey(
            found.key_id, found.signer, found.uses, found.public_key, found.not_before, found.not_after, since
        )
        self._publish([revoked if key.key_id == key_id else key for key in keys], ring.threshold)
        return revoked

    def stamp(self) -> tuple[int, ...]:
        """Changes whenever a key file does: a running server looks at it now and then."""
        return tuple(_modified(path) for path in (self.consortium, self.gateway, self.published))

    def _gateway(self) -> PrivateKey:
        secret = self._settings.gateway_key
        text = secret.get_secret_value() if secret else read_secret(self.gateway, "gateway_key_file")
        try:
            return PrivateKey.from_pem(text.encode())
        except SealError as broken:
            raise SettingsError(f"{'gateway_key' if secret else self.gateway}: {broken}") from broken

    def _consortium(self) -> tuple[ConsortiumKey, ...]:
        secret = self._settings.consortium_key
        text = secret.get_secret_value() if secret else read_secret(self.consortium, "consortium_key_file")
        where = "consortium_key" if secret else str(self.consortium)
        try:
            keys = tuple(ConsortiumKey.from_text(line) for line in text.split() if line)
        except SealError as broken:
            raise SettingsError(f"{where}: {broken}") from broken
        if [key.version for key in keys] != list(range(1, len(keys) + 1)) or not keys:
            raise SettingsError(f"{where}: needs one line for each version, from 1 up without a gap")
        return keys

    def _ring(self) -> KeyRing:
        try:
            return decode_keyring(self.published.read_bytes())
        except FileNotFoundError as missing:
            raise SettingsError(f"there is no {self.published}: `medtrace key init` makes it") from missing
        except (OSError, SealError) as broken:
            raise SettingsError(f"{self.published}: {broken}") from broken

    def _uses(self, ring: KeyRing | None) -> tuple[Use, ...]:
        """What a new gateway key is for: checkpoints are the witnesses' where there are any."""
        witnessed = ring is not None and any(key.uses == ("checkpoint",) for key in ring.keys)
        return _without_checkpoints(witnessed)

    def _publish(self, keys: Sequence[RingKey], threshold: int) -> None:
        write_public(self.published, encode_keyring(KeyRing(self._settings.origin, threshold, keys)))


def _without_checkpoints(witnessed: bool) -> tuple[Use, ...]:
    return tuple(use for use in USES if use != "checkpoint") if witnessed else USES


def _ended(key: RingKey, at: int) -> RingKey:
    end = at if key.not_after is None else min(key.not_after, at)
    return RingKey(key.key_id, key.signer, key.uses, key.public_key, key.not_before, end, key.revoked)


def _modified(path: Path) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except FileNotFoundError:
        return 0
