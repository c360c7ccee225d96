"""The event log on Kafka: topics with partitions chosen by us, an idempotent producer, readers without groups.

Kafka can't compare before it appends. A record that was appended with `expect` says in a header which offset it was made for; one
that got another offset is *void*: every reader sees an empty value in its place, and its writer gets FencedError. So what counts
is decided by the record and its place alone, the same for everybody, and offsets have no holes.
(Copying a topic to another cluster must therefore keep its offsets.)
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from eventlog.kafka.faults import translated
from eventlog.kafka.options import Access, Kept
from eventlog.kafka.questions import Questions
from eventlog.kafka.tail import Tail
from eventlog.kafka.topics import make_topics
from eventlog.kafka.writer import Writer
from pedigree.errors import FencedError, LogError
from pedigree.ports import Record

_TAILS = 32
"""Partitions that are read at the same time; each costs a connection and up to 16 MB."""


class KafkaLog:
    """Implements `pedigree.ports.EventLog`. Any thread may call any method at any time.

    `counts`: topic -> partitions. Missing topics are made; SettingsError when one has another number of them.
    """

    def __init__(self, access: Access, counts: Mapping[str, int], kept: Kept | None = None) -> None:
        self._access, self._counts, self._kept = access, dict(counts), kept or Kept()
        make_topics(access, self._kept, counts)
        self._lock = threading.Lock()
        self._tails: OrderedDict[tuple[str, int], Tail] = OrderedDict()
        self._questions = Questions(access, self._kept)
        self._writer = Writer(access, self._kept)

    def partitions(self, topic: str) -> int:
        return self._checked(topic)

    def append(self, topic: str, partition: int, values: Sequence[bytes], *, expect: int | None = None) -> int:
        self._checked(topic, partition)
        end = self.end(topic, partition) if expect is not None or not values else 0
        if expect is not None and end != expect:
            raise _fenced(topic, partition, expect, end)
        if not values:
            return end
        offsets = self._writer.append(self._access.prefix + topic, partition, values, expect)
        if expect is not None and offsets != list(range(expect, expect + len(values))):
            raise _fenced(topic, partition, expect, offsets[0])
        return offsets[0]

    def read(self, topic: str, partition: int, start: int, limit: int = 100, max_bytes: int = 8_000_000) -> list[Record]:
        return self._tail(topic, partition).read(start, limit, max_bytes)

    def end(self, topic: str, partition: int) -> int:
        self._checked(topic, partition)
        return self._questions.bounds(self._access.prefix + topic, partition)[1]

    def commit(self, group: str, topic: str, partition: int, position: int) -> None:
        self._checked(topic, partition)
        self._questions.commit(group, self._access.prefix + topic, partition, position)

    def committed(self, group: str, topic: str, partition: int) -> int:
        self._checked(topic, partition)
        return self._questions.committed(group, self._access.prefix + topic, partition)

    def forget(self, topic: str, partition: int, before: int) -> int:
        self._checked(topic, partition)
        first, end = self._questions.bounds(self._access.prefix + topic, partition)
        before = min(before, end)
        if before <= first:
            return 0
        admin = AdminClient(self._access.options())
        place = TopicPartition(self._access.prefix + topic, partition, before)
        try:
            for future in admin.delete_records([place]).values():
                future.result(self._access.answer_ms / 1000)
        except KafkaException as error:
            raise translated(error, self._access.bootstrap, f"forgetting {topic}") from error
        return before - first

    def close(self) -> None:
        self._writer.close()
        with self._lock:
            for tail in self._tails.values():
                tail.close()
            self._tails.clear()
        self._questions.close()

    def _checked(self, topic: str, partition: int = 0) -> int:
        self._writer.check_open()
        count = self._counts.get(topic)
        if count is None:
            raise LogError(f"there is no topic {topic!r}, only {', '.join(self._counts)}")
        if not 0 <= partition < count:
            raise LogError(f"{topic} has partitions 0 to {count - 1}, not {partition}")
        return count

    def _tail(self, topic: str, partition: int) -> Tail:
        self._checked(topic, partition)
        with self._lock:
            found = self._tails.get((topic, partition))
            if found is None:
                found = Tail(self._access, self._kept, self._questions, self._access.prefix + topic, partition)
                self._tails[topic, partition] = found
                if len(self._tails) > _TAILS:
                    self._tails.popitem(last=False)[1].close()
            self._tails.move_to_end((topic, partition))
            return found


def _fenced(topic: str, partition: int, expected: int, found: int) -> FencedError:
    return FencedError(f"{topic}, partition {partition}: expected offset {expected}, it is {found}")
