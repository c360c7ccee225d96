"""Neo4j that goes away: nothing is lost, nothing doubled; what an operator has to repair is said in one line."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.port import Graph
from graph.sqlite import SqliteGraph
from ops.stack.program import free_port
from pedigree.errors import GraphError, SettingsError, StoreError
from tests.contract.graph_builder import MAKER, Line, pack_id, sscc
from tests.contract.graph_cases import PALLET, A, shipped_pallet
from tests.integration.cutting_proxy import cutting_proxy
from tests.integration.neo4j_server import DATABASE, PASSWORD, USER, Neo4jServer, neo4j_server, shared_server

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jServer]:
    """One of our own, since it is killed."""
    shared_server()  # skips where there can be none
    with neo4j_server(tmp_path_factory.mktemp("faults")) as server:
        yield server


def busy() -> Line:
    line = Line(partitions=2)
    for box in range(6):
        packs = [pack_id(f"{box}-{n}") for n in range(25)]
        line.commission(packs)
        line.pack(sscc(box), packs, MAKER)
        line.ship([sscc(box)], MAKER, "6900000000028")
    return line


def test_killed_while_it_writes(server: Neo4jServer, tmp_path: Path) -> None:
    line = busy()
    expected = SqliteGraph(tmp_path / "graph.db")
    expected.apply_decisions(line.messages)
    graph = server.open(retry_seconds=120)
    graph.clear()
    taken: dict[int, int] = {}

    def project() -> None:
        for i, message in enumerate(line.messages):
            taken[i] = graph.apply_decisions([message])

    writer = threading.Thread(target=project)
    writer.start()
    for at in (5, 12):
        while len(taken) < at and writer.is_alive():
            time.sleep(0.01)
        server.kill()
        server.start()
    writer.join(300)
    assert not writer.is_alive()
    assert list(taken.values()) == [1] * len(line.messages)
    assert list(graph.dump()) == list(expected.dump())
    assert graph.apply_decisions(line.messages) == 0
    graph.close()
    expected.close()


def test_a_commit_whose_outcome_is_unknown_is_replayed(server: Neo4jServer) -> None:
    """The connection breaks at the commit: the server never heard of it, or has done it and nobody knows."""
    line = shipped_pallet()
    direct = server.open()
    direct.clear()
    direct.apply_decisions(line.messages)
    expected = list(direct.dump())
    with cutting_proxy(int(server.uri.rpartition(":")[2])) as proxy:
        graph = Neo4jServer(f"bolt://127.0.0.1:{proxy.port}", server.folder).open()
        for cuts in ([False], [True], [True, False], [False, True]):
            direct.clear()
            proxy.cuts += cuts
            assert graph.apply_decisions(line.messages) == len(line.messages)
            assert not proxy.cuts
            assert list(direct.dump()) == expected
        graph.close()
    direct.close()


def test_two_writers_take_each_message_once(server: Neo4jServer) -> None:
    """A zombie beside its successor."""
    line = busy()
    graphs = [server.open(), server.open()]
    graphs[0].clear()
    taken = [0, 0]

    def project(one: int) -> None:
        for message in line.messages:
            taken[one] += graphs[one].apply_decisions([message])

    threads = [threading.Thread(target=project, args=(one,)) for one in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert sum(taken) == len(line.messages)
    assert graphs[0].counts().units == len(line.units)
    for graph in graphs:
        graph.close()


def test_a_reader_changes_nothing(server: Neo4jServer) -> None:
    writer = server.open()
    writer.clear()
    line = shipped_pallet()
    writer.apply_decisions(line.messages)
    reader = server.open(readonly=True)
    assert reader.passport(A) == writer.passport(A)
    assert reader.unit_rows(PALLET) == writer.unit_rows(PALLET)
    with pytest.raises(GraphError, match="reading only"):
        reader.apply_decisions(line.messages)
    reader.close()
    writer.close()


def test_backup_and_restore(server: Neo4jServer, tmp_path: Path) -> None:
    from graph.neo4j.backup import backup, restore

    assert server.program is not None
    graph = server.open()
    graph.clear()
    line = shipped_pallet()
    graph.apply_decisions(line.messages)
    before = list(graph.dump())
    graph.close()
    words = list(server.program.command)
    java, jars = words[0], words[words.index("-cp") + 1]
    admin = [java, "-cp", jars, "org.neo4j.server.startup.Neo4jAdminCommand"]
    home = {"NEO4J_HOME": str(server.folder), "NEO4J_CONF": str(server.folder / "conf")}
    with pytest.raises(StoreError):
        backup(admin, tmp_path, DATABASE, home)  # the server runs
    server.stop()
    assert backup(admin, tmp_path, DATABASE, home).stat().st_size > 1_000
    server.start()
    graph = server.open()
    graph.clear()
    graph.close()
    server.stop()
    restore(admin, tmp_path, DATABASE, home)
    server.start()
    graph = server.open()
    assert list(graph.dump()) == before
    assert graph.apply_decisions(line.messages) == 0
    graph.close()


def test_what_an_operator_has_to_repair_is_said(server: Neo4jServer) -> None:
    from graph.neo4j import Neo4jGraph

    def opened(uri: str, password: str, database: str) -> Graph:
        return Neo4jGraph(uri, (USER, password), database, retry_seconds=1, connection_timeout=1)

    with pytest.raises(SettingsError, match="neo4j_password"):
        opened(server.uri, "wrong", DATABASE)
    with pytest.raises(SettingsError, match="neo4j_database"):
        opened(server.uri, PASSWORD, "elsewhere")
    with pytest.raises(SettingsError, match="neo4j_uri"):
        opened("http://127.0.0.1", PASSWORD, DATABASE)
    with pytest.raises(StoreError, match="does not answer"):
        opened(f"bolt://127.0.0.1:{free_port()}", PASSWORD, DATABASE)
