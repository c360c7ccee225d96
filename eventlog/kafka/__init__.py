"""The event log on Kafka."""

from __future__ import annotations

from eventlog.kafka.log import KafkaLog
from eventlog.kafka.options import Access, Kept
from eventlog.kafka.records import record_at

__all__ = ["Access", "KafkaLog", "Kept", "record_at"]
