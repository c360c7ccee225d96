"""Decisions with their hashes, read from the log by number; the last few are kept, since several sinks read the same ones.

A decision's number is not its offset: a log may hold void records, of writers that had been overtaken (`EventLog.append`).
They only push later records further, so decision n lies at offset n or after it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from pedigree.errors import LogError
from pedigree.messages import Decisions, decode_decisions
from pedigree.ports import DECISIONS, EventLog
from pedigree.seal import sm3

KEPT = 64
PLACES = 256


class DecisionsReader:
    """Not thread-safe: one for each thread."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._kept: OrderedDict[tuple[int, int], tuple[Decisions, bytes]] = OrderedDict()
        self._places: OrderedDict[tuple[int, int], int] = OrderedDict()

    def keep(self, partition: int, messages: Sequence[tuple[Decisions, bytes]]) -> None:
        """Messages that were just written need not be read again."""
        for message, hash_ in messages:
            self._kept[partition, message.number] = (message, hash_)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def read(self, partition: int, number: int, limit: int) -> list[tuple[Decisions, bytes]]:
        """Up to `limit` messages from `number` on; [] at the end of the log. LogError when another one is in its place."""
        found: list[tuple[Decisions, bytes]] = []
        while len(found) < limit and (kept := self._kept.get((partition, number + len(found)))) is not None:
            found.append(kept)
        if found:
            return found
        offset = self.place(partition, number)
        while not found and (records := self._log.read(DECISIONS, partition, offset, limit)):
            for record in records:
                offset = record.offset + 1
                if not record.value:
                    continue
                message = decode_decisions(record.value)
                if message.number < number and not found:
                    continue  # void records before it: it lies further on
                if message.number != number + len(found):
                    raise LogError(
                        f"decision {number + len(found)} of partition {partition} is missing: {message.number} is in its place"
                    )
                found.append((message, sm3(record.value)))
        self._put(partition, number + len(found), offset)
        return found

    def holds(self, partition: int, number: int, head: bytes) -> bool:
        """Whether the decision before `number` is in the log and has the hash `head`: else a store is ahead of its log, or its
        log was exchanged."""
        if not number:
            return True
        found = self.read(partition, number - 1, 1) if number <= self._log.end(DECISIONS, partition) else []
        return bool(found) and found[0][1] == head

    def place(self, partition: int, number: int) -> int:
        """An offset that is not after decision `number`; once everything before was read, the one that it gets."""
        return self._places.get((partition, number), number)

    def behind(self, partition: int, number: int) -> int:
        """How many records may hold decisions from `number` on: 0 = there are none."""
        return self._log.end(DECISIONS, partition) - self.place(partition, number)

    def wrote(self, partition: int, number: int, offset: int) -> None:
        """The next decision, `number`, will get `offset`."""
        self._put(partition, number, offset)

    def _put(self, partition: int, number: int, offset: int) -> None:
        self._places[partition, number] = offset
        self._places.move_to_end((partition, number))
        while len(self._places) > PLACES:
            self._places.popitem(last=False)
