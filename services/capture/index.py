"""What capture must look up: which events it has already, its jobs, where each device's journal stands.

All of it is derived from the documents log and can be forgotten and rebuilt; progress is kept with the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from pedigree.events import read_event
from pedigree.messages import DocumentMessage, StampedEvent
from pedigree.ports import EventLog
from services.capture.context import HeadAfter

EventKey = tuple[bytes, int, str]
"""Event hash, declaration time (0 = an assertion), attester."""


class Seen(NamedTuple):
    """The capture that brought an event first, and how strong the attestations are that we have (`strength`)."""

    capture: str
    strength: int


class Job(msgspec.Struct, frozen=True):
    """One capture. `party`: whose key brought it; `events`: taken, without duplicates."""

    id: str
    party: str
    attester: str
    record_time: int
    events: int
    expected: int
    duplicates: int
    behaviour: str
    errors: tuple[dict[str, Any], ...]
    partition: int
    offset: int


class CaptureIndex(Protocol):
    """Safe to use from any thread."""

    def follow(self, log: EventLog, partition: int | None = None) -> int:
        """Take in what the documents log (or one partition of it) has by now; how many documents.

        StoreAheadError when the log is behind the index.
        """
        ...

    def seen(self, keys: Sequence[EventKey]) -> dict[EventKey, Seen]: ...

    def job(self, id: str) -> Job | None: ...

    def jobs(self, party: str, before: tuple[int, str] | None, limit: int) -> list[Job]:
        """Newest first; `before`: (record time, id) of the last one seen."""
        ...

    def head(self, device: str) -> HeadAfter | None:
        """Where the journal of a device (its key's id) stands."""
        ...

    def clear(self) -> None: ...

    def close(self) -> None: ...


def strength(event: StampedEvent, sealed: bool) -> int:
    """What an attestation proves, as bits. One that has no bit more than those known adds nothing and is not taken again;
    one that has (a seal, a journal, a delegation that was registered meanwhile) is."""
    bits = (1 if event.entitled else 0) | (2 if sealed else 0) | (4 if event.earliest or event.latest else 0)
    return bits | event.flags << 3


def declared_of(event: StampedEvent) -> int:
    """Declaration time of a stamped event, 0 for an assertion."""
    if b'"errorDeclaration"' not in event.event:
        return 0
    view = read_event(msgspec.json.decode(event.event))
    return view.declaration.time if view.declaration is not None else 0


def keys_of(message: DocumentMessage) -> list[EventKey]:
    """The identity of each of its events."""
    return [(event.hash, declared_of(event), message.party) for event in message.events]
