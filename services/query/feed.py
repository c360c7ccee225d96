"""Events in the order in which they were recorded, straight from the documents log: what subscriptions are served from.

The log has several partitions. They are merged by record time, and what was recorded after a look began waits for the next
one: an event whose sender had heard of another one's acceptance is never given out before it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from graph.eventfacts import event_facts
from graph.model import EventRow
from pedigree.errors import DocumentError
from pedigree.messages import DocumentMessage, decode_document
from pedigree.ports import DOCUMENTS, EventLog
from pedigree.query import Subject, subject
from services.query.store import Position

BATCH = 500
"""Events in one delivery."""
LOOK = 5_000
"""Events that are looked at before a batch is given back, full or not."""
_CACHED = 20_000
_json = msgspec.json.Decoder(dict[str, object]).decode


class Told(NamedTuple):
    """One event as a document brought it."""

    row: EventRow
    subject: Subject
    parties: list[str]


@dataclass(slots=True)
class Batch:
    """`position`: behind what was looked at. `done`: there was no more."""

    events: list[Told] = field(default_factory=list)
    position: Position = field(default_factory=lambda: Position(()))
    done: bool = False


class _Document(NamedTuple):
    record_time: int
    id: str
    events: list[Told]


class Feed:
    """Safe to use from any thread. Documents that were read lately are kept for other subscriptions."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._partitions = log.partitions(DOCUMENTS)
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, int], _Document] = OrderedDict()
        self._held = 0

    def beginning(self) -> Position:
        return Position((0,) * self._partitions)

    def end(self) -> Position:
        return Position(tuple(self._log.end(DOCUMENTS, p) for p in range(self._partitions)))

    def take(self, position: Position, before: int | None, fits: Callable[[Told], bool], most: int = BATCH) -> Batch:
        """What fits behind `position`, at most `most`. `before`: nothing that was recorded then or later (the clock, read before
        this call); None where record times are not the clock's."""
        offsets = list(position.offsets) + [0] * (self._partitions - len(position.offsets))
        ends = self.end().offsets
        batch = Batch()
        part, seq, looked = position.part, position.seq, 0
        while looked < LOOK and len(batch.events) < most:
            if not seq:
                found = self._next(offsets, ends, before)
                if found is None:
                    batch.done = True
                    break
                part = found
            events = self._document(part, offsets[part]).events
            while seq < len(events) and len(batch.events) < most:
                if fits(events[seq]):
                    batch.events.append(events[seq])
                seq, looked = seq + 1, looked + 1
            if seq >= len(events):
                offsets[part], seq = offsets[part] + 1, 0
        batch.position = Position(tuple(offsets), part, seq)
        return batch

    def _next(self, offsets: list[int], ends: tuple[int, ...], before: int | None) -> int | None:
        """The partition whose next document was recorded first."""
        heads = []
        for part, offset in enumerate(offsets):
            if offset < ends[part]:
                document = self._document(part, offset)
                if before is None or document.record_time < before:
                    heads.append((document.record_time, document.id, part))
        return min(heads)[2] if heads else None

    def _document(self, part: int, offset: int) -> _Document:
        with self._lock:
            found = self._kept.get((part, offset))
            if found is not None:
                self._kept.move_to_end((part, offset))
                return found
        records = self._log.read(DOCUMENTS, part, offset, limit=20, max_bytes=2_000_000)
        read = [(record.offset, _read(record.value, part, record.offset)) for record in records]
        with self._lock:
            for at, document in read:
                if (part, at) not in self._kept:
                    self._kept[part, at] = document
                    self._held += 1 + len(document.events)
            while self._held > _CACHED and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                self._held -= 1 + len(gone.events)
        return read[0][1]


def _read(value: bytes, part: int, offset: int) -> _Document:
    try:
        message = decode_document(value)
    except msgspec.MsgspecError:  # nothing of ours writes such; it must not stop every subscription
        return _Document(0, "", [])
    return _Document(message.record_time, message.id, _events(message, part, offset))


def _events(message: DocumentMessage, part: int, offset: int) -> list[Told]:
    found = []
    for seq, stamped in enumerate(message.events):
        facts = event_facts(stamped, message)
        try:
            asked = subject(_json(stamped.event), stamped.hash, message.record_time)
        except (msgspec.MsgspecError, DocumentError):
            continue
        row = EventRow(
            stamped.hash, facts.declared, facts.type, facts.action, facts.biz_step, facts.disposition, facts.time,
            message.record_time, message.party, stamped.actor, facts.location, message.id, offset, part, seq, stamped.event,
        )  # fmt: skip
        found.append(Told(row, asked, facts.parties))
    return found
