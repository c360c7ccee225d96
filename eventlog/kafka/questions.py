"""Questions to the cluster: where partitions begin and end, how far groups are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from eventlog.kafka.clients import consumer
from eventlog.kafka.faults import stale, translated, unreachable
from eventlog.kafka.options import Access, Kept
from pedigree.errors import LogError

_AGAIN_S = 0.1


class Questions:
    """Any thread may ask. Its connections fetch nothing: a broker answers one connection's requests in their order, so a question
    would wait for the fetch before it."""

    def __init__(self, access: Access, kept: Kept) -> None:
        self._access, self._kept = access, kept
        self._wait = access.answer_ms / 1000
        self._lock = threading.Lock()
        self._groups: dict[str, Consumer] = {}
        self._general = consumer(access, kept, "questions")

    def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """(first offset that is still there, the offset that comes next); `topic` with its prefix."""
        place = TopicPartition(topic, partition)
        found = self._asked(f"reading {topic}", lambda left: self._general.get_watermark_offsets(place, timeout=left))
        if found is None:
            raise translated(KafkaError(KafkaError._TIMED_OUT), self._access.bootstrap, f"reading {topic}")
        return int(found[0]), int(found[1])

    def commit(self, group: str, topic: str, partition: int, position: int) -> None:
        places = [TopicPartition(topic, partition, position)]
        self._asked(f"committing {group}", lambda _: self._group(group).commit(offsets=places, asynchronous=False))

    def committed(self, group: str, topic: str, partition: int) -> int:
        places = [TopicPartition(topic, partition)]
        found = self._asked(f"looking up {group}", lambda left: self._group(group).committed(places, timeout=left))
        return max(0, int(found[0].offset))

    def _asked(self, what: str, question: Callable[[float], Any]) -> Any:
        """Ask again while a leader or a coordinator is being chosen, or a broker comes back; not for longer than `answer_ms`."""
        deadline = time.monotonic() + self._wait
        while True:
            try:
                return question(max(0.1, deadline - time.monotonic()))
            except KafkaException as error:
                if stale(error):  # whoever uses the old one finishes with it
                    self._general = consumer(self._access, self._kept, "questions")
                if time.monotonic() > deadline or not unreachable(error):
                    raise translated(error, self._access.bootstrap, what) from error
                time.sleep(_AGAIN_S)
            except RuntimeError as closed:
                raise LogError("the log is closed") from closed

    def _group(self, group: str) -> Consumer:
        with self._lock:
            if group not in self._groups:
                self._groups[group] = consumer(self._access, self._kept, group)
            return self._groups[group]

    def close(self) -> None:
        with self._lock:
            self._general.close()
            for one in self._groups.values():
                one.close()
            self._groups.clear()
