"""Real servers for tests marked `stack`: started natively from their Maven artifacts, or, where only a container engine is there,
by testcontainers from the same plan. `STACK_TESTS_IN=containers` (or `native`) takes that way and fails where it can't. One of
each for a whole run."""

from __future__ import annotations

import importlib.util
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.stack import native
from ops.stack.artifacts import available
from ops.stack.plan import KAFKA_SERVER, NEO4J_SERVER, Server
from ops.stack.program import Program, free_port


def up(program: Program) -> Program:
    """Started and ready."""
    program.start()
    deadline = time.monotonic() + program.ready_s
    while not program.ready():
        assert program.pid, f"{program.name} ended:\n{program.last_words()}"
        assert time.monotonic() < deadline, f"{program.name} is not ready:\n{program.last_words()}"
        time.sleep(0.1)
    return program


def has_containers() -> bool:
    """Whether testcontainers could start something."""
    engine = Path("/var/run/docker.sock").exists() or bool(os.environ.get("DOCKER_HOST")) or bool(shutil.which("podman"))
    return engine and importlib.util.find_spec("testcontainers") is not None


def _natively(server: Server) -> bool:
    """Which way to start it; what was asked for is not quietly replaced by the other."""
    asked = os.environ.get("STACK_TESTS_IN", "")
    assert asked in ("", "native", "containers"), f"STACK_TESTS_IN={asked}: native or containers"
    if asked == "native":
        assert available(server), f"STACK_TESTS_IN=native, but {server.name} can't be started natively"
    if asked == "containers":
        assert has_containers(), "STACK_TESTS_IN=containers, but there is no container engine, or no package testcontainers"
    return asked == "native" or (not asked and available(server))


@contextmanager
def kafka_server(folder: Path) -> Iterator[str]:
    """A broker; what clients connect to."""
    if _natively(KAFKA_SERVER):
        program = up(native.kafka(folder / "kafka", free_port(), free_port()))
        try:
            yield program.about
        finally:
            program.stop()
    elif has_containers():
        from ops.stack.containers import kafka_container

        with kafka_container() as address:
            yield address
    else:
        pytest.skip("Kafka can't be started here: neither java with mvn (or a filled cache) nor a container engine")


@contextmanager
def neo4j_server(folder: Path, password: str) -> Iterator[str]:
    """A graph server; its bolt address."""
    if _natively(NEO4J_SERVER):
        program = up(native.neo4j(folder / "neo4j", free_port(), password))
        try:
            yield program.about
        finally:
            program.stop()
    elif has_containers():
        from ops.stack.containers import neo4j_container

        with neo4j_container(password) as address:
            yield address
    else:
        pytest.skip("Neo4j can't be started here: neither java with mvn (or a filled cache) nor a container engine")
