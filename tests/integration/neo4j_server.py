"""A real Neo4j for tests, started by the stack's launcher in a folder of its own on a free port of 127.0.0.1, one for the whole
test run. Skips, and says why, where it can't be started. `NEO4J_TEST_URI` names a running server instead (of user neo4j, password
`only-for-tests`), which is then emptied.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from graph.port import Graph
from pedigree.errors import SettingsError

if TYPE_CHECKING:
    from ops.stack.program import Program

USER, PASSWORD, DATABASE = "neo4j", "only-for-tests", "neo4j"
HEAP = "512m"


@dataclass
class Neo4jServer:
    """`program` None: somebody else's, which can't be stopped."""

    uri: str
    folder: Path
    program: Program | None = None

    def start(self) -> None:
        """Returns when Bolt listens."""
        assert self.program is not None
        self.program.start()
        deadline = time.monotonic() + self.program.ready_s
        while not self.program.ready():
            if not self.program.pid or time.monotonic() > deadline:
                raise SettingsError(f"Neo4j did not start: {self.program.last_words()}")
            time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL."""
        assert self.program is not None
        assert self.program.child is not None
        self.program.child.kill()
        self.program.child.wait()

    def stop(self) -> None:
        assert self.program is not None
        self.program.stop()

    def open(self, *, readonly: bool = False, retry_seconds: float = 30.0) -> Graph:
        """A graph on this server."""
        from graph.neo4j import Neo4jGraph  # here, so that suites without a server need no driver

        return Neo4jGraph(self.uri, (USER, PASSWORD), DATABASE, readonly=readonly, retry_seconds=retry_seconds)


@contextlib.contextmanager
def neo4j_server(folder: Path) -> Iterator[Neo4jServer]:
    """A new server with its data in this folder, stopped at the end. SettingsError where there can be none."""
    from ops.stack.native import neo4j
    from ops.stack.program import free_port

    port = free_port()
    program = neo4j(folder / "neo4j", port, PASSWORD)
    command = [f"{flag[:4]}{HEAP}" if flag.startswith(("-Xms", "-Xmx")) else flag for flag in program.command]
    server = Neo4jServer(f"bolt://127.0.0.1:{port}", folder / "neo4j", replace(program, command=command))
    server.start()
    try:
        yield server
    finally:
        server.stop()


@functools.cache
def _shared() -> Neo4jServer | str:
    given = os.environ.get("NEO4J_TEST_URI")
    if given:
        return Neo4jServer(given, Path())
    stack = contextlib.ExitStack()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="medtrace-neo4j-")))
    try:
        server = stack.enter_context(neo4j_server(folder))
    except (SettingsError, ImportError) as missing:
        stack.close()
        return str(missing)
    atexit.register(stack.close)
    return server


def shared_server() -> Neo4jServer:
    """The run's one server, started at the first call; skips the test where there can be none."""
    server = _shared()
    if isinstance(server, str):
        pytest.skip(f"Neo4j can't be started here ({server}): nothing of its adapter is tested")
    return server


_LAST: list[Path] = []


def neo4j_graph(folder: Path) -> Graph:
    """The graph in the run's one server (Community has one database). Another folder than the last time: an empty graph."""
    graph = shared_server().open()
    if [folder] != _LAST:
        graph.clear()
        _LAST[:] = [folder]
    return graph
