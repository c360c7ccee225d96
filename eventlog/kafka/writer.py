"""Appending: an idempotent producer, and callers that wait until their records are delivered."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from eventlog.kafka.faults import stale, translated
from eventlog.kafka.options import Access, Kept
from eventlog.kafka.records import EXPECTED, traced
from pedigree.errors import LogError, LogFullError, SettingsError

Pairs = list[tuple[str, str | bytes | None]]
_POLL_S = 0.2
_GRACE_S = 2.0


class _Delivery:
    """What became of the records of one append."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.offsets: list[int] = []
        self.error: KafkaError | None = None
        self.done = threading.Event()

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        """Called by the poll thread, once for each record."""
        if error is not None:
            self.error = self.error or error
        else:
            self.offsets.append(message.offset() or 0)
        self.left -= 1
        if not self.left:
            self.done.set()


class Writer:
    """Any thread may append. One producer, one thread that hears about deliveries."""

    def __init__(self, access: Access, kept: Kept) -> None:
        self._access, self._max_bytes = access, kept.max_bytes
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._producer = self._made()
        self._thread = threading.Thread(target=self._listen, name="kafka-deliveries", daemon=True)
        self._thread.start()

    def _made(self) -> Producer:
        return Producer(
            self._access.options()
            | {
                "enable.idempotence": True,
                "acks": "all",
                "delivery.timeout.ms": self._access.delivery_ms,
                "request.timeout.ms": min(5_000, self._access.delivery_ms),
                "linger.ms": 2,
                "compression.type": "gzip",  # the only one that aiokafka reads without further packages
                "compression.level": 1,
                "message.max.bytes": self._max_bytes,
                "queue.buffering.max.kbytes": 4 * self._max_bytes // 1024,
            }
        )

    def append(self, topic: str, partition: int, values: Sequence[bytes], expect: int | None) -> list[int]:
        """The offsets of the values. LogFullError, LogUnreachableError when any of them was not delivered in time."""
        delivery, spans = _Delivery(len(values)), traced()
        with self._lock:  # the values of one call stand side by side
            producer = self._producer
            for index, value in enumerate(values):
                at = None if expect is None else expect + index
                headers = spans if at is None else [*spans, (EXPECTED, str(at).encode())]
                self._produce(producer, topic, partition, value, headers, delivery)
        if not delivery.done.wait(self._access.delivery_ms / 1000 + _GRACE_S):
            raise translated(KafkaError(KafkaError._MSG_TIMED_OUT), self._access.bootstrap, f"appending to {topic}")
        if delivery.error is not None:
            if delivery.error.fatal() or delivery.error.code() == KafkaError._FATAL or stale(delivery.error):
                self._replace(producer)
            raise translated(delivery.error, self._access.bootstrap, f"appending to {topic}")
        return delivery.offsets

    def _produce(
        self, producer: Producer, topic: str, partition: int, value: bytes, headers: Pairs, delivery: _Delivery
    ) -> None:
        try:
            producer.produce(topic, value, partition=partition, headers=headers, on_delivery=delivery)
        except BufferError as full:
            raise LogFullError(f"appending to {topic}: the buffer of what Kafka has not taken yet is full") from full
        except KafkaException as error:
            cause = error.args[0]
            if cause.code() == KafkaError.MSG_SIZE_TOO_LARGE:
                raise SettingsError(
                    f"a record of {len(value)} bytes is larger than kafka_max_record_mb allows ({self._max_bytes} bytes)"
                ) from error
            if cause.fatal() or stale(cause):
                self._replace(producer, locked=True)
            raise translated(error, self._access.bootstrap, f"appending to {topic}") from error

    def _replace(self, broken: Producer, *, locked: bool = False) -> None:
        """A producer that lost its place in the sequence of its records can't go on, one that believes a topic to be gone does
        not; a new one does."""
        if locked:
            if self._producer is broken:
                self._producer = self._made()
            return
        with self._lock:
            self._replace(broken, locked=True)

    def _listen(self) -> None:
        while not self._closed.is_set():
            self._producer.poll(_POLL_S)

    def close(self) -> None:
        if self._closed.is_set():
            return
        self._closed.set()
        self._thread.join()
        self._producer.flush(self._access.delivery_ms / 1000)

    def check_open(self) -> None:
        if self._closed.is_set():
            raise LogError("the log is closed")
