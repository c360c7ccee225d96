"""How to reach Kafka: one description, from which each client library gets its options."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Access:
    """`security` is Kafka's own word (PLAINTEXT, SSL, SASL_SSL, SASL_PLAINTEXT). `prefix` stands before every topic and
    group, so that several installations can share a cluster."""

    bootstrap: str
    prefix: str = ""
    security: str = "PLAINTEXT"
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    mechanism: str = "SCRAM-SHA-512"
    username: str = ""
    password: str = ""
    delivery_ms: int = 10_000
    """How long an append may take before it fails."""
    answer_ms: int = 10_000
    """How long a question may take before the cluster counts as unreachable."""

    def options(self) -> dict[str, str | int | float | bool]:
        """What librdkafka needs for any client."""
        found: dict[str, str | int | float | bool] = {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": self.security,
            "socket.keepalive.enable": True,
            "reconnect.backoff.max.ms": 1_000,
            "topic.metadata.refresh.interval.ms": 5_000,
            "log_level": 2,
        }
        for name, path in (
            ("ssl.ca.location", self.ca_file),
            ("ssl.certificate.location", self.cert_file),
            ("ssl.key.location", self.key_file),
        ):
            if path is not None:
                found[name] = str(path)
        if self.security.startswith("SASL"):
            found |= {"sasl.mechanism": self.mechanism, "sasl.username": self.username, "sasl.password": self.password}
        return found


@dataclass(frozen=True, slots=True)
class Kept:
    """How topics are made. `min_insync` replicas must have a record before it counts as delivered."""

    replication: int = 1
    min_insync: int = 1
    observations_ms: int = 30 * 86_400_000
    """Observations can be made again from documents: they go after this time. Everything else is kept for ever."""
    max_bytes: int = 64_000_000
    """The largest record. A document of many events is one record."""
