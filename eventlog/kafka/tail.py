"""Reading one partition in order: a consumer that belongs to no group, and what it has fetched beyond what was asked for."""

from __future__ import annotations

import threading
import time
from collections import deque

from confluent_kafka import KafkaError, TopicPartition

from eventlog.kafka.clients import consumer
from eventlog.kafka.faults import translated, unreachable
from eventlog.kafka.options import Access, Kept
from eventlog.kafka.questions import Questions
from eventlog.kafka.records import record_at
from pedigree.ports import Record


class Tail:
    """One partition. One thread at a time reads; others wait."""

    def __init__(self, access: Access, kept: Kept, questions: Questions, topic: str, partition: int) -> None:
        self._access, self._questions, self._topic, self._partition = access, questions, topic, partition
        self._kept = kept
        self._consumer = consumer(access, kept, "reader")
        self._wait = access.answer_ms / 1000
        self._lock = threading.Lock()
        self._fetched: deque[Record] = deque()
        self._position = -1

    def read(self, start: int, limit: int, max_bytes: int) -> list[Record]:
        with self._lock:
            while self._fetched and self._fetched[0].offset < start:
                self._fetched.popleft()
            if not (self._fetched and self._fetched[0].offset == start):
                first, end = self._questions.bounds(self._topic, self._partition)
                start = max(start, first)
                if start >= end:
                    return []
                self._fetch(start, min(end, start + max(1, limit)))
            return self._taken(max(1, limit), max_bytes)

    def _fetch(self, start: int, end: int) -> None:
        """At least the record at `start`, at most those before `end`."""
        self._fetched.clear()
        if self._position != start:
            self._consumer.assign([TopicPartition(self._topic, self._partition, start)])
            self._position = start
        deadline = time.monotonic() + self._wait
        while not self._fetched:
            for message in self._consumer.consume(end - start, timeout=0.05):
                error = message.error()
                if error is not None and unreachable(error):
                    continue  # it goes on by itself when the broker is back
                if error is not None:
                    self._position = -1
                    raise translated(error, self._access.bootstrap, f"reading {self._topic}")
                record = record_at(message.offset() or 0, message.value(), message.headers())
                self._position = record.offset + 1
                if record.offset >= start:
                    self._fetched.append(record)
            if not self._fetched and time.monotonic() > deadline:
                self._consumer, self._position = consumer(self._access, self._kept, "reader"), -1
                raise translated(KafkaError(KafkaError._TIMED_OUT), self._access.bootstrap, f"reading {self._topic}")

    def _taken(self, limit: int, max_bytes: int) -> list[Record]:
        taken: list[Record] = []
        size = 0
        while self._fetched and len(taken) < limit:
            size += len(self._fetched[0].value)
            if taken and size > max_bytes:
                break
            taken.append(self._fetched.popleft())
        return taken

    def close(self) -> None:
        self._consumer.close()
