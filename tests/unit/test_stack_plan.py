"""One description of the stack: what is in the container file follows from the plan, and gives nothing away."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from eventlog.kafka import Kept
from ops.settings import Settings, load
from ops.stack import artifacts
from ops.stack.compose import rendered
from ops.stack.keeper import Keeper, StartError
from ops.stack.plan import SERVERS, WORKERS, kept, topics
from ops.stack.program import Program
from pedigree.errors import SettingsError
from pedigree.ports import TOPICS

FILE = Path(__file__).resolve().parents[2] / "docker-compose.yml"


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
