"""Servers that several suites share; each is started once, when the first test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import servers

NEO4J_PASSWORD = "a-password-of-tests"


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where Kafka's clients connect to. Use a prefix of your own."""
    with servers.kafka_server(tmp_path_factory.mktemp("servers")) as address:
        yield address


@pytest.fixture(scope="session")
def neo4j(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bolt address of an empty Neo4j; user neo4j, password NEO4J_PASSWORD."""
    with servers.neo4j_server(tmp_path_factory.mktemp("servers"), NEO4J_PASSWORD) as address:
        yield address
