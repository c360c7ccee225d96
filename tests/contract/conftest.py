"""Fixtures of the contract suites. A graph's adapter joins `GRAPHS`: it opens (or opens again) the same graph in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graph.port import Graph
from graph.sqlite import SqliteGraph
from tests.integration.neo4j_server import neo4j_graph

GRAPHS: dict[str, Callable[[Path], Graph]] = {"sqlite": lambda folder: SqliteGraph(folder / "graph.db"), "neo4j": neo4j_graph}
_MARKS = {"neo4j": (pytest.mark.stack,)}


@pytest.fixture(params=[pytest.param(name, marks=_MARKS.get(name, ())) for name in GRAPHS])
def graph_of(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Graph]]:
    """Opens the graph; again for a second connection or after a close."""
    opened: list[Graph] = []

    def open_graph() -> Graph:
        opened.append(GRAPHS[request.param](tmp_path))
        return opened[-1]

    yield open_graph
    for graph in opened:
        graph.close()


@pytest.fixture
def graph(graph_of: Callable[[], Graph]) -> Graph:
    """One open, empty graph."""
    return graph_of()
