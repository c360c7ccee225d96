"""A device's journal: one signed entry for each captured event, chained by hashes, holding the last time token.

What it proves: an entry was made after the token it carries was issued (*earliest*), and before any token whose nonce
is this or a later entry of the journal (*latest*). Ticks of the device's own clock order entries of one boot; they add
nothing to the bracket, for a device is trusted with its key, not with its clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from pedigree.canonical import Count, Hex, HexHash, KeyId, Millis, Name
from pedigree.errors import SealError
from pedigree.seal.digest import sm3
from pedigree.seal.keyring import KeyRing
from pedigree.seal.keys import PrivateKey, PublicKey
from pedigree.seal.token import NO_HASH, ServerToken, token_body, verify_token


class JournalEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`device`: key id. `boot`: a name new at every start of the device. `ticks_ms`: ms since that start.

    `sequence` counts from 0 without a gap. `previous`: SM3 of the entry before. `event_hash`: the CBV hash string.
    """

    device: KeyId
    boot: Name
    ticks_ms: Millis
    sequence: Count
    previous: HexHash
    event_hash: Name
    token: ServerToken | None
    signature: Hex


class JournalHead(msgspec.Struct, frozen=True, array_like=True):
    """Where a journal stands: the next sequence number, the last entry's hash, and what its next entry must follow."""

    sequence: int = 0
    hash: bytes = NO_HASH
    boot: str = ""
    ticks_ms: int = 0
    earliest_ms: int | None = None


class Bracket(msgspec.Struct, frozen=True):
    """When an event was captured: not before `earliest_ms`, not after `latest_ms` (None: nothing but the record time).

    `proven` when a token bounds it from below.
    """

    event_hash: str
    earliest_ms: int | None
    latest_ms: int | None
    proof: Literal["proven", "unproven"]


def entry_body(entry: JournalEntry) -> bytes:
    """The signed bytes: msgpack array [form, device, boot, ticks, sequence, previous, event hash, SM3 of the token | nil]."""
    token = None if entry.token is None else sm3(token_body(entry.token) + bytes.fromhex(entry.token.signature))
    device, previous = bytes.fromhex(entry.device), bytes.fromhex(entry.previous)
    return msgspec.msgpack.encode(
        ("medtrace/journal/1", device, entry.boot, entry.ticks_ms, entry.sequence, previous, entry.event_hash, token)
    )


def entry_hash(entry: JournalEntry) -> bytes:
    """What the next entry's `previous` and a token's nonce name: SM3(signed bytes || signature)."""
    return sm3(entry_body(entry) + bytes.fromhex(entry.signature))


def verify_journal(
    entries: Sequence[JournalEntry], device: PublicKey, ring: KeyRing, after: JournalHead | None = None
) -> tuple[list[Bracket], JournalHead]:
    """The bracket of every entry, and the head to store for the next piece of this device's journal.

    `after`: the head stored last; None: the journal's beginning. Raises SealError naming the first entry that breaks the
    chain, leaves a gap, goes back in ticks, carries a token of another device, or whose signature does not hold.
    """
    head = after or JournalHead()
    earliest: list[int | None] = []
    places: dict[str, int] = {}
    latest: list[int | None] = [None] * len(entries)
    checked: ServerToken | None = None
    for at, entry in enumerate(entries):
        try:
            _check_link(entry, head, device)
            if entry.token is not None and entry.token != checked:
                _check_token(entry.token, device, ring)
                checked = entry.token
            device.verify(entry_body(entry), bytes.fromhex(entry.signature))
        except SealError as wrong:
            raise SealError(f"journal entry {entry.sequence} of device {device.key_id}: {wrong}") from wrong
        if entry.token is not None:
            known = places.get(entry.token.nonce)
            if known is not None:
                latest[known] = _lowest(latest[known], entry.token.time_ms)
        head = _advance(head, entry)
        places[head.hash.hex()] = at
        earliest.append(head.earliest_ms)
    return _brackets(entries, earliest, latest), head


def _check_link(entry: JournalEntry, head: JournalHead, device: PublicKey) -> None:
    if entry.device != device.key_id:
        raise SealError(f"is of device {entry.device}")
    if entry.sequence != head.sequence:
        raise SealError(f"number {head.sequence} was expected: entries are missing, repeated or out of order")
    if entry.previous != head.hash.hex():
        raise SealError("does not continue the chain: the entry before it is not the one it names")
    if entry.boot == head.boot and entry.ticks_ms < head.ticks_ms:
        raise SealError(f"its ticks {entry.ticks_ms} lie before the {head.ticks_ms} of the entry before, in the same boot")


def _check_token(token: ServerToken, device: PublicKey, ring: KeyRing) -> None:
    if token.device != device.key_id:
        raise SealError(f"its token was issued to device {token.device}")
    try:
        verify_token(token, ring)
    except SealError as wrong:
        raise SealError(f"its token does not hold: {wrong}") from wrong


def _advance(head: JournalHead, entry: JournalEntry) -> JournalHead:
    """An entry follows the one before, so a newer token carried earlier in the chain still bounds it from below."""
    times = [t for t in (head.earliest_ms, entry.token.time_ms if entry.token else None) if t is not None]
    return JournalHead(head.sequence + 1, entry_hash(entry), entry.boot, entry.ticks_ms, max(times, default=None))


def _brackets(entries: Sequence[JournalEntry], earliest: list[int | None], latest: list[int | None]) -> list[Bracket]:
    """An upper bound of an entry holds for all before it. Gateways' clocks differ a little: a bound never crosses its lower."""
    brackets: list[Bracket] = []
    bound: int | None = None
    for entry, low, high in zip(reversed(entries), reversed(earliest), reversed(latest), strict=True):
        bound = _lowest(bound, high)
        shown = bound if bound is None or low is None else max(bound, low)
        brackets.append(Bracket(entry.event_hash, low, shown, "unproven" if low is None else "proven"))
    brackets.reverse()
    return brackets


def _lowest(a: int | None, b: int | None) -> int | None:
    return min((bound for bound in (a, b) if bound is not None), default=None)


class JournalWriter:
    """A device's side: for the simulator and tests. Ticks are given by the caller."""

    def __init__(self, key: PrivateKey, boot: str, head: JournalHead | None = None) -> None:
        self._key = key
        self._boot = boot
        self._token: ServerToken | None = None
        self.head = head or JournalHead()

    def receive(self, token: ServerToken) -> None:
        """Keep a token that was asked for with `head.hash` as its nonce."""
        self._token = token

    def reboot(self, boot: str) -> None:
        """Start ticks anew under another boot id; the token is kept."""
        self._boot = boot

    def append(self, event_hash: str, ticks_ms: int) -> JournalEntry:
        """Sign the next entry. Raises SealError."""
        previous = self.head.hash.hex()
        blank = JournalEntry(
            self._key.key_id, self._boot, ticks_ms, self.head.sequence, previous, event_hash, self._token, signature=""
        )
        entry = msgspec.structs.replace(blank, signature=self._key.sign(entry_body(blank)).hex())
        self.head = _advance(self.head, entry)
        return entry


def encode_journal(entries: Sequence[JournalEntry]) -> bytes:
    """A JSON array, as a device sends it."""
    return msgspec.json.encode(entries)


def decode_journal(data: bytes) -> list[JournalEntry]:
    """Raises SealError. White space is free: signatures cover the values, not this spelling."""
    try:
        return msgspec.json.decode(data, type=list[JournalEntry])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as broken:
        raise SealError(f"the journal can't be read: {broken}") from broken
