"""The whole stack without Fabric: Kafka, workers, Neo4j. It comes to what the embedded line comes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.neo4j.store import Neo4jGraph
from graph.port import Graph
from ops.clock import now_ms
from ops.demo.world import make_world
from tests.acceptance.digests import differences
from tests.acceptance.fleet import CaptureLine, Fleet
from tests.acceptance.line import LATER
from tests.acceptance.test_fleet import NOW, again
from tests.conftest import NEO4J_PASSWORD

pytestmark = pytest.mark.stack


def test_the_stack_with_neo4j_comes_to_what_the_embedded_line_comes_to(kafka: str, neo4j: str, tmp_path: Path) -> None:
    def graph() -> Graph:
        return Neo4jGraph(neo4j, ("neo4j", NEO4J_PASSWORD))

    empty = graph()
    empty.clear()
    empty.close()
    extra = f'graph = "neo4j"\nneo4j_uri = "{neo4j}"\nneo4j_password = "{NEO4J_PASSWORD}"\n'
    fleet = Fleet(tmp_path, kafka, extra=extra, prefix="neo-")
    fleet.start()
    try:
        (tmp_path / "capture").mkdir()
        line = CaptureLine(tmp_path / "capture", NOW, kafka, "neo-")
        world = make_world(5, 1000, NOW)
        line.state(world)
        line.send_world(world)
        fleet.rest(line.log, graph, 400)
        tick = now_ms() + LATER
        fleet.tell_time(line.log, tick)
        fleet.rest(line.log, graph, 400)
        theirs = fleet.results(graph)
        ours = again(fleet, tmp_path / "embedded", tick)
        line.close()
    finally:
        fleet.stop()
    assert len(ours) > 5_000
    assert differences(ours, theirs) == []
