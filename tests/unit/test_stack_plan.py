"""One description of the stack: what is in the container file follows from the plan, and gives nothing away."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from eventlog.kafka import Kept
from ops.fabric.channel import configtx, crypto_config
from ops.fabric.nodes import core_yaml
from ops.fabric.plan import MEMBERS, Folder, make_plan
from ops.settings import Settings, load
from ops.stack import artifacts, compose_fabric
from ops.stack.compose import rendered
from ops.stack.keeper import Keeper, StartError
from ops.stack.plan import SERVERS, WORKERS, kept, topics
from ops.stack.program import Program
from pedigree.errors import SettingsError
from pedigree.ports import TOPICS

FILE = Path(__file__).resolve().parents[2] / "docker-compose.yml"
FABRIC_FILE = FILE.with_name("docker-compose.fabric.yml")


def test_the_container_file_follows_from_the_plan() -> None:
    assert FILE.read_text(encoding="utf-8") == rendered(), "run `medtrace stack compose > docker-compose.yml`"


def test_images_are_pinned_checked_and_keep_their_data() -> None:
    services = yaml.safe_load(rendered())["services"]
    assert set(services) == {*(server.name for server in SERVERS), *WORKERS, "serve"}
    for server in SERVERS:
        service = services[server.name]
        assert service["image"] == server.image
        assert re.fullmatch(r"[a-z/0-9]+:\d+\.\d+\.\d+(-community)?", server.image)
        assert service["volumes"]
        assert all(server.version == artifact.rpartition(":")[2] for artifact in server.artifacts[:1])
    assert all("healthcheck" in service for service in services.values())


def test_no_password_has_a_default() -> None:
    found = [line for line in rendered().splitlines() if re.search(r"(PASSWORD|AUTH): ", line)]
    assert len(found) == len(WORKERS) + 2
    assert all("${NEO4J_PASSWORD:?" in line for line in found)


def _compose_services(text: str) -> dict[str, Any]:
    """What the Compose specification asks of each service, as far as ours use it."""
    services: dict[str, Any] = yaml.safe_load(text)["services"]
    for name, service in services.items():
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert set(service) <= _SERVICE, f"{name} has {set(service) - _SERVICE}"
        for key in ("environment", "build", "healthcheck"):
            assert all(isinstance(value, str | int | list | dict) for value in service.get(key, {}).values())
        assert all(isinstance(value, str) for value in service.get("environment", {}).values())
        assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in service.get("ports", []))
    return services


_SERVICE = {"image", "build", "command", "entrypoint", "environment", "volumes", "ports", "depends_on", "healthcheck", "restart",
            "stop_grace_period", "user", "working_dir"}  # fmt: skip


def test_the_file_with_fabric_has_everything_of_four_organisations() -> None:
    assert FABRIC_FILE.read_text(encoding="utf-8") == compose_fabric.rendered(), (
        "run `medtrace stack compose --fabric > docker-compose.fabric.yml`"
    )
    services, line = _compose_services(compose_fabric.rendered()), _compose_services(rendered())
    wanted = {f"{kind}-{member}" for kind in ("peer", "contract", "witness") for member in MEMBERS} | {"orderer-regulator"}
    assert set(services) - set(line) == wanted
    plan = make_plan(containers=True)
    for peer in plan.peers:
        assert services[f"peer-{peer.member}"]["ports"] == [f"127.0.0.1:{peer.port}:{peer.port}"]
        others = [member for member in MEMBERS if member != peer.member]
        for kind in ("peer", "witness"):  # nobody sees another organisation's keys
            bound = " ".join(services[f"{kind}-{peer.member}"]["volumes"])
            secret = [part for part in bound.replace(":", " ").split() if not part.endswith("/tls/ca.crt")]
            assert not any(other in part for part in secret for other in others)
    published = [port for service in {**line, **services}.values() for port in service.get("ports", [])]
    assert len(published) == len(set(published))
    text = compose_fabric.rendered()
    assert "/@fabric@" not in text
    assert "${FABRIC_FOLDER:?" in text
    assert "${LINE_UID:?" in text


def test_nodes_in_containers_are_reached_by_name_and_listen_to_all(tmp_path: Path) -> None:
    plan, folder = make_plan(containers=True), Folder(tmp_path)
    for peer in plan.peers:
        core = core_yaml(peer, plan, folder)
        assert core["peer"]["address"] == f"peer-{peer.member}:{peer.port}"
        assert core["peer"]["listenAddress"] == f"0.0.0.0:{peer.port}"
    channel = configtx(plan, folder)["Profiles"]["Medtrace"]
    assert channel["Orderer"]["EtcdRaft"]["Consenters"][0]["Host"] == "orderer-regulator"
    sans = [host["Specs"][0]["SANS"] for host in crypto_config(plan)["PeerOrgs"]]
    assert [names[-1] for names in sans] == [f"peer-{member}" for member in MEMBERS]
    assert "127.0.0.1" not in str(channel)


def test_docker_compose_itself_takes_both_files() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("there is no `docker compose` here")
    environment = {**os.environ, "NEO4J_PASSWORD": "x", "FABRIC_FOLDER": "/f", "LINE_UID": "1"}
    command = [docker, "compose", "-f", str(FILE), "-f", str(FABRIC_FILE), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    del environment["NEO4J_PASSWORD"]
    refused = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert refused.returncode
    assert "choose a password for Neo4j" in refused.stderr


def test_topics_and_their_keeping_follow_settings() -> None:
    settings = Settings(partitions=8, kafka_replication=3, kafka_min_insync=2, observations_days=2)
    assert topics(settings) == dict(zip(TOPICS, (8, 8, 8, 1), strict=True))
    assert kept(settings) == Kept(3, 2, 2 * 86_400_000, 64_000_000)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kafka_security": "SASL_SSL"}, "kafka_username"),
        ({"kafka_min_insync": 2}, "kafka_min_insync"),
        ({"kafka_cert_file": "/nowhere.pem"}, "kafka_cert_file and kafka_key_file belong together"),
        ({"kafka_ca_file": "/nowhere.pem"}, "there is no file /nowhere.pem"),
        ({"kafka_password": "x", "kafka_password_file": "/nowhere"}, "are both set"),
        ({"kafka_session_ms": 5}, "silence after which a worker is replaced"),
        ({"backend": "cloud"}, "embedded .one folder. or stack"),
    ],
)
def test_settings_that_can_t_work_are_named(given: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load(None, **given)


def test_without_maven_the_missing_artifacts_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SettingsError, match="no mvn to fetch it"):
        artifacts.libraries(SERVERS[0])
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(SettingsError, match="install a Java 17"):
        artifacts.java()


def test_a_program_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    program = Program("short", ["/bin/sh", "-c", "echo no such thing; exit 3"], tmp_path / "short.log", ready=lambda: False)
    keeper = Keeper([[program]])
    with pytest.raises(StartError, match="no such thing"):
        keeper.start()
    keeper.stop()
