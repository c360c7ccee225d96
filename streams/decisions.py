"""Decisions with their hashes, read from the log; the last few are kept, since several sinks read the same ones."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from pedigree.messages import Decisions, decode_decisions
from pedigree.ports import DECISIONS, EventLog
from pedigree.seal import sm3

KEPT = 64


class DecisionsReader:
    """Not thread-safe: one for each thread."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._kept: OrderedDict[tuple[int, int], tuple[Decisions, bytes]] = OrderedDict()

    def keep(self, partition: int, messages: Sequence[tuple[Decisions, bytes]]) -> None:
        """Messages that were just written need not be read again."""
        for message, hash_ in messages:
            self._kept[partition, message.number] = (message, hash_)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def read(self, partition: int, number: int, limit: int) -> list[tuple[Decisions, bytes]]:
        """Up to `limit` messages from `number` on; [] at the end of the log."""
        found: list[tuple[Decisions, bytes]] = []
        while len(found) < limit and (kept := self._kept.get((partition, number + len(found)))) is not None:
            found.append(kept)
        if found:
            return found
        records = self._log.read(DECISIONS, partition, number, limit)
        return [(decode_decisions(record.value), sm3(record.value)) for record in records]
