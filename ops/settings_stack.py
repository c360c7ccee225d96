"""Settings of the real servers; they count only with `backend = "stack"`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from pedigree.errors import SettingsError

_PASSWORDS = ("kafka_password", "neo4j_password")


class StackSettings(BaseSettings):
    """Secrets are given by value or by a file that holds nothing else."""

    backend: Literal["embedded", "stack"] = Field(default="embedded", description="embedded (one folder) or stack (real servers)")
    ledger: Literal["embedded", "fabric"] = Field(
        default="embedded", description="embedded or fabric: which ledger the stack writes"
    )
    graph: Literal["sqlite", "neo4j"] = Field(default="sqlite", description="sqlite or neo4j: which graph the stack writes")

    kafka_bootstrap: str = Field(default="127.0.0.1:9092", min_length=3, description="host:port of brokers, comma-separated")
    kafka_prefix: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,60}$", description="what stands before topics and groups")
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT"] = Field(
        default="PLAINTEXT", description="PLAINTEXT, SSL, SASL_SSL or SASL_PLAINTEXT"
    )
    kafka_ca_file: Path | None = Field(default=None, description="a PEM file with the authority of the brokers' certificates")
    kafka_cert_file: Path | None = Field(default=None, description="a PEM file with our certificate; set kafka_key_file too")
    kafka_key_file: Path | None = Field(
        default=None, description="a PEM file with our certificate's key; set kafka_cert_file too"
    )
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    kafka_username: str = Field(default="", description="the name that SASL knows us by")
    kafka_password: SecretStr | None = Field(default=None, description="its password; or use kafka_password_file")
    kafka_password_file: Path | None = Field(default=None, description="a file with the password")
    kafka_replication: int = Field(default=1, ge=1, le=9, description="replicas of each topic, 1 to 9; 3 on a real cluster")
    kafka_min_insync: int = Field(
        default=1, ge=1, le=9, description="replicas that must have a record, 1 to 9; 2 on a real cluster"
    )
    kafka_delivery_ms: int = Field(
        default=10_000, ge=500, le=300_000, description="how long an append may take, 500 to 300000 ms"
    )
    kafka_session_ms: int = Field(default=6_000, ge=1_000, le=300_000, description="silence after which a worker is replaced")
    kafka_max_record_mb: int = Field(default=64, ge=1, le=900, description="the largest record, 1 to 900 MB")

    neo4j_uri: str = Field(
        default="bolt://127.0.0.1:7687", min_length=8, description="the address, such as neo4j+s://graph.example.org"
    )
    neo4j_user: str = Field(default="neo4j", description="the name that Neo4j knows us by")
    neo4j_password: SecretStr | None = Field(default=None, description="its password; or use neo4j_password_file")
    neo4j_password_file: Path | None = Field(default=None, description="a file with the password")
    neo4j_database: str = Field(default="neo4j", description="the database's name")

    fabric_profile: Path | None = Field(default=None, description="the connection profile of the Fabric network (TOML)")

    follow_custody: bool = Field(
        default=False, description="true for pages whose data folder no custody worker shares: they copy what it decides"
    )
    worker: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,60}$", description="a worker's lasting name, one a process")
    worker_host: str = Field(default="127.0.0.1", min_length=1, description="the address of a worker's health and metrics")
    worker_port: int = Field(default=0, ge=0, le=65535, description="its port, 0 = any free one")
    otlp_endpoint: str = Field(
        default="", description="an OpenTelemetry collector, such as http://127.0.0.1:4318; empty for none"
    )

    @model_validator(mode="after")
    def _stack_pairs(self) -> StackSettings:
        if (self.kafka_cert_file is None) != (self.kafka_key_file is None):
            raise ValueError("kafka_cert_file and kafka_key_file belong together: set both or none")
        for name in ("kafka_ca_file", "kafka_cert_file", "kafka_key_file", "fabric_profile"):
            path: Path | None = getattr(self, name)
            if path is not None and not path.is_file():
                raise ValueError(f"{name}: there is no file {path}")
        for name in _PASSWORDS:
            if getattr(self, name) is not None and getattr(self, f"{name}_file") is not None:
                raise ValueError(f"{name} and {name}_file are both set: set one of them")
        if self.kafka_security.startswith("SASL") and not self.kafka_username:
            raise ValueError(f"kafka_username is empty, and kafka_security = {self.kafka_security} needs one")
        if self.follow_custody and self.backend != "stack":
            raise ValueError('follow_custody is true, but only backend = "stack" has anything to follow: set it to false')
        if self.kafka_min_insync > self.kafka_replication:
            raise ValueError("kafka_min_insync is more than kafka_replication: nothing could be appended")
        return self

    def password(self, name: Literal["kafka_password", "neo4j_password"]) -> str:
        """The secret's text, '' when it is not set. SettingsError when its file can't be read."""
        given: SecretStr | None = getattr(self, name)
        if given is not None:
            return given.get_secret_value()
        path: Path | None = getattr(self, f"{name}_file")
        if path is None:
            return ""
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{name}_file: {path} can't be read: {error.strerror}") from error
