"""Topics are made by us, with the partitions that we want, and never changed: a unit must stay where it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from eventlog.kafka.faults import refused, translated
from eventlog.kafka.options import Access, Kept
from pedigree.errors import SettingsError
from pedigree.ports import OBSERVATIONS


def make_topics(access: Access, kept: Kept, counts: Mapping[str, int]) -> None:
    """Make the topics that are missing. SettingsError when one has another number of partitions than `counts` says."""
    heard: list[KafkaError] = []
    options: dict[str, Any] = {**access.options(), "error_cb": heard.append}
    admin = AdminClient(options)
    wait = access.answer_ms / 1000
    try:
        there = admin.list_topics(timeout=wait).topics
        missing = [topic for topic in counts if access.prefix + topic not in there]
        made = admin.create_topics([_new(access, kept, topic, counts[topic]) for topic in missing]) if missing else {}
        for future in made.values():
            try:
                future.result(wait)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another process was faster
                    raise
        for topic in counts:
            found = there.get(access.prefix + topic)
            if found is None or not found.partitions:
                found = admin.list_topics(access.prefix + topic, timeout=wait).topics[access.prefix + topic]
            _check(access.prefix + topic, len(found.partitions), counts[topic])
    except (KafkaException, TimeoutError) as error:
        admin.poll(0.1)  # what its connections have heard
        cause = refused(heard) or (error if isinstance(error, KafkaException) else KafkaError(KafkaError._TIMED_OUT))
        raise translated(cause, access.bootstrap, "making topics") from error


def _new(access: Access, kept: Kept, topic: str, partitions: int) -> NewTopic:
    return NewTopic(
        access.prefix + topic,
        num_partitions=partitions,
        replication_factor=kept.replication,
        config={
            "min.insync.replicas": str(kept.min_insync),
            "retention.ms": str(kept.observations_ms if topic == OBSERVATIONS else -1),
            "retention.bytes": "-1",
            "cleanup.policy": "delete",
            "max.message.bytes": str(kept.max_bytes),
            "message.timestamp.type": "CreateTime",
            "unclean.leader.election.enable": "false",
        },
    )


def _check(name: str, found: int, wanted: int) -> None:
    if found and found != wanted:
        raise SettingsError(
            f"the topic {name} has {found} partitions and can't have {wanted}: set partitions to {found}, "
            "or kafka_prefix to a name of its own"
        )
