"""The demonstration's world in both graphs: every row and every answer is the same."""

from __future__ import annotations

import re
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any

import pytest

from graph.model import Page
from graph.port import Graph
from ops.demo.world import make_world
from streams.decisions import DecisionsReader
from streams.projector import Projector
from tests.acceptance.line import Line
from tests.integration.neo4j_server import DATABASE, PASSWORD, USER, neo4j_graph, shared_server

pytestmark = pytest.mark.stack
NOW = 1_790_000_000_000
Both = tuple[Graph, Graph]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """(SQLite, Neo4j) with the same world."""
    folder: Path = tmp_path_factory.mktemp("line")
    line = Line(folder, NOW)
    world = make_world(7, 1000, NOW)
    line.state(world)
    line.send_world(world)
    line.settle()
    graph = neo4j_graph(folder)
    projector = Projector(line.log, DecisionsReader(line.log), line.ledger, graph)
    while projector.step():
        pass
    yield line.graph, graph
    graph.close()
    line.close()


def everything(page: Any, **query: Any) -> list[Any]:
    """All items of a list, page by page."""
    items: list[Any] = []
    cursor = None
    while True:
        found: Page[Any] = page(cursor=cursor, limit=37, **query)
        items += found.items
        cursor = found.next
        if cursor is None:
            return items


def test_the_dumps_are_equal(both: Both) -> None:
    sqlite, neo4j = both
    rows = 0
    for expected, found in zip_longest(sqlite.dump(), neo4j.dump()):
        assert found == expected
        rows += 1
    assert rows > 10_000
    assert neo4j.counts() == sqlite.counts()


def test_every_units_page_is_equal(both: Both) -> None:
    sqlite, neo4j = both
    units = [str(row[0]) for row in sqlite.rows("unit")]
    containers = 0
    for epc in units[:: max(1, len(units) // 300)]:
        assert neo4j.passport(epc) == sqlite.passport(epc)
        assert neo4j.unit_rows(epc) == sqlite.unit_rows(epc)
        assert neo4j.custody_path(epc) == sqlite.custody_path(epc)
    for epc in [str(row[0]) for row in sqlite.rows("load")][:40]:
        mine, theirs = neo4j.contents(epc), sqlite.contents(epc)
        assert mine.levels == theirs.levels
        assert sorted(c.epc for c in mine.children.items) == sorted(c.epc for c in theirs.children.items)
        containers += len(mine.levels)
    assert containers


def test_lots_stock_and_consumption_are_equal(both: Both) -> None:
    sqlite, neo4j = both
    lots = [(str(row[0]), str(row[1])) for row in sqlite.rows("lot")]
    for gtin, lot in lots:
        mine, theirs = neo4j.recall(gtin, lot, limit=10_000), sqlite.recall(gtin, lot, limit=10_000)
        assert (mine.total, mine.holders) == (theirs.total, theirs.holders)
        assert {u.epc: u for u in mine.units.items} == {u.epc: u for u in theirs.units.items}
    assert neo4j.stock() == sqlite.stock()
    parties = {row.party for row in sqlite.stock()} | {str(row[0]) for row in sqlite.rows("consumption")}
    for party in parties:
        assert neo4j.stock(party) == sqlite.stock(party)
        assert neo4j.incoming(party) == sqlite.incoming(party)
        assert neo4j.consumption(party, None, 0, NOW) == sqlite.consumption(party, None, 0, NOW)
        for state in ("", "rejected", "suspect"):
            found = everything(neo4j.inbox, party=party, state=state)
            assert sorted(map(repr, found)) == sorted(map(repr, everything(sqlite.inbox, party=party, state=state)))
    for gtin in {gtin for gtin, _ in lots}:
        assert neo4j.stock(gtin=gtin) == sqlite.stock(gtin=gtin)


def test_lists_and_events_are_equal(both: Both) -> None:
    sqlite, neo4j = both
    queries: list[dict[str, Any]] = [{}, {"severity": "high"}, {"severity": "info"}, {"since": NOW - 20 * 86_400_000}]
    queries += [{"code": code} for code in sqlite.counts().findings]
    for query in queries:
        found = everything(neo4j.findings, **query)
        assert sorted(map(repr, found)) == sorted(map(repr, everything(sqlite.findings, **query)))
        assert [f.record_time for f in found] == sorted((f.record_time for f in found), reverse=True)
    some = [epc for row in sqlite.rows("event_unit") if not (epc := str(row[0])).startswith("*")][::300]
    asked: list[dict[str, Any]] = [{"biz_step": "shipping"}, {"from_ms": NOW - 10 * 86_400_000}, *({"epc": epc} for epc in some)]
    for query in asked:
        found = everything(neo4j.find_events, **query)
        theirs = everything(sqlite.find_events, **query)
        assert [e.time for e in found] == [e.time for e in theirs]
        assert sorted(map(repr, found)) == sorted(map(repr, theirs))
    for capture in [str(row[2]) for row in sqlite.rows("document")][::20]:
        assert neo4j.verdict_counts(capture) == sqlite.verdict_counts(capture)
    for text in ("069", "L", some[-1], some[-1][:40], "nothing"):
        assert neo4j.search(text) == sqlite.search(text)


def test_every_query_of_the_page_for_analysts_answers(both: Both) -> None:
    """`docs/cypher.md`, as it stands there."""
    sqlite, _ = both
    page = (Path(__file__).parents[2] / "docs" / "cypher.md").read_text()
    neo4j_driver = pytest.importorskip("neo4j")
    queries = re.findall(r"```cypher\n(.*?)```", page, re.DOTALL)
    assert len(queries) >= 14
    in_box = next(row for row in sqlite.rows("packed") if "/01/" in str(row[0]))
    stays = [(row[0], row[5]) for row in sqlite.rows("stay")]
    party = next(a[1] for a, b in pairwise(stays) if a[0] == b[0] and a[1] != b[1])
    sold = next(row for row in sqlite.rows("sale"))
    passport = sqlite.passport(str(sold[0]))
    assert passport is not None
    full = next(str(row[0]) for row in sqlite.rows("load"))
    given = {"epc": in_box[0], "gtin": passport.unit.gtin, "lot": passport.unit.lot, "at": sold[2], "party": party}
    with neo4j_driver.GraphDatabase.driver(shared_server().uri, auth=(USER, PASSWORD)) as driver:
        for query in queries:
            values = {**given, "container": in_box[4] if "$at" in query else full}
            if "$at" in query and "$container" in query:
                values["at"] = in_box[1]
            rows = driver.execute_query(query, values, database_=DATABASE).records
            assert rows, query


def test_a_rebuild_begins_with_nothing(both: Both) -> None:
    _, neo4j = both
    assert next(neo4j.rows("unit"), None) is not None
    neo4j.clear()
    assert list(neo4j.dump()) == []
    assert neo4j.progress("decisions/0/0") == (0, b"")
