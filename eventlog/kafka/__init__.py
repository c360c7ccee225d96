"""The event log on Kafka."""

from __future__ import annotations

from eventlog.kafka.log import KafkaLog
from eventlog.kafka.options import Access, Kept

__all__ = ["Access", "KafkaLog", "Kept"]
