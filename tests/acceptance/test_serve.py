"""A real server in a process of its own: writer child, health, metrics, locks, restarts, stopping."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ops.cli.main import run
from ops.demo.send import state_facts
from ops.demo.state import Secrets
from ops.demo.world import World, make_world
from ops.facts import open_facts
from ops.keys import KeyFiles
from ops.settings import Settings
from pedigree.wire import parse
from tests.acceptance.server import ROOT, SECONDS, Server, free_port, gone, until

NOW = 1_764_000_000_000


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(7, 1_000, NOW)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    KeyFiles(Settings(data=folder)).init(NOW)
    return folder


@pytest.fixture
def secrets(data: Path, world: World) -> Secrets:
    made = Secrets()
    with open_facts(Settings(data=data)) as facts:
        state_facts(facts, world, made, NOW)
    return made


@pytest.fixture
def server(data: Path, secrets: Secrets) -> Iterator[Server]:
    running = Server(data)
    yield running
    running.stop(signal.SIGKILL)


def _capture(server: Server, world: World, secrets: Secrets, start: int, end: int) -> list[str]:
    jobs = []
    for letter in world.letters[start:end]:
        headers = {"Authorization": f"Bearer {secrets.api[letter.who]}", "Content-Type": letter.content_type}
        answer = server.http.post("/capture", content=letter.body, headers=headers)
        assert answer.status_code == 202, answer.text
        jobs.append(answer.json()["captureID"])
    return jobs


def _decided(server: Server) -> bool:
    report = server.http.get("/health").json()
    positions = (report["writer"] or {}).get("positions") or {"": 1}
    return report["status"] == "ready" and report["documents_waiting"] == 0 and not sum(
        positions.get(step, 1) for step in ("documents", "observations", "ledger", "graph")
    )


def test_documents_are_decided_while_a_second_server_is_refused_and_sigterm_ends_all(
    server: Server, data: Path, world: World, secrets: Secrets
) -> None:
    writer = server.writer()
    jobs = _capture(server, world, secrets, 0, 12)
    until(lambda: _decided(server))
    key = {"Authorization": f"Bearer {secrets.api[world.letters[0].who]}"}
    job = server.http.get(f"/capture/{jobs[0]}", headers=key).json()
    assert job["success"]
    assert set(job["progress"]["verdicts"]) == {"confirmed"}

    metrics = server.http.get("/metrics").text
    assert 'medtrace_requests_total{method="POST",route="/capture",status="202"} 12.0' in metrics
    assert "medtrace_ready 1.0" in metrics
    assert world.letters[0].body[-20:].decode() not in server.log.read_text()  # no contents in the log
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert {line.get("process") for line in lines} >= {"web", "writer"}
    assert all("127.0.0.1" not in json.dumps(line) for line in lines if line["event"] == "answered")

    second = subprocess.run(
        [sys.executable, "-m", "ops", "serve", "--data", str(data), "--port", str(free_port())],
        cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert second.returncode == 3
    assert f"process {server.process.pid}" in second.stderr

    assert server.stop(signal.SIGTERM) == 0
    assert gone(writer)
    again = Server(data)
    try:
        assert again.http.get("/health").json()["documents"] == 12
        again.writer()
    finally:
        assert again.stop() == 0


def test_a_killed_writer_is_replaced_and_goes_on_where_it_was(server: Server, world: World, secrets: Secrets) -> None:
    _capture(server, world, secrets, 0, 10)
    first = server.writer()
    os.kill(first, signal.SIGKILL)
    _capture(server, world, secrets, 10, 20)  # captures don't depend on it
    until(lambda: _decided(server) and server.writer() != first)
    assert '"event": "writer_died"' in server.log.read_text()
    report = server.http.get("/health").json()
    assert report["documents"] == 20


def test_a_killed_server_takes_its_writer_along(server: Server, data: Path) -> None:
    writer = server.writer()
    server.stop(signal.SIGKILL)
    until(lambda: gone(writer))
    again = Server(data)
    try:
        assert again.writer() != writer
    finally:
        again.stop()


def _self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, private


def test_it_speaks_tls_and_the_command_speaks_it_too(
    data: Path, world: World, secrets: Secrets, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate, private = _self_signed(tmp_path)
    server = Server(data, "--tls-cert", str(certificate), "--tls-key", str(private), certificate=certificate)
    try:
        letter = world.letters[0]
        file = tmp_path / "first.json"
        file.write_bytes(letter.body)
        command = ["capture", str(file), "--url", server.url, "--key", secrets.api[letter.who], "--json"]
        assert run([*command, "--cacert", str(certificate)]) == 0
        assert json.loads(capsys.readouterr().out)["verdicts"] == {"confirmed": len(parse(letter.body).events[0]["epcList"])}
    finally:
        assert server.stop() == 0


def test_a_rotated_key_signs_without_a_restart(server: Server, data: Path, world: World, secrets: Secrets) -> None:
    first = server.writer()
    files = KeyFiles(Settings(data=data))
    files.rotate_gateway(int(time.time() * 1000))
    until(lambda: server.writer() != first)
    _capture(server, world, secrets, 0, 4)
    until(lambda: _decided(server))
    assert '"event": "writer_died"' not in server.log.read_text()
