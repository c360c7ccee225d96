"""Passwords and certificates: what is right works for both client libraries, what is wrong is said, with the setting's name."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from eventlog.kafka import Access, KafkaLog
from ops.stack import native
from ops.stack.artifacts import available
from ops.stack.plan import KAFKA_SERVER
from pedigree.errors import SettingsError
from pedigree.ports import FACTS
from tests.acceptance.fleet import Fleet
from tests.servers import free_port, up

pytestmark = pytest.mark.stack
PASSWORD = "right-for-tests"


@dataclass
class Broker:
    sasl: str
    tls: str
    expired: str
    ca: Path


def _pem(folder: Path, name: str, days: int) -> tuple[Path, Path]:
    """A certificate that signs itself, and the same with its key in one file, as Kafka reads it. `days`: from now, or gone by."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    end = datetime.now(UTC) + timedelta(days=days)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number(), end - timedelta(days=30), end)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate = made.public_bytes(serialization.Encoding.PEM)
    formats = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    public, both = folder / f"{name}.pem", folder / f"{name}-key.pem"
    public.write_bytes(certificate)
    both.write_bytes(key.private_bytes(serialization.Encoding.PEM, *formats) + certificate)
    return public, both


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    if not available(KAFKA_SERVER):
        pytest.skip("Kafka can't be started natively here: neither java with mvn nor a filled cache")
    folder = tmp_path_factory.mktemp("guarded")
    plain, controller, sasl, tls, expired = (free_port() for _ in range(5))
    ca, good = _pem(folder, "good", 30)
    _, old = _pem(folder, "old", -1)
    login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    more = {
        "listeners": f"PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller},GUARDED://127.0.0.1:{sasl},"
        f"TLS://localhost:{tls},EXPIRED://localhost:{expired}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{plain},GUARDED://127.0.0.1:{sasl},TLS://localhost:{tls},"
        f"EXPIRED://localhost:{expired}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,GUARDED:SASL_PLAINTEXT,TLS:SSL,EXPIRED:SSL",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.guarded.plain.sasl.jaas.config": f'{login} user_medtrace="{PASSWORD}";',
    }
    for name, keystore in (("tls", good), ("expired", old)):
        more[f"listener.name.{name}.ssl.keystore.type"] = "PEM"
        more[f"listener.name.{name}.ssl.keystore.location"] = str(keystore)
    program = up(native.kafka(folder / "kafka", plain, controller, more))
    yield Broker(f"127.0.0.1:{sasl}", f"localhost:{tls}", f"localhost:{expired}", ca)
    program.stop()


def test_the_right_password_works_for_capture_and_for_workers(broker: Broker, tmp_path: Path) -> None:
    extra = 'kafka_security = "SASL_PLAINTEXT"\nkafka_mechanism = "PLAIN"\nkafka_username = "medtrace"\n'
    extra += f'kafka_password = "{PASSWORD}"\n'
    fleet = Fleet(tmp_path, broker.sasl, extra=extra, crew=(("splitter", "1"),))
    fleet.start()
    fleet.stop()
    log = KafkaLog(
        Access(broker.sasl, security="SASL_PLAINTEXT", mechanism="PLAIN", username="medtrace", password=PASSWORD), {FACTS: 1}
    )
    assert log.append(FACTS, 0, [b"x"]) == 0
    log.close()


def test_a_wrong_password_is_said_in_time(broker: Broker, tmp_path: Path) -> None:
    extra = 'kafka_security = "SASL_PLAINTEXT"\nkafka_mechanism = "PLAIN"\nkafka_username = "medtrace"\n'
    extra += 'kafka_password = "wrong"\n'
    fleet = Fleet(tmp_path, broker.sasl, extra=extra)
    begun = time.monotonic()
    command = [sys.executable, "-m", "ops", "worker", "splitter", "--config", str(fleet.config)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2, ended.stderr[-2000:]
    assert "kafka_username, kafka_password and kafka_mechanism" in ended.stderr
    assert "wrong" not in ended.stderr
    assert time.monotonic() - begun < 50


def test_tls_works_with_its_authority(broker: Broker) -> None:
    log = KafkaLog(Access(broker.tls, security="SSL", ca_file=broker.ca, prefix="tls-"), {FACTS: 1})
    assert log.append(FACTS, 0, [b"x"]) == 0
    log.close()


@pytest.mark.parametrize("which", ["unknown authority", "expired"])
def test_a_certificate_that_does_not_hold_names_the_setting(broker: Broker, which: str) -> None:
    address = broker.expired if which == "expired" else broker.tls
    ca = broker.ca.with_name("old.pem")
    with pytest.raises(SettingsError, match="kafka_ca_file"):
        KafkaLog(Access(address, security="SSL", ca_file=ca, answer_ms=4_000), {FACTS: 1})
