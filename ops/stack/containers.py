"""The plan's servers in containers, for tests on machines that have an engine and no Java. Needs the package testcontainers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ops.stack.compose import compose
from ops.stack.native import kafka_ready
from ops.stack.plan import KAFKA_SERVER, NEO4J_SERVER, Server
from ops.stack.program import answers, free_port


@contextmanager
def kafka_container() -> Iterator[str]:
    """A broker; what clients connect to. The published port must be known before the start: the broker tells it to clients."""
    port = free_port()
    environment = dict(compose()["services"]["kafka"]["environment"])
    clients = KAFKA_SERVER.ports[0][1]
    environment |= {
        "KAFKA_LISTENERS": f"PLAINTEXT://:{clients},CONTROLLER://:{KAFKA_SERVER.ports[1][1]}",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": f"1@localhost:{KAFKA_SERVER.ports[1][1]}",
    }
    with _container(KAFKA_SERVER, environment, clients, port):
        _until(lambda: kafka_ready(port), KAFKA_SERVER)
        yield f"127.0.0.1:{port}"


@contextmanager
def neo4j_container(password: str) -> Iterator[str]:
    """A graph server; its bolt address."""
    port = free_port()
    environment = {**compose()["services"]["neo4j"]["environment"], "NEO4J_AUTH": f"neo4j/{password}"}
    with _container(NEO4J_SERVER, environment, NEO4J_SERVER.ports[0][1], port):
        _until(lambda: answers(port), NEO4J_SERVER)
        yield f"bolt://127.0.0.1:{port}"


@contextmanager
def _container(server: Server, environment: Mapping[str, str], inside: int, outside: int) -> Iterator[None]:
    from testcontainers.core.container import DockerContainer

    made: Any = DockerContainer(server.image).with_bind_ports(inside, outside)
    for name, value in environment.items():
        made = made.with_env(name, value)
    with made:
        yield


def _until(ready: Any, server: Server) -> None:
    deadline = time.monotonic() + server.ready_s
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{server.image} is not ready after {server.ready_s:.0f} s")
        time.sleep(0.2)
