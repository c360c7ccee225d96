"""A log for steps that are fed: what a stream has delivered is read from memory, everything else from the log itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from pedigree.ports import EventLog, Record


class FedLog:
    """Implements `pedigree.ports.EventLog` over another one. Not thread-safe."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._fed: dict[tuple[str, int], deque[Record]] = {}

    def feed(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        """Records in order as they were delivered; what does not follow what is there replaces it."""
        held = self._fed.setdefault((topic, partition), deque())
        for record in records:
            if held and record.offset != held[-1].offset + 1:
                held.clear()
            held.append(record)

    def starve(self, topic: str, partition: int) -> None:
        """Forget what was delivered: the partition belongs to somebody else now, or everything was read."""
        self._fed.pop((topic, partition), None)

    def read(self, topic: str, partition: int, start: int, limit: int = 100, max_bytes: int = 8_000_000) -> list[Record]:
        held = self._fed.get((topic, partition))
        while held and held[0].offset < start:
            held.popleft()
        if not held or held[0].offset != start:
            return self._log.read(topic, partition, start, limit, max_bytes)
        taken: list[Record] = []
        size = 0
        for record in held:
            size += len(record.value)
            if len(taken) >= max(1, limit) or (taken and size > max_bytes):
                break
            taken.append(record)
        return taken

    def partitions(self, topic: str) -> int:
        return self._log.partitions(topic)

    def append(self, topic: str, partition: int, values: Sequence[bytes], *, expect: int | None = None) -> int:
        return self._log.append(topic, partition, values, expect=expect)

    def end(self, topic: str, partition: int) -> int:
        return self._log.end(topic, partition)

    def commit(self, group: str, topic: str, partition: int, position: int) -> None:
        self._log.commit(group, topic, partition, position)

    def committed(self, group: str, topic: str, partition: int) -> int:
        return self._log.committed(group, topic, partition)

    def forget(self, topic: str, partition: int, before: int) -> int:
        return self._log.forget(topic, partition, before)

    def close(self) -> None:
        self._log.close()
