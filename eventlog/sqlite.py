"""The event log in SQLite: one file per topic, so that writers of different topics never wait for each other.

Each partition is a table of its own whose key is the offset: appends go to the end of a B-tree and fill its pages whole.
Appends of several threads are committed together (`eventlog.group`); several processes may append to one topic. What `append`
returned survives kill -9 and a power cut; positions of groups survive kill -9, and after a power cut may be a little older,
which is harmless: the steps that use them are idempotent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from eventlog.topic import Topic
from pedigree.errors import LogError
from pedigree.ports import Record


class SqliteLog:
    """Implements `pedigree.ports.EventLog` in `folder`. Any thread may call any method at any time.

    `partitions`: topic -> count, fixed when the topic's file is made (SettingsError when another one is asked for later).
    `max_bytes`: quota of each topic's file, 0 = as much as the disk has.
    """

    def __init__(self, folder: Path | str, partitions: Mapping[str, int], *, max_bytes: int = 0) -> None:
        self._topics: dict[str, Topic] = {}
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            for topic, count in partitions.items():
                self._topics[topic] = Topic(folder / f"{topic}.sqlite", topic, count, max_bytes)
        except BaseException:
            self.close()
            raise

    def partitions(self, topic: str) -> int:
        return self._topic(topic).count

    def append(self, topic: str, partition: int, values: Sequence[bytes], *, expect: int | None = None) -> int:
        return self._topic(topic, partition).append(partition, values, expect)

    def read(self, topic: str, partition: int, start: int, limit: int = 100, max_bytes: int = 8_000_000) -> list[Record]:
        return self._topic(topic, partition).read(partition, start, limit, max_bytes)

    def end(self, topic: str, partition: int) -> int:
        return self._topic(topic, partition).end(partition)

    def wait(self, topic: str, partition: int, offset: int, timeout: float) -> bool:
        """Block until the partition's end is beyond `offset`, at most `timeout` seconds; whether it is.

        Appends of this process wake at once, those of others are seen within 20 ms.
        """
        return self._topic(topic, partition).wait(partition, offset, timeout)

    def commit(self, group: str, topic: str, partition: int, position: int) -> None:
        self._topic(topic, partition).commit(group, partition, position)

    def committed(self, group: str, topic: str, partition: int) -> int:
        return self._topic(topic, partition).committed(group, partition)

    def forget(self, topic: str, partition: int, before: int) -> int:
        return self._topic(topic, partition).forget(partition, before)

    def files(self) -> list[Path]:
        """The files of the log, for backup and check."""
        return [topic.path for topic in self._topics.values()]

    def close(self) -> None:
        for topic in self._topics.values():
            topic.close()

    def _topic(self, topic: str, partition: int = 0) -> Topic:
        found = self._topics.get(topic)
        if found is None:
            raise LogError(f"there is no topic {topic!r}, only {', '.join(self._topics)}")
        if not 0 <= partition < found.count:
            raise LogError(f"{topic} has partitions 0 to {found.count - 1}, not {partition}")
        return found
