"""What comes with a document to prove who says it and when: a party's seal, a piece of a device's journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pedigree.errors import SealError
from pedigree.facts import Device
from pedigree.registry import Registry
from pedigree.seal import (
    Bracket,
    JournalEntry,
    KeyRing,
    PublicKey,
    Seal,
    decode_journal,
    decode_seal,
    verify_journal,
    verify_seal,
)
from services.capture.context import HeadAfter, JournalPart
from services.problems import forbidden

CLOCK_TOLERANCE_MS = 900_000
READINGS = 8
"""Notes of a boot whose readings are remembered for the next document."""


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal read and its device found; verified later, when its head can't move."""

    device: Device
    public: PublicKey
    entries: list[JournalEntry]


@dataclass(frozen=True, slots=True)
class Brackets:
    """What a verified piece proves: per event hash (CBV text form) when it was captured."""

    device: str = ""
    by_event: dict[str, Bracket] | None = None
    part: JournalPart | None = None

    def of(self, event_uri: str) -> Bracket | None:
        return None if self.by_event is None else self.by_event.get(event_uri)


def read_seal(header: str, body: bytes, registry: Registry, at: int) -> Seal:
    """A seal that holds: over this body, by a key that its party has registered and may use now.

    SealError when it can't be read (400); a Problem 403 when it proves nothing.
    """
    seal = decode_seal(header)
    usable = registry.seal_key(seal.key_id, at)
    if usable is None or usable[0].party != seal.party:
        raise forbidden(f"key {seal.key_id} is not a seal key of {seal.party} that may be used now")
    if seal.time_ms > at + CLOCK_TOLERANCE_MS:
        raise forbidden(f"the seal claims a time that is still to come ({seal.time_ms} > {at})")
    try:
        verify_seal(seal, body, usable[1])
    except SealError as wrong:
        raise forbidden(str(wrong)) from wrong
    return seal


def read_journal(text: bytes, registry: Registry, attester: str, at: int) -> Journal | None:
    """The journal's entries and their device, which must be the attester's. None for an empty journal."""
    entries = decode_journal(text)
    if not entries:
        return None
    known = registry.device(entries[0].device, at)
    if known is None:
        raise forbidden(f"device {entries[0].device} is not registered, or is revoked")
    device, public = known
    if device.party != attester and not registry.delegated(attester, device.party, at):
        raise forbidden(f"device {device.id} belongs to {device.party}, which is no delegate of {attester}")
    return Journal(device, public, entries)


def verify(journal: Journal, known: HeadAfter | None, ring: KeyRing, times: Mapping[str, int]) -> Brackets:
    """Brackets of the entries that go beyond `known`. Entries before it were taken already (a client that never heard the answer
    sends them again) and prove nothing new. `times`: event time by hash, of the document's events. Raises SealError when the rest
    does not continue the journal."""
    head = known.head() if known is not None else None
    start = head.sequence if head is not None else 0
    fresh = [entry for entry in journal.entries if entry.sequence >= start]
    if not fresh:
        return Brackets(journal.device.id)
    brackets, after = verify_journal(fresh, journal.public, ring, head)
    before = known.readings if known is not None and known.boot == fresh[0].boot else ()
    part = JournalPart(journal.public.key_id, tuple(fresh), HeadAfter.of(after, _readings(fresh, before, times)), before)
    return Brackets(journal.device.id, {one.event_hash: one for one in brackets}, part)


def _readings(entries: Sequence[JournalEntry], before: Sequence[int], times: Mapping[str, int]) -> list[int]:
    """Event time minus ticks of the latest notes in the last entry's boot."""
    boot = entries[-1].boot
    known = list(before) if entries[0].boot == boot else []
    own = [times[one.event_hash] - one.ticks_ms for one in entries if one.boot == boot and one.event_hash in times]
    return [*known, *own][-READINGS:]
