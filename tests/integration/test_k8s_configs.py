"""What the manifests hand to Kafka and Neo4j, asked of the very programs: natively, without a cluster."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from ops.k8s.__main__ import rendered
from ops.k8s.servers import CLUSTER
from ops.stack.artifacts import available, java, libraries
from ops.stack.plan import BROKERS, KAFKA_SERVER, NEO4J_SERVER, Server

pytestmark = pytest.mark.stack


def _config(server: Server, file: str) -> str:
    docs = yaml.safe_load_all(rendered()[f"line/{server.name}.yaml"])
    return next(str(doc["data"][file]) for doc in docs if doc["kind"] == "ConfigMap")


@pytest.mark.skipif(not available(KAFKA_SERVER), reason="Kafka can't be started here: no java, or no mvn to fetch it")
@pytest.mark.parametrize("node", range(BROKERS))
def test_kafka_takes_each_broker_s_file(node: int, tmp_path: Path) -> None:
    text = _config(KAFKA_SERVER, "server.properties").replace("@NODE@", str(node)).replace("@HOST@", f"kafka-{node}")
    assert "@" not in re.sub(r"\d@kafka", "", text)
    file = tmp_path / "server.properties"
    file.write_text(text.replace("/var/lib/kafka/data", str(tmp_path / "data")))
    command = [java(), "-cp", f"{libraries(KAFKA_SERVER)}/*", "kafka.tools.StorageTool", "format", "--ignore-formatted"]
    done = subprocess.run([*command, "-t", CLUSTER, "-c", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    written = (tmp_path / "data" / "meta.properties").read_text()
    assert f"node.id={node}" in written
    assert f"cluster.id={CLUSTER}" in written


@pytest.mark.skipif(not available(NEO4J_SERVER), reason="Neo4j can't be started here: no java, or no mvn to fetch it")
def test_neo4j_knows_every_setting(tmp_path: Path) -> None:
    (tmp_path / "neo4j.conf").write_text(_config(NEO4J_SERVER, "neo4j.conf").replace("=/data", f"={tmp_path}/data"))
    command = [java(), "-cp", f"{libraries(NEO4J_SERVER)}/*", "org.neo4j.server.startup.Neo4jAdminCommand", "server"]
    environment = {**os.environ, "NEO4J_HOME": str(tmp_path), "NEO4J_CONF": str(tmp_path)}

    def told() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, "validate-config"], capture_output=True, text=True, env=environment, check=False
        )

    done = told()
    assert done.returncode == 0, done.stdout + done.stderr
    with (tmp_path / "neo4j.conf").open("a") as file:
        file.write("server.no.such.setting=1\n")
    assert "server.no.such.setting" in told().stdout
