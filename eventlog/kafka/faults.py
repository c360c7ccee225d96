"""Kafka's errors as ours: what to wait for, what to set."""

from __future__ import annotations

from confluent_kafka import KafkaError, KafkaException

from pedigree.errors import LogError, LogFullError, LogUnreachableError, SettingsError

_UNREACHABLE = {
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TRANSPORT,
    KafkaError._DESTROY_BROKER,  # the client gave the connection up under a question; the next one makes a new one
    KafkaError._TIMED_OUT,
    KafkaError._MSG_TIMED_OUT,
    KafkaError._RESOLVE,
    KafkaError._PURGE_QUEUE,
    KafkaError._PURGE_INFLIGHT,
    KafkaError._TIMED_OUT_QUEUE,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.NETWORK_EXCEPTION,
    KafkaError.BROKER_NOT_AVAILABLE,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.NOT_COORDINATOR,
}
_STALE = {KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION, KafkaError.UNKNOWN_TOPIC_OR_PART}
_NO_ROOM = {
    KafkaError._QUEUE_FULL,
    KafkaError.NOT_ENOUGH_REPLICAS,
    KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.THROTTLING_QUOTA_EXCEEDED,
}
_REFUSED = {
    KafkaError._AUTHENTICATION: "kafka_username, kafka_password and kafka_mechanism",
    KafkaError.SASL_AUTHENTICATION_FAILED: "kafka_username, kafka_password and kafka_mechanism",
    KafkaError._SSL: "kafka_ca_file, kafka_cert_file and kafka_key_file (is a certificate expired?)",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "the rights of kafka_username on the topics",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "the rights of kafka_username on the cluster",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "the rights of kafka_username on the consumer groups",
}


def unreachable(error: KafkaError | KafkaException) -> bool:
    """Whether waiting may help."""
    cause = error.args[0] if isinstance(error, KafkaException) else error
    return isinstance(cause, KafkaError) and (cause.code() in _UNREACHABLE or stale(cause))


def stale(error: KafkaError | KafkaException) -> bool:
    """Whether a client has heard from a broker that was starting that a topic is not there, and may believe it for minutes.
    Topics are checked when the log is opened and never removed: a new client asks again."""
    cause = error.args[0] if isinstance(error, KafkaException) else error
    return isinstance(cause, KafkaError) and cause.code() in _STALE


def refused(errors: list[KafkaError]) -> KafkaError | None:
    """The one that tells more than "no answer": a password or a certificate that the cluster does not take."""
    return next((error for error in errors if error.code() in _REFUSED), None)


def translated(error: KafkaError | KafkaException, bootstrap: str, what: str) -> LogError | SettingsError:
    """The error of ours for one of theirs; `what` was being done."""
    cause = error.args[0] if isinstance(error, KafkaException) else error
    code = cause.code() if isinstance(cause, KafkaError) else None
    said = cause.str() if isinstance(cause, KafkaError) else str(error)
    if code in _REFUSED:
        return SettingsError(f"Kafka at {bootstrap} refuses ({said}): check {_REFUSED[code]}")
    if code in _UNREACHABLE or code in _STALE:
        return LogUnreachableError(f"{what}: Kafka at {bootstrap} does not answer ({said}); is kafka_bootstrap right?")
    if code in _NO_ROOM:
        return LogFullError(f"{what}: Kafka has no room ({said})")
    return LogError(f"{what}: {said}")
