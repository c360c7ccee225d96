"""A log that goes on in a scratch file: what the real one held at one moment, and what a second line adds to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pedigree.ports import EventLog, Record

Ends = Mapping[tuple[str, int], int]
"""(topic, partition) -> the offset at which the real log is cut off."""


class OverlayLog:
    """`pedigree.ports.EventLog`. Reads `base` before `ends`; what is appended goes to `scratch` and has the offsets after them.

    `base` is never written, positions of groups included: `committed` says where they start.
    """

    def __init__(self, base: EventLog, scratch: EventLog, ends: Ends, committed: Mapping[tuple[str, str, int], int]) -> None:
        self._base, self._scratch, self._ends = base, scratch, ends
        self._committed = dict(committed)

    def partitions(self, topic: str) -> int:
        return self._base.partitions(topic)

    def append(self, topic: str, partition: int, values: Sequence[bytes], *, expect: int | None = None) -> int:
        start = self._ends[topic, partition]
        return start + self._scratch.append(topic, partition, values, expect=None if expect is None else expect - start)

    def read(self, topic: str, partition: int, start: int, limit: int = 100, max_bytes: int = 8_000_000) -> list[Record]:
        end = self._ends[topic, partition]
        if start < end:
            found = self._base.read(topic, partition, start, min(limit, end - start), max_bytes)
            if kept := [record for record in found if record.offset < end]:
                return kept
            start = end  # what lay between was forgotten
        more = self._scratch.read(topic, partition, start - end, limit, max_bytes)
        return [Record(record.offset + end, record.value) for record in more]

    def end(self, topic: str, partition: int) -> int:
        return self._ends[topic, partition] + self._scratch.end(topic, partition)

    def commit(self, group: str, topic: str, partition: int, position: int) -> None:
        self._committed[group, topic, partition] = position

    def committed(self, group: str, topic: str, partition: int) -> int:
        return self._committed.get((group, topic, partition), 0)

    def forget(self, topic: str, partition: int, before: int) -> int:
        """A scratch log is thrown away as a whole."""
        return 0

    def close(self) -> None:
        """Both logs belong to whoever opened them."""
