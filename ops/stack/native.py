"""Kafka and Neo4j as native processes of this machine, listening on 127.0.0.1 only."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from ops.stack.artifacts import java, libraries
from ops.stack.plan import BROKER, GRAPH, KAFKA_SERVER, NEO4J_SERVER, Server
from ops.stack.program import Program, answers
from pedigree.errors import SettingsError

_LOGGING = """status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %-5p %m (%c{1})%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
"""
_OPENED = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch")


def kafka(folder: Path, clients: int, controller: int, more: Mapping[str, str] | None = None) -> Program:
    """A broker of one, its data in `folder`; formatted at the first start. `more`: properties on top, such as listeners with TLS
    or SASL beside the plain one. SettingsError when it can't be made."""
    data, lib = folder / "data", libraries(KAFKA_SERVER)
    properties = folder / "server.properties"
    folder.mkdir(parents=True, exist_ok=True)
    _write_properties(
        properties,
        {
            "process.roles": "broker,controller",
            "node.id": "1",
            "listeners": f"PLAINTEXT://127.0.0.1:{clients},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{clients}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller}",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(data),
            **BROKER,
            **(more or {}),
        },
    )
    (folder / "log4j2.properties").write_text(_LOGGING)
    start = [*_java(KAFKA_SERVER, lib, start="256m"), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    start.append(f"-Dlog4j2.configurationFile={folder / 'log4j2.properties'}")
    if not (data / "meta.properties").is_file():
        tool = [*start, "kafka.tools.StorageTool"]
        name = _said([*tool, "random-uuid"]).split()[-1]
        _said([*tool, "format", "--standalone", "-t", name, "-c", str(properties)])
    return Program(
        "kafka",
        [*start, "kafka.Kafka", str(properties)],
        folder.parent / "logs" / "kafka.log",
        ready=lambda: kafka_ready(clients),
        ready_s=KAFKA_SERVER.ready_s,
        about=f"127.0.0.1:{clients}",
    )


def neo4j(folder: Path, bolt: int, password: str) -> Program:
    """A Neo4j Community server with its data in `folder`. `password` counts at the first start only."""
    lib, conf = libraries(NEO4J_SERVER), folder / "conf"
    conf.mkdir(parents=True, exist_ok=True)
    _write_properties(
        conf / "neo4j.conf",
        {
            "server.default_listen_address": "127.0.0.1",
            "server.bolt.listen_address": f"127.0.0.1:{bolt}",
            "server.bolt.advertised_address": f"127.0.0.1:{bolt}",
            "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",
            **GRAPH,
        },
    )
    base = [java(), "-cp", f"{lib}/*"]
    if not (folder / "data" / "dbms").is_dir():
        environment = {"NEO4J_HOME": str(folder), "NEO4J_CONF": str(conf)}
        _said([*base, "org.neo4j.server.startup.Neo4jAdminCommand", "dbms", "set-initial-password", password], environment)
    flags = [f"--add-opens={one}=ALL-UNNAMED" for one in _OPENED]
    heap = NEO4J_SERVER.heap
    return Program(
        "neo4j",
        [
            *(base[0], f"-Xms{heap}", f"-Xmx{heap}", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError", *flags, *base[1:]),
            "org.neo4j.server.CommunityEntryPoint",
            f"--home-dir={folder}",
            f"--config-dir={conf}",
        ],
        folder.parent / "logs" / "neo4j.log",
        ready=lambda: answers(bolt),
        ready_s=NEO4J_SERVER.ready_s,
        grace_s=30,
        about=f"bolt://127.0.0.1:{bolt}",
    )


def kafka_ready(port: int) -> bool:
    """Ready is what has told us its brokers, not what listens."""
    if not answers(port):
        return False
    try:
        return bool(AdminClient({"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0}).list_topics(timeout=2).brokers)
    except KafkaException:
        return False


def _java(server: Server, lib: Path, *, start: str) -> list[str]:
    return [java(), "-cp", f"{lib}/*", f"-Xms{start}", f"-Xmx{server.heap}"]


def _write_properties(path: Path, values: Mapping[str, str]) -> None:
    path.write_text("".join(f"{name}={value}\n" for name, value in values.items()))


def _said(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    """What a tool of a server printed. SettingsError with its words when it failed."""
    made = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})})
    if made.returncode:
        raise SettingsError(f"{command[-2]} failed: {(made.stdout + made.stderr).strip()[-800:]}")
    return made.stdout
