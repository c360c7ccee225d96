"""What is wrong in the settings or on the machine is said by the real programs in one line that names what to look at, and the
program ends with a code of its own: nothing waits in silence."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("fabric_protos", reason="the extra 'stack' is not installed")

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from chaincode.shim.service import start
from ops.fabric import processes
from ops.fabric.network import Network
from ops.fabric.plan import MEMBERS, make_plan
from ops.fabric.programs import MissingProgramsError, find_programs
from tests.acceptance.fleet import Fleet
from tests.conftest import NEO4J_PASSWORD
from tests.integration.live import wait_for
from tests.servers import free_port

pytestmark = pytest.mark.stack
AGAIN, USAGE, UNREACHABLE = 1, 2, 3


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    try:
        find_programs()
    except MissingProgramsError as missing:
        pytest.skip(f"the Fabric network does NOT run here: {missing}")
    made = Network(tmp_path_factory.mktemp("network") / "network")
    try:
        made.make(make_plan())
        made.start(witnesses=False)
        yield made
    finally:
        made.reset()


def ended(fleet: Fleet, role: str, seconds: float = 90) -> tuple[int, str]:
    """The exit code of a worker that can't work, and what it said; it fails the test when it goes on."""
    command = [sys.executable, "-m", "ops", "worker", role, "--name", "1", "--config", str(fleet.config)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    return made.returncode, made.stdout + made.stderr


def _expired(folder: Path) -> dict[str, str]:
    """An identity whose certificate ended yesterday."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        who, who, key.public_key(), x509.random_serial_number(), now - timedelta(days=9), now - timedelta(days=1)
    ).sign(key, SHA256())
    (folder / "old.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "old.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return {"certificate": str(folder / "old.pem"), "key": str(folder / "old.key")}


def _profile(network: Network, folder: Path, wrong: str) -> Path:
    """A connection profile with one thing wrong in it; paths are absolute."""
    path = network.folder.profile("maker")
    said = json.loads(path.read_bytes())
    for name in ("certificate", "key"):
        said[name] = str(path.parent / said[name])
    for peer in said["peers"]:
        peer["tls_ca"] = str(path.parent / peer["tls_ca"])
    if wrong in ("channel", "chaincode"):
        said[wrong] = "elsewhere"
    elif wrong == "certificate":
        said |= _expired(folder)
    elif wrong == "tls_ca":  # each peer's authority is taken for another one's
        authorities = [peer["tls_ca"] for peer in said["peers"]]
        for peer, other in zip(said["peers"], [*authorities[1:], authorities[0]], strict=True):
            peer["tls_ca"] = other
    elif wrong == "address":
        for peer in said["peers"]:
            peer["address"] = f"127.0.0.1:{free_port()}"
    made = folder / "profile.json"
    made.write_text(json.dumps(said))
    return made


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        ("channel", AGAIN, "check the profile's channel"),
        ("chaincode", AGAIN, "check the profile's channel and chaincode"),
        ("certificate", USAGE, "the profile's certificate is too old"),
        ("tls_ca", AGAIN, "check the profile's tls_ca"),
        ("address", AGAIN, "the peer of maker at 127.0.0.1"),
    ],
)
def test_a_profile_that_can_t_work(kafka: str, network: Network, tmp_path: Path, wrong: str, code: int, words: str) -> None:
    profile = _profile(network, tmp_path, wrong)
    extra = f'ledger = "fabric"\nfabric_profile = "{profile}"\n'
    fleet = Fleet(tmp_path, kafka, extra=extra, prefix=f"{tmp_path.name}-", crew=())
    found, said = ended(fleet, "ledger")
    assert (found, words in said) == (code, True), said[-2000:]


def test_contracts_of_another_version(kafka: str, network: Network, tmp_path: Path) -> None:
    """Two of four: no majority is left. When they are back, so is the worker; with one alone it goes on."""
    changed = list(MEMBERS[-2:])
    others = {name: network.process(name) for name in (f"contract-{member}" for member in changed)}
    processes.stop(others, network.folder)
    servers = {
        name: start(
            process.environment["CHAINCODE_ID"],
            process.environment["CHAINCODE_SERVER_ADDRESS"],
            lambda port, args: b"medtrace/contract/9 0123456789abcdef",
        )[0]
        for name, process in others.items()
    }
    extra = f'ledger = "fabric"\nfabric_profile = "{network.folder.profile("maker")}"\n'
    fleet = Fleet(tmp_path, kafka, extra=extra, prefix=f"{tmp_path.name}-", crew=(("ledger", "1"),))
    try:
        wait_for(lambda: "medtrace/contract/9" in ended(fleet, "ledger")[1])
        code, said = ended(fleet, "ledger")
        assert code == USAGE, said[-2000:]
        assert f"{changed[0]} says 'medtrace/contract/9" in said
        assert "fabric_profile" in said
        name, server = servers.popitem()
        server.stop(0).wait()
        processes.start(others[name], find_programs(), network.folder)
        fleet.start()
        assert "another_contract" in fleet.workers[0].last_words(50)
    finally:
        fleet.stop()
        for name, server in servers.items():
            server.stop(0).wait()
            processes.start(others[name], find_programs(), network.folder)


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [("password", USAGE, "check neo4j_user and neo4j_password"), ("address", AGAIN, "start it, or set neo4j_uri")],
)
def test_a_graph_that_can_t_be_reached(kafka: str, neo4j: str, tmp_path: Path, wrong: str, code: int, words: str) -> None:
    address = neo4j if wrong == "password" else f"bolt://127.0.0.1:{free_port()}"
    password = "not-this-one" if wrong == "password" else NEO4J_PASSWORD
    extra = f'graph = "neo4j"\nneo4j_uri = "{address}"\nneo4j_password = "{password}"\n'
    fleet = Fleet(tmp_path, kafka, extra=extra, prefix=f"{tmp_path.name}-", crew=())
    found, said = ended(fleet, "projector")
    assert (found, words in said) == (code, True), said[-2000:]
    assert password not in said


def test_a_broker_that_is_not_there(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, f"127.0.0.1:{free_port()}", crew=())
    found, said = ended(fleet, "custody")
    assert (found, "is kafka_bootstrap right?" in said) == (UNREACHABLE, True), said[-2000:]


def test_a_topic_with_another_count_of_partitions(kafka: str, tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, kafka, prefix=f"{tmp_path.name}-", crew=())
    fleet.open_log().close()
    fleet.config.write_text(fleet.config.read_text().replace("partitions = 4", "partitions = 8"))
    found, said = ended(fleet, "splitter")
    assert (found, "set partitions to 4" in said) == (USAGE, True), said[-2000:]
