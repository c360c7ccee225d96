"""The consumer that all readers use."""

from __future__ import annotations

from confluent_kafka import Consumer

from eventlog.kafka.options import Access, Kept


def consumer(access: Access, kept: Kept, group: str) -> Consumer:
    """A consumer that is told what to read; nothing is assigned to it by the cluster."""
    return Consumer(
        access.options()
        | {
            "group.id": access.prefix + group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "fetch.message.max.bytes": 4_000_000,
            "fetch.max.bytes": max(16_000_000, kept.max_bytes),
            "receive.message.max.bytes": max(16_000_000, kept.max_bytes) + 1_000_000,
            "queued.max.messages.kbytes": 16_384,
            "fetch.wait.max.ms": 100,
            "fetch.error.backoff.ms": 50,
        }
    )
