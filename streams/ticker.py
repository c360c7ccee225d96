"""Ticker: tells partitions the time; where it can look into the custody store, only those where a unit waits for it."""

from __future__ import annotations

from pedigree.messages import Envelope, encode
from pedigree.ports import OBSERVATIONS, EventLog
from streams.store import CustodyStore


class Ticker:
    """`interval_ms`: how often a partition is told the time at most."""

    def __init__(self, log: EventLog, store: CustodyStore | None, interval_ms: int = 5_000) -> None:
        self._log, self._store, self._interval = log, store, interval_ms
        self._last: dict[int, int] = {}

    def step(self, now: int) -> int:
        """Send the ticks that are due at `now` (ms UTC); returns how many."""
        sent = 0
        for partition in range(self._log.partitions(OBSERVATIONS)):
            if now - self._last.get(partition, 0) < self._interval:
                continue
            if self._store is None or 0 < self._store.next_wake(partition) <= now:
                self._log.append(OBSERVATIONS, partition, [encode(Envelope([], now))])
                self._last[partition] = now
                sent += 1
        return sent
