"""Kafka and Neo4j: the same properties files as the native launcher writes, with the addresses of pods.

Plain StatefulSets on the official images, not an operator's resources: everything can be checked against Kubernetes' own schemas
and comes from the plan. Where a Kafka operator runs already, leave `kafka.yaml` out and set the three `MEDTRACE_KAFKA_` values.
"""

from __future__ import annotations

from collections.abc import Mapping

from ops.k8s.parts import Doc, budget, config, config_volume, container, field, pod, probes, secret, service, stateful, tcp, value
from ops.stack.plan import BROKERS, GRAPH, KAFKA_SERVER, NEO4J_SERVER, broker

CLUSTER = "bWVkdHJhY2UtY2x1c3Rlcg"
"""The cluster's id, 16 bytes in base64: what a disk of another cluster is told by."""
_NODE, _HOST = "@NODE@", "@HOST@"
_COPIES = {
    "offsets.topic.replication.factor": str(BROKERS),
    "transaction.state.log.replication.factor": str(BROKERS),
    "transaction.state.log.min.isr": str(BROKERS - 1),
    "share.coordinator.state.topic.replication.factor": str(BROKERS),
    "min.insync.replicas": str(BROKERS - 1),
    "unclean.leader.election.enable": "false",
    "broker.session.timeout.ms": "9000",
    "broker.heartbeat.interval.ms": "2000",
}
"""What three brokers do otherwise than one."""


def properties(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={text}\n" for name, text in values.items())


def kafka() -> list[Doc]:
    name, (clients, controller) = KAFKA_SERVER.name, (port for _, port in KAFKA_SERVER.ports)
    voters = ",".join(f"{n}@{name}-{n}.{name}:{controller}" for n in range(BROKERS))
    file = properties(broker(_NODE, f"{_HOST}.{name}", voters=voters) | _COPIES)
    fill = f"sed 's/{_NODE}/'\"${{POD##*-}}\"'/; s/{_HOST}/'\"$POD\"'/' /plan/server.properties > /config/server.properties"
    form = f"/opt/kafka/bin/kafka-storage.sh format --ignore-formatted -t {CLUSTER} -c /config/server.properties"
    env = [field("POD", "metadata.name"), value("LOG_DIR", "/tmp/logs")]
    mounts = {"data": "/var/lib/kafka/data", "config": "/config", "plan:ro": "/plan"}
    first = container(
        "format", KAFKA_SERVER.image, cpu="100m", memory="512Mi", command=["sh", "-ec", f"{fill}\n{form}"], env=env, mounts=mounts
    )
    main = container(
        name,
        KAFKA_SERVER.image,
        cpu="500m",
        memory="1536Mi",
        command=["/opt/kafka/bin/kafka-server-start.sh", "/config/server.properties"],
        env=[*env, value("KAFKA_HEAP_OPTS", "-Xms1g -Xmx1g")],
        mounts=mounts,
        ports={"clients": clients, "controller": controller},
        probes=probes(tcp(clients), tcp(controller), 300),
    )
    volumes = [config_volume("plan", name), {"name": "config", "emptyDir": {}}]
    return [
        config(name, {"server.properties": file}),
        service(name, {"clients": clients, "controller": controller}, headless=True),
        stateful(name, BROKERS, pod(name, [main], volumes, init=[first], grace_s=120), {"data": "500Gi"}),
        budget(name),
    ]


def neo4j() -> list[Doc]:
    """One: Community has one writer and no replicas. The graph follows from the log, so what is lost is time."""
    name, bolt = NEO4J_SERVER.name, NEO4J_SERVER.ports[0][1]
    settings = GRAPH | {
        "server.default_listen_address": "0.0.0.0",
        "server.bolt.advertised_address": f"{name}:{bolt}",
        "server.directories.data": "/data",
        "server.directories.logs": "/data/logs",
        "server.directories.run": "/tmp",
        "server.memory.heap.initial_size": "4g",
        "server.memory.heap.max_size": "4g",
        "server.memory.pagecache.size": "8g",
    }
    password = 'neo4j-admin dbms set-initial-password "$(cat /run/secrets/neo4j/neo4j-password)"'
    env = [value("NEO4J_CONF", "/config")]
    mounts = {"data": "/data", "config:ro": "/config"}
    first = container(
        "password",
        NEO4J_SERVER.image,
        cpu="100m",
        memory="512Mi",
        command=["bash", "-ec", f"test -d /data/dbms || {password}"],
        env=env,
        mounts={**mounts, "secret:ro": "/run/secrets/neo4j"},
    )
    main = container(
        name, NEO4J_SERVER.image, cpu="2", memory="14Gi", command=["neo4j", "console"], env=env, mounts=mounts,
        ports={"bolt": bolt}, probes=probes(tcp(bolt), tcp(bolt), 900),
    )  # fmt: skip
    volumes = [config_volume("config", name), secret("secret", "medtrace", {"neo4j-password": "neo4j-password"})]
    return [
        config(name, {"neo4j.conf": properties(settings)}),
        service(name, {"bolt": bolt}, headless=True),
        stateful(name, 1, pod(name, [main], volumes, init=[first], grace_s=120), {"data": "1Ti"}),
        budget(name),
    ]
