"""The one description of the stack: versions, ports, memory, topics. The native launcher, the container files and the tests all
read it, so that they can't drift apart."""

from __future__ import annotations

from dataclasses import dataclass

from eventlog.kafka import Kept
from ops.settings import Settings
from pedigree.ports import DECISIONS, DOCUMENTS, FACTS, OBSERVATIONS

KAFKA = "4.3.0"
NEO4J = "5.26.30"
LOG4J = "2.25.4"
"""The newest that Kafka's slf4j finds; without it a broker says nothing."""


@dataclass(frozen=True, slots=True)
class Server:
    """One kind of server. `artifacts`: Maven coordinates; `image`: the official container image, pinned to the same version."""

    name: str
    version: str
    artifacts: tuple[str, ...]
    image: str
    ports: tuple[tuple[str, int], ...]
    """(what for, the usual port). Native servers get free ones."""
    heap: str
    ready_s: float
    """How long a start may take."""


KAFKA_SERVER = Server(
    name="kafka",
    version=KAFKA,
    artifacts=(f"org.apache.kafka:kafka_2.13:{KAFKA}", f"org.apache.logging.log4j:log4j-slf4j-impl:{LOG4J}"),
    image=f"apache/kafka:{KAFKA}",
    ports=(("clients", 9092), ("controller", 9093)),
    heap="512m",
    ready_s=60,
)
NEO4J_SERVER = Server(
    name="neo4j",
    version=NEO4J,
    artifacts=(f"org.neo4j:neo4j:{NEO4J}",),
    image=f"neo4j:{NEO4J}-community",
    ports=(("bolt", 7687),),
    heap="1g",
    ready_s=120,
)
SERVERS = (KAFKA_SERVER, NEO4J_SERVER)

BROKER: dict[str, str] = {
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "broker.session.timeout.ms": "1500",
    "broker.heartbeat.interval.ms": "500",
    "message.max.bytes": "64000000",
    "log.retention.check.interval.ms": "60000",
}
"""Of a single broker, native or in a container. The broker's own session is short: after kill -9 it is back in 3 s."""

GRAPH: dict[str, str] = {
    "db.tx_log.rotation.retention_policy": "256M size",
    "db.tx_log.rotation.size": "64M",
    "dbms.usage_report.enabled": "false",
    "server.memory.pagecache.size": "256m",
    # Bolt is all that is used; what is not open can't be attacked.
    "server.http.enabled": "false",
    "server.https.enabled": "false",
    # Cypher may neither read files nor fetch addresses, and call only what the schema's migration needs.
    "dbms.security.allow_csv_import_from_file_urls": "false",
    "dbms.security.procedures.allowlist": "db.awaitIndexes,dbms.components",
}
"""Of Neo4j, native or in a container."""

FABRIC = "3.1.5"
FABRIC_PEER, FABRIC_ORDERER = f"hyperledger/fabric-peer:{FABRIC}", f"hyperledger/fabric-orderer:{FABRIC}"
FABRIC_PORTS = {"peer": 7051, "internal": 7052, "chaincode": 9999, "orderer": 7050, "admin": 7053, "operations": 9443}
"""The usual ones, in containers. On one machine the native network takes free ones."""
BROKERS = 3
"""Of a cluster. On one machine, native or in a container, there is one."""
WEB_PORT, WORKER_PORT = 8000, 8001

WORKERS = ("splitter", "custody", "ledger", "projector", "ticker")
"""The processes of the line, in the order in which data passes them."""


def broker(node: str, host: str, listen: str = "", voters: str = "", data: str = "/var/lib/kafka/data") -> dict[str, str]:
    """A broker's properties. `host`: where clients reach it; `listen`: the address that it binds, '' for all; `voters`: the
    controllers, itself alone if not given."""
    clients, controller = (port for _, port in KAFKA_SERVER.ports)
    return {
        "process.roles": "broker,controller",
        "node.id": node,
        "listeners": f"PLAINTEXT://{listen}:{clients},CONTROLLER://{listen}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{host}:{clients}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.quorum.voters": voters or f"{node}@{host}:{controller}",
        "log.dirs": data,
        **BROKER,
    }


def topics(settings: Settings) -> dict[str, int]:
    """Every topic and its partitions."""
    count = settings.partitions
    return {DOCUMENTS: count, OBSERVATIONS: count, DECISIONS: count, FACTS: 1}


def kept(settings: Settings) -> Kept:
    """How topics are made."""
    return Kept(
        replication=settings.kafka_replication,
        min_insync=settings.kafka_min_insync,
        observations_ms=settings.observations_days * 86_400_000,
        max_bytes=settings.kafka_max_record_mb * 1_000_000,
    )
